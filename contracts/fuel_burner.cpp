// Work without purpose, for measurements and for running out of fuel.
//
//   0   nothing
//   1   count(n): a loop of n turns
//   2   touch(pages): write one word in each of n pages of 64 KiB of fresh memory
//   3   hash(n): SHA-256 n times over its own result, which is the data
//   4   sort(n): n numbers, each one written many times
//   5   write(n, bytes): n storage keys of that many bytes
//   6   recurse(n): n frames deep
#include <alkanes/contract.hpp>
#include <alkanes/sha256.hpp>

namespace alkanes {

u64 count(u64 n) {
    u64 x = n;
    for (u64 i = 0; i < n; ++i) x = x * 6364136223846793005u + (x >> 33 ^ i);
    return x;
}

void touch(u32 pages) {
    for (u32 i = 0; i < pages; ++i) {
        const auto at = reinterpret_cast<u32>(allocate(65536));
        *reinterpret_cast<volatile u32*>(at) = i;
    }
}

Hash hash(u32 n) {
    Hash h{};
    for (u32 i = 0; i < n; ++i) h = sha256({h.bytes, 32});
    return h;
}

u64 sort(u32 n) {
    if (n > 100'000) trap();
    auto* a = reinterpret_cast<u64*>(allocate(8 * n));
    u64 x = 1;
    for (u32 i = 0; i < n; ++i) a[i] = x = x * 6364136223846793005u + 1442695040888963407u;
    for (u32 i = 1; i < n; ++i) {
        const u64 v = a[i];
        u32 k = i;
        for (; k > 0 && a[k - 1] > v; --k) a[k] = a[k - 1];
        a[k] = v;
    }
    return n == 0 ? 0 : a[n / 2];
}

void write(u32 n, u32 bytes) {
    u8* p = allocate(bytes);
    memset(p, 0x77, bytes);
    for (u32 i = 0; i < n; ++i) {
        Buffer key;
        key.put("/w/").put_u32(i);
        store(key.bytes(), {p, bytes});
    }
}

[[gnu::noinline]] u32 recurse(volatile u32* n) {
    if (*n == 0) return 0;
    *n = *n - 1;
    const u32 deeper = recurse(n);
    return deeper + *n + 1;  // reads memory after the call, or the compiler would make a loop of it
}

Failure execute() {
    const auto n = static_cast<u32>(context.input(1));
    return_incoming();
    switch (static_cast<u64>(context.input(0))) {
        case 0:
            return nullptr;
        case 1:
            response->data.put_u64(count(static_cast<u64>(context.input(1))));
            return nullptr;
        case 2:
            touch(n);
            return nullptr;
        case 3:
            response->data.put(hash(n).bytes, 32);
            return nullptr;
        case 4:
            response->data.put_u64(sort(n));
            return nullptr;
        case 5:
            write(n, static_cast<u32>(context.input(2)));
            return nullptr;
        case 6: {
            volatile u32 depth = n;
            response->data.put_u32(recurse(&depth));
            return nullptr;
        }
        default:
            return "unrecognized opcode";
    }
}

}  // namespace alkanes

ALKANES_META(
    R"({"contract":"fuel_burner","methods":[)"
    R"({"name":"count","opcode":1,"params":[{"name":"n","type":"u128"}],"returns":"u64"},)"
    R"({"name":"touch","opcode":2,"params":[{"name":"pages","type":"u128"}],"returns":"void"},)"
    R"({"name":"hash","opcode":3,"params":[{"name":"n","type":"u128"}],"returns":"Vec<u8>"},)"
    R"({"name":"sort","opcode":4,"params":[{"name":"n","type":"u128"}],"returns":"u64"},)"
    R"({"name":"write","opcode":5,"params":[{"name":"n","type":"u128"},{"name":"bytes","type":"u128"}],"returns":"void"},)"
    R"({"name":"recurse","opcode":6,"params":[{"name":"n","type":"u128"}],"returns":"u32"}]})")
