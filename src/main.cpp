#include "app/cli.hpp"

int main(int argc, char** argv) { return warpshrew::app::run(argc, argv); }
