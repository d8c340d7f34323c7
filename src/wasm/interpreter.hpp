#pragma once
// An interpreter for modules that would take too long to compile (docs/decisions/interpreter.md): the same results as
// compiled code, with the work of getting there in proportion to the module's size.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wasm/engine.hpp"
#include "wasm/interpreted_code.hpp"
#include "wasm/memory_budget.hpp"
#include "wasm/module.hpp"

namespace warpshrew::wasm {

/// A module that has passed validation and has no instantiation_error. Shared between threads.
class InterpretedModule {
 public:
    /// Copies the bytes. An error only if they are malformed.
    [[nodiscard]] static Result<std::unique_ptr<const InterpretedModule>> create(BytesView bytes);
    InterpretedModule(const InterpretedModule&) = delete;
    InterpretedModule& operator=(const InterpretedModule&) = delete;
    ~InterpretedModule();

    [[nodiscard]] const Module& module() const noexcept { return module_; }
    /// The code of the `i`-th defined function, translated by whoever calls it first.
    [[nodiscard]] const InterpretedFunction& function(std::uint32_t i) const;
    /// The host function that is import `f`.
    [[nodiscard]] HostFunction host_function(std::uint32_t f) const noexcept { return host_functions_[f]; }
    /// A number that equal types share.
    [[nodiscard]] std::uint32_t canonical_type(std::uint32_t type) const noexcept { return canonical_types_[type]; }

 private:
    explicit InterpretedModule(BytesView bytes) : bytes_(bytes) {}
    Bytes bytes_;
    Module module_;
    std::vector<HostFunction> host_functions_;
    std::vector<std::uint32_t> canonical_types_;
    mutable std::mutex mutex_;
    mutable std::vector<std::atomic<const InterpretedFunction*>> functions_;
};

/// Memory that is reserved at once, so that growing cannot fail, and takes what is touched; zeros.
class Reservation {
 public:
    /// Throws std::bad_alloc.
    explicit Reservation(std::size_t bytes);
    Reservation(Reservation&& other) noexcept;
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();

    [[nodiscard]] std::uint8_t* data() const noexcept { return data_; }

 private:
    std::uint8_t* data_ = nullptr;
    std::size_t bytes_ = 0;
};

/// One frame of a contract call.
class InterpretedInstance {
 public:
    /// Memory "memory" has 512 pages at least; each table may grow to `table_elements`. Takes over what its memories
    /// begin with, which was taken from `budget`. Throws std::bad_alloc.
    InterpretedInstance(const InterpretedModule& module, std::int64_t table_elements,
                        std::shared_ptr<MemoryBudget> budget);
    InterpretedInstance(const InterpretedInstance&) = delete;
    InterpretedInstance& operator=(const InterpretedInstance&) = delete;
    ~InterpretedInstance();

    /// What host functions do.
    using HostCall = std::function<std::int32_t(HostFunction, std::span<const std::int64_t>)>;

    /// Calls function `f` with bits for its params, and puts those of its results. It finds the stack of a call with
    /// one result. Passes on what `host` throws.
    [[nodiscard]] Trap call(std::uint32_t f, std::span<const std::uint64_t> args, const HostCall& host,
                            std::span<std::uint64_t> results);

    /// The memory that is exported as "memory".
    [[nodiscard]] std::span<std::uint8_t> memory() noexcept;

    std::uint64_t fuel = 0;

 private:
    struct Memory {
        Reservation reservation;
        std::uint64_t size, limit;  ///< bytes
    };
    struct Table {
        Reservation reservation;
        std::uint64_t size, limit;  ///< elements
        [[nodiscard]] std::uint64_t* data() const noexcept;
    };
    class Run;

    const InterpretedModule& code_;
    std::shared_ptr<MemoryBudget> budget_;
    std::vector<Memory> memories_;
    std::vector<Table> tables_;  ///< elements: 0 for null, else the function's index and one
    std::vector<std::uint64_t> globals_;
    std::vector<bool> dropped_data_, dropped_elements_;
    std::uint32_t exported_memory_ = 0xffffffff;  ///< none
};

}  // namespace warpshrew::wasm
