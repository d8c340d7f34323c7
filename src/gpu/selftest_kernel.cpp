#include "gpu/selftest_kernel.hpp"

#include <bit>

namespace warpshrew::gpu {

static constexpr std::uint32_t workgroup = 64;
static constexpr std::uint32_t rounds = 100;
static constexpr std::uint32_t lanes = 4096 + 1;  // the last workgroup is not full

KernelSource selftest_kernel() {
    static constexpr Constant constants[] = {{"WORKGROUP", workgroup}, {"ROUNDS", rounds}};
    return make_kernel("selftest", constants, {"selftest.wgsl"});
}

// What one lane of selftest.wgsl computes.
static std::uint64_t expected_sum(std::uint64_t a, std::uint32_t lane) {
    std::uint64_t sum = lane;
    for (std::uint32_t i = 0; i < rounds; i++) {
        sum = sum * 0xd1342543de82ef95 + a;
        a ^= sum >> (i & 63);
        a = std::rotl(a, 13);
        sum -= a / ((sum & 0x0000ffffffffffff) | 1);
        sum ^= a % ((sum >> 40) | 3);
        if (static_cast<std::int64_t>(a) < static_cast<std::int64_t>(sum)) {
            sum += static_cast<std::uint64_t>(std::countl_zero(static_cast<std::uint32_t>(a >> 32)));
        }
    }
    return sum;
}

Result<std::string> check_arithmetic(Device& device) {
    std::vector<std::uint64_t> seeds(lanes);
    for (std::uint64_t i = 0; i < lanes; i++) seeds[i] = (i + 1) * 0x9e3779b97f4a7c15;
    const auto kernel = device.compile(selftest_kernel());
    if (!kernel) return tl::unexpected(kernel.error());
    const auto input = device.create_buffer(lanes * sizeof(std::uint64_t));
    if (!input) return tl::unexpected(input.error());
    const auto output = device.create_buffer(lanes * sizeof(std::uint64_t));
    if (!output) return tl::unexpected(output.error());
    const Binding places[] = {{.group = 0, .binding = 0, .buffer = *input},
                              {.group = 0, .binding = 1, .buffer = *output}};
    const auto bindings = device.bind(*kernel, places);
    if (!bindings) return tl::unexpected(bindings.error());
    if (const auto written = device.write(*input, 0, std::span<const std::uint64_t>(seeds)); !written) {
        return tl::unexpected(written.error());
    }
    std::vector<std::uint64_t> sums(lanes);
    Commands commands;
    commands.dispatch(*kernel, *bindings, (lanes + workgroup - 1) / workgroup);
    commands.read(*output, 0, std::span(sums));
    if (const auto run = device.run(commands); !run) return tl::unexpected(run.error());
    for (std::uint32_t lane = 0; lane < lanes; lane++) {
        if (const std::uint64_t expected = expected_sum(seeds[lane], lane); sums[lane] != expected) {
            return fail("lane " + std::to_string(lane) + ": " + std::to_string(sums[lane]) + " instead of " +
                        std::to_string(expected));
        }
    }
    return std::to_string(lanes) + " lanes of " + std::to_string(rounds) + " rounds";
}

}  // namespace warpshrew::gpu
