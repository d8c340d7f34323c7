#include "base/temporary_folder.hpp"

#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace warpshrew {

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "warpshrew-XXXXXX").string();
    if (!mkdtemp(name.data()))
        throw std::runtime_error("cannot make a temporary folder in " +
                                 std::filesystem::temp_directory_path().string());
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace warpshrew
