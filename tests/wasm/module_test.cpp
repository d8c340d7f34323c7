#include "wasm/module.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "support/random_cases.hpp"
#include "support/wat.hpp"
#include "vectors.hpp"
#include "wasm/fuel_cost.hpp"
#include "wasm/instrument.hpp"
#include "wasm/reader.hpp"

namespace warpshrew::wasm {
namespace {

using warpshrew::test::wat;

TEST(Reader, LebEdges) {
    const auto unsigned32 = [](BytesView b) {
        Reader r(b);
        const std::uint32_t n = r.u32();
        return r.failed() || !r.at_end() ? std::optional<std::uint32_t>() : n;
    };
    EXPECT_EQ(unsigned32(BytesView("\0", 1)), 0u);
    EXPECT_EQ(unsigned32("\x7f"), 127u);
    EXPECT_EQ(unsigned32(BytesView("\x80\0", 2)), 0u);  // longer than needed
    EXPECT_EQ(unsigned32("\xff\xff\xff\xff\x0f"), 0xffffffffu);
    EXPECT_EQ(unsigned32("\xff\xff\xff\xff\x1f"), std::nullopt);  // bit 32
    EXPECT_EQ(unsigned32("\xff\xff\xff\xff\xff\x01"), std::nullopt);
    EXPECT_EQ(unsigned32("\x80"), std::nullopt);
    EXPECT_EQ(unsigned32(""), std::nullopt);
    const auto signed_of = [](BytesView b, unsigned bits) {
        Reader r(b);
        const std::int64_t n = bits == 32 ? r.s32() : bits == 33 ? r.s33() : r.s64();
        return r.failed() || !r.at_end() ? std::optional<std::int64_t>() : n;
    };
    EXPECT_EQ(signed_of("\x7f", 32), -1);
    EXPECT_EQ(signed_of("\x40", 33), -64);
    EXPECT_EQ(signed_of("\x80\x80\x80\x80\x78", 32), -2147483648LL);
    EXPECT_EQ(signed_of("\xff\xff\xff\xff\x07", 32), 2147483647);
    EXPECT_EQ(signed_of("\xff\xff\xff\xff\x0f", 32), std::nullopt);  // bits beyond the sign differ
    EXPECT_EQ(signed_of("\x80\x80\x80\x80\x70", 33), -4294967296LL);
    EXPECT_EQ(signed_of("\xff\xff\xff\xff\x0f", 33), 4294967295LL);
    EXPECT_EQ(signed_of("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 64), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(signed_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", 64), std::nullopt);
    EXPECT_EQ(signed_of("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 64), std::nullopt);
}

TEST(Module, EverySection) {
    const Bytes bytes = wat(
        "(module (type (func (param i64) (result i32 f32))) (import \"env\" \"f\" (func (type 0)))"
        "(import \"m\" \"g\" (global i32)) (import \"m\" \"mem\" (memory 1)) (import \"m\" \"t\" (table 1 externref))"
        "(table 3 9 funcref) (memory 2 7) (global (mut i64) (i64.const -5))"
        "(global i32 (i32.sub (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))) (global funcref (ref.func 0))"
        "(global i32 (global.get 0)) (func $s) (start $s) (export \"memory\" (memory 1)) (export \"s\" (func $s))"
        "(elem (table 1) (i32.const 1) func $s 0) (elem func $s) (elem declare func $s)"
        "(elem (table 1) (offset (i32.const 2)) funcref (ref.null func) (ref.func 0))"
        "(data (memory 1) (i32.const -1) \"abc\") (data (global.get 0) \"d\") (data \"ef\"))");
    const auto m = parse_module(bytes);
    ASSERT_TRUE(m) << m.error().reason;
    EXPECT_EQ(m->types[0].params, std::vector{ValueType::i64});
    EXPECT_EQ(m->types[0].results, (std::vector{ValueType::i32, ValueType::f32}));
    ASSERT_EQ(m->imports.size(), 4u);
    EXPECT_EQ(m->imports[0].module, "env");
    EXPECT_EQ(m->imports[0].name, "f");
    EXPECT_EQ(m->imports[1].kind, ExternalKind::global);
    EXPECT_EQ(m->imports[2].kind, ExternalKind::memory);
    EXPECT_EQ(m->imports[3].kind, ExternalKind::table);
    EXPECT_EQ(m->imported_functions, 1u);
    EXPECT_EQ(m->functions.size(), 2u);
    EXPECT_EQ(m->tables[0].element, ValueType::externref);
    EXPECT_EQ(m->tables[1].limits.max, 9u);
    EXPECT_EQ(m->memories[0].max, std::nullopt);
    EXPECT_EQ(m->memories[1].min, 2u);
    EXPECT_EQ(m->memories[1].max, 7u);
    EXPECT_TRUE(m->globals[0].imported);
    EXPECT_TRUE(m->globals[1].is_mutable);
    EXPECT_EQ(m->globals[1].constant->bits, static_cast<std::uint64_t>(-5));
    EXPECT_EQ(m->globals[2].constant, (Constant{ValueType::i32, 0xfffffffb}));
    EXPECT_EQ(m->globals[3].constant, std::nullopt);
    EXPECT_EQ(m->globals[4].constant, std::nullopt);
    EXPECT_EQ(m->start, 1u);
    EXPECT_EQ(m->find_export("memory")->index, 1u);
    EXPECT_EQ(m->find_export("none"), nullptr);
    ASSERT_EQ(m->elements.size(), 4u);
    EXPECT_EQ(m->elements[0].target, 1u);
    EXPECT_EQ(m->elements[0].offset, 1u);
    EXPECT_EQ(m->elements[0].size, 2u);
    EXPECT_EQ(m->elements[1].mode, Segment::Mode::passive);
    EXPECT_EQ(m->elements[2].mode, Segment::Mode::declarative);
    EXPECT_EQ(m->elements[3].size, 2u);
    EXPECT_EQ(m->references.size(), 6u);
    ASSERT_EQ(m->data.size(), 3u);
    EXPECT_EQ(m->data[0].offset, 0xffffffffu);
    EXPECT_EQ(m->data[0].size, 3u);
    EXPECT_EQ(m->data[1].offset, std::nullopt);
    EXPECT_EQ(m->data[2].mode, Segment::Mode::passive);
    EXPECT_EQ(m->bodies.size(), 1u);
}

TEST(Module, TruncatedModulesAreErrorsOrSmallerModules) {
    for (const test::Vector& v : test::vectors()) {
        const std::size_t all = v.wasm.size() < 2000 ? v.wasm.size() : v.wasm.size() / 37;
        const std::size_t cuts = warpshrew::test::scaled(all, std::min<std::size_t>(all, 50));
        for (std::size_t i = 0; i < cuts; i++) {
            const std::size_t n = i * v.wasm.size() / cuts;
            const BytesView cut = BytesView(v.wasm).substr(0, n);
            const auto m = parse_module(cut);
            // A cut between sections can leave a module, one without functions.
            if (m) {
                EXPECT_EQ(m->bodies.size(), 0u) << v.name << " " << n;
            } else {
                EXPECT_LE(m.error().offset, n) << v.name << " " << n;
            }
            EXPECT_EQ(static_cast<bool>(instrument(cut)), static_cast<bool>(m));
        }
    }
}

TEST(Module, TruncatedBodiesAreErrors) {
    // The body's size is cut with it, so that only what is in the body is missing.
    const auto& directed = test::vector("directed-a");
    const auto m = parse_module(directed.wasm);
    ASSERT_TRUE(m);
    for (std::uint32_t i = 0; i < m->bodies.size(); i++) {
        for (std::size_t end = m->bodies[i].begin; end < m->bodies[i].end; end++) {
            Module cut = *m;
            cut.bodies[i].end = end;
            EXPECT_FALSE(function_cost(cut, i)) << i << " " << end;
        }
    }
}

}  // namespace
}  // namespace warpshrew::wasm
