#include "base/file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace warpshrew {

class File : public testing::Test {
 protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("warpshrew-file-test-" + std::to_string(::getpid()));
};

TEST_F(File, RoundTripsAndReplaces) {
    const std::filesystem::path path = folder_ / "file";
    for (const Bytes& content : {Bytes("a\0b", 3), Bytes(), Bytes(100'000, 'z')}) {
        ASSERT_TRUE(write_file(path, content).has_value());
        EXPECT_EQ(read_file(path).value(), content);
    }
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) files++;
    EXPECT_EQ(files, 1U);
}

TEST_F(File, ErrorsNameThePath) {
    for (const Result<Bytes>& result : {read_file(folder_ / "missing"), read_file(folder_)}) {
        ASSERT_FALSE(result.has_value());
        EXPECT_NE(result.error().reason.find(folder_.string()), std::string::npos);
    }
    const Result<void> written = write_file(folder_ / "missing" / "file", "x");
    ASSERT_FALSE(written.has_value());
    EXPECT_NE(written.error().reason.find("missing"), std::string::npos);
}

}  // namespace warpshrew
