#include "bitcoin/address.hpp"

#include <algorithm>
#include <vector>

namespace warpshrew::bitcoin {

static constexpr char base58_digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static constexpr char bech32_digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
static constexpr std::uint32_t bech32_check = 1;
static constexpr std::uint32_t bech32m_check = 0x2bc830a3;

static std::string base58check(std::uint8_t prefix, BytesView hash) {
    Bytes payload(1, static_cast<char>(prefix));
    payload += hash;
    payload += view(sha256d(payload)).substr(0, 4);
    std::vector<std::uint8_t> digits;  // base 58, lowest first
    for (std::size_t i = 0; i < payload.size(); i++) {
        unsigned carry = byte_at(payload, i);
        for (std::uint8_t& digit : digits) {
            carry += unsigned{digit} << 8;
            digit = static_cast<std::uint8_t>(carry % 58);
            carry /= 58;
        }
        for (; carry != 0; carry /= 58) digits.push_back(static_cast<std::uint8_t>(carry % 58));
    }
    std::string out(std::min(payload.find_first_not_of('\0'), payload.size()), base58_digits[0]);
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) out.push_back(base58_digits[*digit]);
    return out;
}

static std::uint32_t polymod_step(std::uint32_t sum, std::uint8_t value) noexcept {
    static constexpr std::uint32_t generators[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++) {
        if ((top >> i & 1) != 0) sum ^= generators[i];
    }
    return sum;
}

static std::string segwit_address(std::string_view hrp, std::uint8_t version, BytesView program) {
    std::vector<std::uint8_t> data{version};
    std::uint32_t bits = 0;
    unsigned n_bits = 0;
    for (std::size_t i = 0; i < program.size(); i++) {
        bits = (bits << 8 | byte_at(program, i)) & 0xfff;
        for (n_bits += 8; n_bits >= 5; n_bits -= 5) data.push_back(bits >> (n_bits - 5) & 31);
    }
    if (n_bits != 0) data.push_back(static_cast<std::uint8_t>(bits << (5 - n_bits) & 31));

    std::uint32_t sum = 1;
    for (const char c : hrp) sum = polymod_step(sum, static_cast<std::uint8_t>(c) >> 5);
    sum = polymod_step(sum, 0);
    for (const char c : hrp) sum = polymod_step(sum, c & 31);
    for (const std::uint8_t value : data) sum = polymod_step(sum, value);
    for (int i = 0; i < 6; i++) sum = polymod_step(sum, 0);
    sum ^= version == 0 ? bech32_check : bech32m_check;

    std::string out(hrp);
    out.push_back('1');
    for (const std::uint8_t value : data) out.push_back(bech32_digits[value]);
    for (int shift = 25; shift >= 0; shift -= 5) out.push_back(bech32_digits[sum >> shift & 31]);
    return out;
}

static bool has_frame(BytesView script, std::size_t size, BytesView begin, BytesView end) noexcept {
    return script.size() == size && script.starts_with(begin) && script.ends_with(end);
}

std::string address_of(BytesView script, const AddressPrefixes& prefixes) {
    if (has_frame(script, 25, "\x76\xa9\x14", "\x88\xac")) return base58check(prefixes.p2pkh, script.substr(3, 20));
    if (has_frame(script, 23, "\xa9\x14", "\x87")) return base58check(prefixes.p2sh, script.substr(2, 20));
    if (script.size() < 4 || script.size() > 42 || byte_at(script, 1) != script.size() - 2) return {};
    const std::uint8_t op = byte_at(script, 0);
    if (op != 0 && (op < 0x51 || op > 0x60)) return {};
    const BytesView program = script.substr(2);
    if (op == 0 && program.size() != 20 && program.size() != 32) return {};
    return segwit_address(prefixes.bech32_hrp, static_cast<std::uint8_t>(op == 0 ? 0 : op - 0x50), program);
}

}  // namespace warpshrew::bitcoin
