// Runs a fuzz target over files, without libFuzzer: each file as it is, and then in changed forms that are the same at
// every run. Arguments are files, or folders whose files are taken.

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <random>
#include <vector>

#include "base/file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace warpshrew;

constexpr int changes = 64;  // changed forms of a file, of each kind

void run(const Bytes& input) {
    // A copy of exactly this size, so that a sanitizer sees every read past the end.
    const std::vector<std::uint8_t> copy(input.begin(), input.end());
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void run_with_changes(const Bytes& input) {
    run(input);
    if (input.empty()) return;
    std::minstd_rand random(1);
    const auto below = [&random](std::size_t n) { return random() % n; };
    for (int i = 0; i < changes; i++) {
        run(input.substr(0, below(input.size())));
        Bytes flipped = input;
        for (std::size_t n = 1 + below(4); n > 0; n--)
            flipped[below(flipped.size())] ^= static_cast<char>(1 << below(8));
        run(flipped);
    }
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
    if (!std::filesystem::is_directory(path)) return {path};
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t n = 0;
    run({});
    for (int i = 1; i < argc; i++) {
        for (const std::filesystem::path& path : files_of(argv[i])) {
            const Result<Bytes> input = read_file(path);
            if (!input) {
                std::cerr << input.error().reason << '\n';
                return 1;
            }
            run_with_changes(*input);
            n++;
        }
    }
    std::cout << n << " files\n";
    return n == 0 ? 1 : 0;
}
