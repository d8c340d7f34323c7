#include "alkanes/serialization.hpp"

#include <absl/container/btree_map.h>

#include <algorithm>

#include "alkanes/candidate.hpp"

namespace warpshrew::alkanes {

using protorune::RuneTransfer;

static constexpr std::size_t transfer_size = 48;

template <class T>
static bool take(BytesView& bytes, T& x) noexcept {
    if (bytes.size() < sizeof x) return false;
    x = load_le<T>(bytes.data());
    bytes.remove_prefix(sizeof x);
    return true;
}

Result<Cellpack> decode_calldata(BytesView calldata, bool prefix_counts) {
    auto words = message_integers(calldata, prefix_counts);
    if (!words) return fail("varint: " + words.error().reason, words.error().offset);
    if (words->size() < 2) return fail("calldata must contain at least two integers");
    Cellpack out{{(*words)[0], (*words)[1]}, std::move(*words)};
    out.inputs.erase(out.inputs.begin(), out.inputs.begin() + 2);
    return out;
}

Result<Cellpack> decode_cellpack(BytesView bytes) {
    Cellpack out;
    if (!take(bytes, out.target.block) || !take(bytes, out.target.tx)) return fail(short_buffer);
    out.inputs.resize(bytes.size() / sizeof(u128));
    if (!out.inputs.empty()) std::memcpy(out.inputs.data(), bytes.data(), out.inputs.size() * sizeof(u128));
    return out;
}

static Result<void> read_parcel(BytesView& bytes, std::vector<RuneTransfer>& out) {
    u128 count = 0;
    // A count that the bytes cannot hold fails as a short read, before anything is allocated.
    if (!take(bytes, count) || count > bytes.size() / transfer_size) return fail(short_buffer);
    out.resize(static_cast<std::size_t>(count));
    for (auto& t : out) {
        (void)take(bytes, t.id.block);
        (void)take(bytes, t.id.tx);
        (void)take(bytes, t.value);
    }
    return {};
}

Result<std::vector<RuneTransfer>> read_parcel(BytesView& bytes) {
    std::vector<RuneTransfer> out;
    if (const auto read = read_parcel(bytes, out); !read) return tl::unexpected(read.error());
    return out;
}

static tl::unexpected<Error> exceeds(const char* what, std::uint32_t n) {
    return fail(std::string("StorageMap: ") + what + " " + std::to_string(n) + " exceeds remaining input");
}

/// A length word and as many bytes.
static Result<BytesView> take_counted(BytesView& bytes, const char* what) {
    std::uint32_t n = 0;
    if (!take(bytes, n)) return fail(short_buffer);
    if (n > bytes.size()) return exceeds(what, n);
    const BytesView out = bytes.substr(0, n);
    bytes.remove_prefix(n);
    return out;
}

using StorageView = std::vector<std::pair<BytesView, BytesView>>;

static Result<void> read_storage_map(BytesView& bytes, StorageView& out) {
    constexpr std::uint32_t few = 16;
    out.clear();
    std::uint32_t count = 0;
    if (!take(bytes, count)) return fail(short_buffer);
    if (count > bytes.size() / 8) return exceeds("entry count", count);
    // Few are put where they belong at once, many into a tree, until the duplicates are gone: a buffer of zeros holds
    // millions of entries of the same key.
    absl::btree_map<BytesView, BytesView> sorted;
    for (std::uint32_t i = 0; i < count; i++) {
        const auto key = take_counted(bytes, "key length");
        if (!key) return tl::unexpected(key.error());
        const auto value = take_counted(bytes, "value length");
        if (!value) return tl::unexpected(value.error());
        if (count > few) {
            sorted.insert_or_assign(*key, *value);
            continue;
        }
        const auto at = std::ranges::lower_bound(out, *key, {}, &StorageView::value_type::first);
        if (at != out.end() && at->first == *key)
            at->second = *value;
        else
            out.emplace(at, *key, *value);
    }
    if (count > few) out.assign(sorted.begin(), sorted.end());
    return {};
}

static StorageMap copy_of(const StorageView& views) {
    StorageMap out;
    out.reserve(views.size());
    for (const auto& [k, v] : views) out.emplace_back(k, v);
    return out;
}

Result<StorageMap> read_storage_map(BytesView& bytes) {
    StorageView views;
    if (const auto read = read_storage_map(bytes, views); !read) return tl::unexpected(read.error());
    return copy_of(views);
}

Result<void> read_response(BytesView bytes, ResponseView& out) {
    if (auto parcel = read_parcel(bytes, out.alkanes); !parcel) return parcel;
    if (auto storage = read_storage_map(bytes, out.storage); !storage) return storage;
    out.data = bytes;
    return {};
}

Result<Response> decode_response(BytesView bytes) {
    ResponseView view;
    if (const auto read = read_response(bytes, view); !read) return tl::unexpected(read.error());
    return Response{std::move(view.alkanes), copy_of(view.storage), Bytes(view.data)};
}

Bytes encode_call_response(const std::vector<RuneTransfer>& alkanes, BytesView data) {
    Bytes out;
    out.reserve(sizeof(u128) + alkanes.size() * transfer_size + data.size());
    append_le(out, u128{alkanes.size()});
    for (const auto& t : alkanes) {
        append_le(out, t.id.block);
        append_le(out, t.id.tx);
        append_le(out, t.value);
    }
    out.append(data);
    return out;
}

std::uint64_t storage_map_size(const StorageMap& map) noexcept {
    std::uint64_t n = 4;
    for (const auto& [k, v] : map) n += 8 + k.size() + v.size();
    return n;
}

Response revert_response(BytesView text) {
    Response out;
    out.data.reserve(revert_selector.size() + text.size());
    out.data.append(revert_selector).append(text);
    return out;
}

}  // namespace warpshrew::alkanes
