#include "store_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace warpshrew::store {

Digest hash_of(std::uint64_t height, const Bytes& salt) { return sha256(salt + std::to_string(height)); }

Result<void> commit(Database& db, std::uint64_t height, const Writes& writes, const Bytes& salt) {
    const MemoryState below;
    BlockState block(below);
    for (const auto& [k, v] : writes) block.set(k, v);
    return db.commit(height, hash_of(height, salt), block);
}

Writes dumped(const Database& db, std::uint64_t height) {
    Writes out;
    const auto done = db.dump(height, [&](BytesView key, BytesView value) {
        EXPECT_TRUE(out.empty() || out.rbegin()->first < key) << "dump out of order";
        out.emplace_hint(out.end(), key, value);
        return true;
    });
    EXPECT_TRUE(done) << done.error().reason;
    return out;
}

Database opened(const std::filesystem::path& path, const DatabaseOptions& options) {
    auto db = Database::open(path, options);
    if (!db) ADD_FAILURE() << db.error().reason;
    return std::move(db).value();
}

pid_t start_child(const std::string& name, const std::filesystem::path& path) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string filter = "--gtest_filter=" + name;
    const pid_t child = fork();
    if (child == 0) {
        ::setenv("WARPSHREW_TEST_CHILD_PATH", path.c_str(), 1);
        ::execl(program.c_str(), program.c_str(), filter.c_str(), "--gtest_also_run_disabled_tests", "--gtest_brief=1",
                static_cast<char*>(nullptr));
        ::_exit(127);
    }
    return child;
}

std::filesystem::path child_path() {
    const char* path = std::getenv("WARPSHREW_TEST_CHILD_PATH");
    return path != nullptr ? path : "";
}

int wait_child(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return -1000;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace warpshrew::store
