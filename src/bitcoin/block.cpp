#include "bitcoin/block.hpp"

#include "bitcoin/decode.hpp"
#include "bitcoin/encode.hpp"

namespace warpshrew::bitcoin {

static constexpr std::size_t header_size = 80;

struct Block::Parts {
    Bytes raw;
    Digest hash{};
    std::span<Transaction> transactions;
    std::pmr::monotonic_buffer_resource arena;

    explicit Parts(Bytes bytes) : raw(std::move(bytes)), arena(raw.size() / 2 + 1024) {}
};

Block::Block(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}
Block::Block(Block&&) noexcept = default;
Block& Block::operator=(Block&&) noexcept = default;
Block::~Block() = default;
BytesView Block::raw() const noexcept { return parts_->raw; }
BytesView Block::header() const noexcept { return raw().substr(0, header_size); }
const Digest& Block::hash() const noexcept { return parts_->hash; }
std::span<const Transaction> Block::transactions() const noexcept { return parts_->transactions; }

/// Passes over a merkle branch: hashes and a side mask.
static void skip_branch(Reader& reader) {
    (void)reader.take(reader.count(32, false) * 32);
    (void)reader.take(4);
}

/// Passes over what stands between the header of a merge-mined block and its transactions: the parent's coinbase, the
/// parent's hash, two branches and the parent's header. The header's version says whether it is there.
static void skip_merge_mining(Reader& reader, std::uint32_t version) {
    const std::uint32_t chain = version >> 16;
    if ((version & 0x100) == 0 || chain == 0) return;
    std::pmr::monotonic_buffer_resource scratch;
    (void)decode_transaction(reader, scratch, 0);
    (void)reader.take(32);
    skip_branch(reader);
    skip_branch(reader);
    (void)reader.take(header_size);
}

/// Cuts the merge-mining data out of `raw` and brings the count of transactions into its shortest form. Returns how
/// much shorter the front of the block has become.
static Result<std::size_t> reduce_to_plain(Bytes& raw) {
    Reader reader(raw);
    const auto version = reader.integer<std::uint32_t>();
    (void)reader.take(header_size - 4);
    skip_merge_mining(reader, version);
    const std::size_t n = reader.count(smallest_transaction, false);
    if (!reader.ok()) return tl::unexpected(reader.error());
    Bytes count;
    append_compact_size(count, n);
    const std::size_t end = reader.position();
    raw.replace(header_size, end - header_size, count);
    return end - header_size - count.size();
}

Result<Block> Block::decode(Bytes raw, BlockFormat format) {
    std::size_t removed = 0;
    if (format == BlockFormat::aux_pow) {
        const Result<std::size_t> reduced = reduce_to_plain(raw);
        if (!reduced) return tl::unexpected(reduced.error());
        removed = *reduced;
    }
    auto parts = std::make_unique<Parts>(std::move(raw));
    Reader reader(parts->raw);
    (void)reader.take(header_size);
    parts->transactions = make_array<Transaction>(parts->arena, reader.count(smallest_transaction));
    for (Transaction& tx : parts->transactions) {
        tx = decode_transaction(reader, parts->arena);
        if (!reader.ok()) break;
    }
    if (format == BlockFormat::bitcoin && reader.remaining() != 0)
        reader.fail("bytes after the last transaction", reader.position());
    if (!reader.ok()) return fail(reader.error().reason, reader.error().offset + removed);
    parts->raw.resize(reader.position());  // never reallocates: it only shortens
    parts->hash = sha256d(BytesView(parts->raw).substr(0, header_size));
    return Block(std::move(parts));
}

struct OwnedTransaction::Parts {
    Bytes raw;
    Transaction transaction;
    std::pmr::monotonic_buffer_resource arena;

    explicit Parts(Bytes bytes) : raw(std::move(bytes)), arena(raw.size() + 64) {}
};

OwnedTransaction::OwnedTransaction(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}
OwnedTransaction::OwnedTransaction(OwnedTransaction&&) noexcept = default;
OwnedTransaction& OwnedTransaction::operator=(OwnedTransaction&&) noexcept = default;
OwnedTransaction::~OwnedTransaction() = default;
const Transaction& OwnedTransaction::get() const noexcept { return parts_->transaction; }

Result<OwnedTransaction> OwnedTransaction::decode(Bytes raw) {
    auto parts = std::make_unique<Parts>(std::move(raw));
    Reader reader(parts->raw);
    parts->transaction = decode_transaction(reader, parts->arena);
    if (reader.remaining() != 0) reader.fail("bytes after the transaction", reader.position());
    if (!reader.ok()) return tl::unexpected(reader.error());
    return OwnedTransaction(std::move(parts));
}

OwnedTransaction OwnedTransaction::empty(std::uint32_t version) {
    Bytes raw = to_le(version);
    raw.append("\0\1\0\0\0\0\0\0", 8);
    return std::move(*decode(std::move(raw)));
}

}  // namespace warpshrew::bitcoin
