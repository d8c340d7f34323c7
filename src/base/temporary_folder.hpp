#pragma once
// A folder that lasts as long as its object.

#include <filesystem>

namespace warpshrew {

/// A new folder for temporary files, removed with all that is in it. Making it throws std::runtime_error where none can
/// be made.
class TemporaryFolder {
 public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
    std::filesystem::path path_;
};

}  // namespace warpshrew
