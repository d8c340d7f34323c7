#pragma once
// What opens a device lives until the tests are over and no longer: GPU drivers are gone before what is static is
// destroyed.

#include <gtest/gtest.h>

#include <memory>

namespace warpshrew::gpu::test {

/// One thing for all tests, made when it is first asked for.
template <class T>
class UntilEnd {
 public:
    template <class F>
    T& get(const F& make) {
        if (!held_) {
            held_ = std::make_unique<T>(make());
            testing::AddGlobalTestEnvironment(new End(held_));
        }
        return *held_;
    }

 private:
    class End final : public testing::Environment {
     public:
        explicit End(std::unique_ptr<T>& held) : held_(held) {}
        void TearDown() override { held_.reset(); }

     private:
        std::unique_ptr<T>& held_;
    };

    std::unique_ptr<T> held_;
};

}  // namespace warpshrew::gpu::test
