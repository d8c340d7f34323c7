#include <cstdlib>

#include "app/cli.hpp"

int main(int argc, char** argv) {
    // Mesa's Vulkan layer that sorts devices looks for a display server, and complains of machines without one.
    setenv("NODEVICE_SELECT", "1", 0);  // here, before there are threads that read the environment
    return warpshrew::app::run(argc, argv);
}
