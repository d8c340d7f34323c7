#include "alkanes/views_prost.hpp"

#include "alkanes/utf8.hpp"

namespace warpshrew::alkanes {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

enum class WireType : std::uint8_t { varint, fixed64, length, group_start, group_end, fixed32 };

constexpr unsigned recursion_limit = 100;

struct Key {
    int number = 0;
    WireType type = WireType::varint;
};

/// At most ten bytes; the tenth holds one bit.
bool read_varint(BytesView& b, std::uint64_t& out) {
    out = 0;
    for (unsigned i = 0; i < 10 && i < b.size(); ++i) {
        const std::uint8_t byte = byte_at(b, i);
        out |= std::uint64_t{byte & 0x7fU} << (7 * i);
        if (byte < 0x80) {
            b.remove_prefix(i + 1);
            return i < 9 || byte < 2;
        }
    }
    return false;
}

bool read_key(BytesView& b, Key& key) {
    std::uint64_t n = 0;
    if (!read_varint(b, n) || n > 0xffff'ffffU || (n & 7) > 5 || n >> 3 == 0) return false;
    key = {static_cast<int>(n >> 3), static_cast<WireType>(n & 7)};
    return true;
}

bool read_bytes(BytesView& b, BytesView& out) {
    std::uint64_t n = 0;
    if (!read_varint(b, n) || n > b.size()) return false;
    out = b.substr(0, n);
    b.remove_prefix(n);
    return true;
}

/// Passes over an unknown field. `depth` more levels may be entered.
bool skip(BytesView& b, Key key, unsigned depth) {
    if (depth == 0) return false;
    std::uint64_t n = 0;
    BytesView ignored;
    switch (key.type) {
        case WireType::varint:
            return read_varint(b, n);
        case WireType::length:
            return read_bytes(b, ignored);
        case WireType::fixed64:
        case WireType::fixed32:
            n = key.type == WireType::fixed64 ? 8 : 4;
            if (b.size() < n) return false;
            b.remove_prefix(n);
            return true;
        case WireType::group_end:
            return false;
        case WireType::group_start:
            break;
    }
    Key inner;
    while (read_key(b, inner)) {
        if (inner.type == WireType::group_end) return inner.number == key.number;
        if (!skip(b, inner, depth - 1)) return false;
    }
    return false;
}

bool merge(BytesView b, Message& message, unsigned depth);

bool merge_field(BytesView& b, const FieldDescriptor& field, WireType type, Message& message, unsigned depth) {
    const Reflection& reflection = *message.GetReflection();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32 || field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
        std::uint64_t n = 0;
        if (type != WireType::varint || !read_varint(b, n)) return false;
        if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
            reflection.SetUInt64(&message, &field, n);
        } else {
            reflection.SetUInt32(&message, &field, static_cast<std::uint32_t>(n));
        }
        return true;
    }
    BytesView content;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        if (type != WireType::length || !read_bytes(b, content)) return false;
        if (field.type() == FieldDescriptor::TYPE_STRING && !is_utf8(content)) return false;
        reflection.SetString(&message, &field, Bytes(content));
        return true;
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return false;
    if (type != WireType::length || depth == 0 || !read_bytes(b, content)) return false;
    Message& child =
        field.is_repeated() ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field);
    return merge(content, child, depth - 1);
}

bool merge(BytesView b, Message& message, unsigned depth) {
    while (!b.empty()) {
        Key key;
        if (!read_key(b, key)) return false;
        const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByNumber(key.number);
        if (field != nullptr ? !merge_field(b, *field, key.type, message, depth) : !skip(b, key, depth)) return false;
    }
    return true;
}

}  // namespace

bool decode_prost(BytesView bytes, Message& message) { return merge(bytes, message, recursion_limit); }

}  // namespace warpshrew::alkanes
