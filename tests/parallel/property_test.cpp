// Identical, always: random blocks have the same store in order and in parallel, with 1, 2 and 8 threads and in every
// way to speculate (design.md 1).
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "parallel/cpu_executor.hpp"
#include "parallel_fixture.hpp"
#include "support/random_cases.hpp"
#include "support/shrink_plan.hpp"

namespace warpshrew::test {
namespace {

using parallel::RunnerOptions;
using parallel::Speculate;
using parallel::Statistics;
using parallel::Verify;

// Plans that a runner indexes one behind the other: it learns from blocks what it guesses in the next.
constexpr std::uint64_t plans_in_a_row = 8;

struct Configuration {
    unsigned threads = 1;
    Speculate speculate = Speculate::candidates;
};

constexpr Configuration configurations[] = {{1, Speculate::none}, {1, Speculate::candidates}, {1, Speculate::all},
                                            {2, Speculate::none}, {2, Speculate::candidates}, {2, Speculate::all},
                                            {8, Speculate::none}, {8, Speculate::candidates}, {8, Speculate::all}};

std::string text(const Configuration& c) {
    static constexpr std::array modes = {"none", "candidates", "all"};
    return std::to_string(c.threads) + " threads, speculate " + modes.at(static_cast<std::size_t>(c.speculate));
}

// The rest of the options is by the first seed in the row.
RunnerOptions options(const Configuration& c, std::uint64_t first) {
    std::mt19937_64 random(first);
    RunnerOptions o;
    o.speculate = c.speculate;
    o.verify = static_cast<Verify>(random() % 3);
    o.seed = first;
    o.speculation.adaptive = random() % 4 == 0;
    o.speculation.predict = random() % 4 != 0;
    if (random() % 8 == 0) o.result_bytes = 8 << 10;  // for some of a block's calls
    o.speculation.max_rounds = random() % 3 == 0 ? 1 + static_cast<unsigned>(random() % 3) : 8;
    return o;
}

class Run {
 public:
    Run(const Configuration& c, std::uint64_t first)
        : executor_(plan_workers(c.threads)), runner_(executor_, plan_workers(c.threads), options(c, first)) {}

    std::string operator()(SerialRun& serial, Statistics* sum = nullptr) {
        std::string d = difference(serial, runner_, [&] {
            if (sum != nullptr) sum->add(runner_.statistics());
        });
        // An executor that does as it should is never given up.
        if (d.empty() && runner_.retired()) d = "the executor was retired";
        return d;
    }

 private:
    parallel::CpuExecutor executor_;
    parallel::ParallelRunner runner_;
};

// The plan behind those of the seeds before it in its row, as it was indexed when it failed.
std::string again(const Configuration& c, std::uint64_t first, const Plan& plan) {
    Run run(c, first);
    for (std::uint64_t seed = first; seed < plan.seed; seed++) {
        SerialRun before(random_plan(seed, plan_world()));
        (void)run(before);
    }
    SerialRun serial(plan);
    return run(serial);
}

void report(const Configuration& c, std::uint64_t first, const Plan& plan, const std::string& seen) {
    const auto fails = [&](const Plan& p) { return !again(c, first, p).empty(); };
    std::string text_of_smallest = "it does not happen again";
    if (fails(plan)) {
        const Plan small = shrink_plan(plan, fails, 2000);
        text_of_smallest = again(c, first, small) + "\n" + describe(small);
    }
    ADD_FAILURE() << "seed " << plan.seed << " behind " << first << ", " << text(c) << "\n"
                  << seen << "\nthe smallest:\n"
                  << text_of_smallest;
}

void check(std::uint64_t from, std::uint64_t blocks) {
    std::array<Statistics, std::size(configurations)> sums{};
    std::uint64_t indexed = 0, failures = 0, seed = from;
    while (indexed < blocks && failures < 3) {
        const std::uint64_t first = seed;
        std::deque<Run> runs;
        for (const Configuration& c : configurations) runs.emplace_back(c, first);
        for (; seed < first + plans_in_a_row; seed++) {
            const Plan plan = random_plan(seed, plan_world());
            SerialRun serial(plan);
            indexed += serial.blocks().size();
            for (std::size_t i = 0; i < runs.size() && failures < 3; i++) {
                const std::string d = runs[i](serial, &sums[i]);
                if (d.empty()) continue;
                failures++;
                report(configurations[i], first, plan, d);
            }
        }
    }
    std::cout << indexed << " blocks, seeds " << from << " to " << seed - 1 << "\n";
    for (std::size_t i = 0; i < sums.size(); i++) {
        const Statistics& s = sums[i];
        std::cout << "  " << text(configurations[i]) << ": " << s.candidates << " candidates, " << s.executions
                  << " executions ahead, " << s.used << " used, " << s.verified << " verified\n";
        if (configurations[i].speculate == Speculate::none) {
            EXPECT_EQ(s.executions, 0u);
            continue;
        }
        if (failures != 0) continue;
        // What is never used is not tested.
        EXPECT_GT(s.executions, indexed) << text(configurations[i]);
        EXPECT_GT(s.used, indexed / 2) << text(configurations[i]);
        EXPECT_GT(s.executions, s.used) << text(configurations[i]);
        EXPECT_GT(s.verified, 0u) << text(configurations[i]);
        EXPECT_EQ(s.mismatches, 0u) << text(configurations[i]);
        EXPECT_EQ(s.executor_failures, 0u) << text(configurations[i]);
    }
}

// In parts, so that ctest runs them side by side.
class Identical : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Identical, RandomBlocksInOrderAndInParallel) { check(random_seed() + 100'000 * GetParam(), scaled(2500)); }

INSTANTIATE_TEST_SUITE_P(Parts, Identical, testing::Range<std::uint64_t>(0, 4));

}  // namespace
}  // namespace warpshrew::test
