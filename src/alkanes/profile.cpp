#include "alkanes/profile.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/hex.hpp"

namespace warpshrew::alkanes {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using protorune::Network;

constexpr std::uintmax_t largest_profile = 1U << 20U;
constexpr std::uintmax_t largest_code = 32U << 20U;
constexpr std::uint64_t largest_fuel = 1ULL << 40U;  // times a transaction's size it still fits 64 bits

struct Number {
    const char* name;
    std::uint64_t Network::*member;
    std::uint64_t most;
};
constexpr std::array numbers = {
    Number{"genesis_block", &Network::genesis_block, ~0ULL},
    Number{"genesis_outpoint_height", &Network::genesis_outpoint_height, ~0ULL},
    Number{"v217_fix_height", &Network::v217_fix_height, ~0ULL},
    Number{"fuel_change1_height", &Network::fuel_change1_height, ~0ULL},
    Number{"v220_fork_height", &Network::v220_fork_height, ~0ULL},
    Number{"minimum_fuel_before", &Network::minimum_fuel_before, largest_fuel},
    Number{"minimum_fuel_after", &Network::minimum_fuel_after, largest_fuel},
    Number{"total_fuel_before", &Network::total_fuel_before, largest_fuel},
    Number{"total_fuel_after", &Network::total_fuel_after, largest_fuel},
};

std::string join(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& w : words) out += (out.empty() ? "" : ", ") + w;
    return out;
}

std::string id_text(const protorune::RuneId& id) { return to_decimal(id.block) + ":" + to_decimal(id.tx); }

/// An error for a member that is not allowed.
Result<void> only(const json& object, const std::string& where, const std::vector<std::string>& allowed) {
    for (const auto& item : object.items()) {
        if (std::find(allowed.begin(), allowed.end(), item.key()) == allowed.end()) {
            return fail(where + " has no member \"" + item.key() + "\"; allowed: " + join(allowed));
        }
    }
    return {};
}

Result<void> read_number(const json& object, const std::string& name, std::uint64_t most, std::uint64_t& out) {
    const auto i = object.find(name);
    if (i == object.end()) return {};
    if (!i->is_number_unsigned() || i->get<std::uint64_t>() > most) {
        return fail("\"" + name + "\" must be a whole number from 0 to " + to_decimal(most));
    }
    out = i->get<std::uint64_t>();
    return {};
}

Result<void> read_prefix(const json& object, const std::string& name, std::uint8_t& out) {
    std::uint64_t n = out;
    auto read = read_number(object, name, 255, n);
    out = static_cast<std::uint8_t>(n);
    return read;
}

Result<void> read_addresses(const json& profile, bitcoin::AddressPrefixes& out) {
    const auto i = profile.find("addresses");
    if (i == profile.end()) return {};
    if (!i->is_object()) return fail("\"addresses\" must be an object");
    if (auto r = only(*i, "\"addresses\"", {"bech32_hrp", "p2pkh", "p2sh"}); !r) return r;
    if (const auto hrp = i->find("bech32_hrp"); hrp != i->end()) {
        if (hrp->is_string()) out.bech32_hrp = hrp->get<std::string>();
        const auto is_letter = [](char c) { return c >= 33 && c <= 126 && !(c >= 'A' && c <= 'Z'); };
        if (!hrp->is_string() || out.bech32_hrp.empty() || out.bech32_hrp.size() > 83 ||
            !std::all_of(out.bech32_hrp.begin(), out.bech32_hrp.end(), is_letter)) {
            return fail("\"bech32_hrp\" must be 1 to 83 printable ASCII characters, none of them upper-case");
        }
    }
    if (auto r = read_prefix(*i, "p2pkh", out.p2pkh); !r) return r;
    return read_prefix(*i, "p2sh", out.p2sh);
}

Result<void> read_txid(const json& profile, Bytes& out) {
    const auto i = profile.find("genesis_outpoint_txid");
    if (i == profile.end()) return {};
    if (i->is_string()) {
        if (auto bytes = from_hex(i->get<std::string>()); bytes && bytes->size() == 32) {
            std::reverse(bytes->begin(), bytes->end());
            out = std::move(*bytes);
            return {};
        }
    }
    return fail("\"genesis_outpoint_txid\" must be 64 hex digits");
}

Result<void> read_flags(const json& profile, Network& n) {
    if (const auto i = profile.find("minimum_fuel_always"); i != profile.end()) {
        if (!i->is_boolean()) return fail("\"minimum_fuel_always\" must be true or false");
        n.minimum_fuel_always = i->get<bool>();
    }
    const auto i = profile.find("parallel_activation_height");
    if (i == profile.end()) return {};
    if (i->is_null()) {
        n.parallel_activation_height.reset();
    } else if (i->is_number_unsigned()) {
        n.parallel_activation_height = i->get<std::uint64_t>();
    } else {
        return fail("\"parallel_activation_height\" must be a height or null");
    }
    return {};
}

/// All contracts that a profile can name, in the order of their set-up (alkanes-vm.md 6.4).
std::vector<protorune::BuiltinContract> known_builtins() { return protorune::find_network("regtest")->builtins; }

Result<Bytes> read_code(const fs::path& path) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) return fail(path.string() + ": " + error.message());
    if (size > largest_code) return fail(path.string() + ": too large for a contract");
    return read_file(path);
}

Result<void> read_builtins(const json& profile, const fs::path& folder, Network& n) {
    const auto i = profile.find("builtins");
    if (i == profile.end()) return {};
    if (!i->is_object()) return fail("\"builtins\" must be an object");
    std::vector<std::string> allowed;
    for (const auto& contract : known_builtins()) allowed.push_back(id_text(contract.id));
    if (auto r = only(*i, "\"builtins\"", allowed); !r) return r;

    std::vector<protorune::BuiltinContract> out;
    for (protorune::BuiltinContract contract : known_builtins()) {
        const auto base =
            std::find_if(n.builtins.begin(), n.builtins.end(), [&](const auto& b) { return b.id == contract.id; });
        const auto given = i->find(id_text(contract.id));
        if (given == i->end()) {
            if (base != n.builtins.end()) out.push_back(*base);
        } else if (given->is_string()) {
            auto code = read_code(folder / given->get<std::string>());
            if (!code) return tl::unexpected(code.error());
            contract.code = std::move(*code);
            out.push_back(std::move(contract));
        } else if (!given->is_null()) {
            return fail("\"" + id_text(contract.id) +
                        "\" must be the path of the contract's code, or null to leave it out");
        }
    }
    n.builtins = std::move(out);
    return {};
}

Result<void> read_name(const json& profile, const fs::path& path, Network& n) {
    n.name = path.stem().string();
    if (const auto i = profile.find("name"); i != profile.end()) {
        if (!i->is_string() || i->get<std::string>().empty()) return fail("\"name\" must be a text that is not empty");
        n.name = i->get<std::string>();
    }
    // A store remembers the name of its network: it must not pass for another.
    if (protorune::find_network(n.name)) {
        return fail("\"" + n.name + "\" is the name of another network; give the profile a \"name\" of its own");
    }
    return {};
}

Result<Network> read_profile(const fs::path& path) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) return fail(error.message());
    if (size > largest_profile) return fail("too large for a profile");
    const Result<Bytes> text = read_file(path);
    if (!text) return tl::unexpected(text.error());

    json profile;
    try {
        profile = json::parse(*text);
    } catch (const json::parse_error& e) {
        return fail(e.what(), e.byte);
    }
    if (!profile.is_object()) return fail("a profile must be a JSON object");
    const auto base = profile.find("base");
    auto network =
        base != profile.end() && base->is_string() ? protorune::find_network(base->get<std::string>()) : std::nullopt;
    if (!network) return fail("\"base\" must name a network: " + join(protorune::network_names()));

    std::vector<std::string> allowed = {
        "base",    "name", "addresses", "genesis_outpoint_txid", "minimum_fuel_always", "parallel_activation_height",
        "builtins"};
    for (const Number& n : numbers) allowed.emplace_back(n.name);
    if (auto r = only(profile, "a profile", allowed); !r) return tl::unexpected(r.error());
    for (const Number& n : numbers) {
        if (auto r = read_number(profile, n.name, n.most, (*network).*n.member); !r) return tl::unexpected(r.error());
    }
    if (auto r = read_name(profile, path, *network); !r) return tl::unexpected(r.error());
    if (auto r = read_addresses(profile, network->addresses); !r) return tl::unexpected(r.error());
    if (auto r = read_txid(profile, network->genesis_txid); !r) return tl::unexpected(r.error());
    if (auto r = read_flags(profile, *network); !r) return tl::unexpected(r.error());
    if (auto r = read_builtins(profile, path.parent_path(), *network); !r) return tl::unexpected(r.error());
    return *network;
}

}  // namespace

Result<Network> load_network(std::string_view name_or_file) {
    if (auto known = protorune::find_network(name_or_file)) return *known;
    const fs::path path(name_or_file);
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        return fail("\"" + std::string(name_or_file) +
                    "\" is neither a profile file nor a network: " + join(protorune::network_names()));
    }
    auto network = read_profile(path);
    if (!network) return fail(path.string() + ": " + network.error().reason, network.error().offset);
    return network;
}

}  // namespace warpshrew::alkanes
