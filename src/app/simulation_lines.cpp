#include "app/simulation_lines.hpp"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/hex.hpp"

namespace warpshrew::app {

using nlohmann::json;
using protorune::RuneId;

namespace {

// Beyond it a number of JSON is not exact everywhere.
constexpr std::uint64_t largest_number = std::uint64_t{1} << 53;

enum Member : std::size_t { target, inputs, tokens, vout, transaction, block, fuel, members };
constexpr std::array<std::string_view, members> member_names = {"target",      "inputs", "tokens", "vout",
                                                                "transaction", "block",  "fuel"};
enum TokenMember : std::size_t { id, value, token_members };
constexpr std::array<std::string_view, token_members> token_member_names = {"id", "value"};

bool parse_id(std::string_view text, RuneId& out) {
    const std::size_t colon = text.find(':');
    return colon != std::string_view::npos && parse_decimal(text.substr(0, colon), out.block) &&
           parse_decimal(text.substr(colon + 1), out.tx);
}

/// Takes the events of the JSON parser, so that nothing is kept but the call, however the line is nested.
class Reader final : public nlohmann::json_sax<json> {
 public:
    SimulationCall call;
    Error error;

    bool null() override { return unexpected("null"); }
    bool boolean(bool) override { return unexpected("true or false"); }
    bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
    bool number_float(number_float_t, const string_t&) override {
        return unexpected("a number that is not an integer below 2^64");
    }
    bool binary(binary_t&) override { return unexpected("binary data"); }

    bool number_unsigned(number_unsigned_t n) override {
        if (n > largest_number) return failed("integers above 2^53 must be strings");
        return integer(n);
    }

    bool string(string_t& text) override {
        if (in_ == In::line && member_ == target)
            return parse_id(text, call.target) || failed("not an id such as \"2:1\"");
        if (in_ == In::token && token_member_ == id)
            return parse_id(text, call.tokens.back().id) || failed("not an id such as \"2:1\"");
        if (in_ == In::line && member_ == transaction) return raw<bitcoin::OwnedTransaction>(text, call.transaction);
        if (in_ == In::line && member_ == block) return raw<bitcoin::Block>(text, call.block);
        u128 n = 0;
        if (!takes_integer()) return unexpected("a string");
        return parse_decimal(text, n) ? integer(n) : failed("not a decimal integer below 2^128");
    }

    bool start_object(std::size_t) override {
        if (in_ == In::nothing) {
            in_ = In::line;
            return true;
        }
        if (in_ != In::tokens) return unexpected("an object");
        in_ = In::token;
        token_member_ = token_members;
        token_seen_ = {};
        call.tokens.emplace_back();
        return true;
    }

    bool key(string_t& name) override {
        return in_ == In::line ? find(name, member_names, seen_, member_)
                               : find(name, token_member_names, token_seen_, token_member_);
    }

    bool end_object() override {
        if (in_ == In::token) {
            for (const TokenMember required : {id, value}) {
                token_member_ = required;
                if (!token_seen_[required]) return missing();
            }
            in_ = In::tokens;
            return true;
        }
        for (const Member required : {target, inputs}) {
            member_ = required;
            if (!seen_[required]) return missing();
        }
        in_ = In::nothing;
        return true;
    }

    bool start_array(std::size_t) override {
        if (in_ != In::line || (member_ != inputs && member_ != tokens)) return unexpected("an array");
        in_ = member_ == inputs ? In::inputs : In::tokens;
        return true;
    }

    bool end_array() override {
        in_ = In::line;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
        // "[json.exception.X] parse error at line 1, column 9: REASON; last read: 'what may be very long'; expected Y",
        // or
        // "[json.exception.X] REASON 'what may be very long'"
        const std::string_view text = e.what();
        const std::size_t semicolon = text.find("; ");
        std::string_view reason = text.substr(0, semicolon != std::string_view::npos ? semicolon : text.find(" '"));
        for (const std::string_view before : {"] ", ": "})
            if (const std::size_t at = reason.find(before); at != std::string_view::npos)
                reason.remove_prefix(at + before.size());
        const std::size_t offset = position == 0 ? 0 : position - 1;
        error = {"not JSON at byte " + std::to_string(offset) + ": " + std::string(reason), offset};
        return false;
    }

 private:
    enum class In { nothing, line, inputs, tokens, token };

    template <std::size_t n>
    bool find(std::string_view name, const std::array<std::string_view, n>& names, std::array<bool, n>& seen,
              std::size_t& member) {
        for (std::size_t i = 0; i < n; i++) {
            if (names[i] != name) continue;
            member = i;
            if (seen[i]) return failed("given twice");
            return seen[i] = true;
        }
        constexpr std::size_t shown = 40;
        member = n;
        return failed("there is no member " + std::string(name.substr(0, shown)) + (name.size() > shown ? "…" : ""));
    }

    [[nodiscard]] bool takes_integer() const {
        return in_ == In::inputs || (in_ == In::token && token_member_ == value) ||
               (in_ == In::line && (member_ == vout || member_ == fuel));
    }

    bool integer(u128 n) {
        if (!takes_integer()) return unexpected("a number");
        if (in_ == In::inputs) {
            call.inputs.push_back(n);
        } else if (in_ == In::token) {
            call.tokens.back().value = n;
        } else if (member_ == vout) {
            if (n > std::numeric_limits<std::uint32_t>::max()) return failed("not below 2^32");
            call.vout = static_cast<std::uint32_t>(n);
        } else {
            if (n > std::numeric_limits<std::uint64_t>::max()) return failed("not below 2^64");
            call.fuel = static_cast<std::uint64_t>(n);
        }
        return true;
    }

    /// Hex of T in its consensus form; empty is absent, as in the view.
    template <class T>
    bool raw(std::string_view text, std::optional<T>& out) {
        if (text.starts_with("0x")) text.remove_prefix(2);
        auto bytes = from_hex(text);
        if (!bytes) return failed(bytes.error().reason + " at digit " + std::to_string(bytes.error().offset));
        if (bytes->empty()) return true;
        auto decoded = T::decode(*std::move(bytes));
        if (!decoded) return failed(decoded.error().reason + " at its byte " + std::to_string(decoded.error().offset));
        out.emplace(*std::move(decoded));
        return true;
    }

    /// Where in the line the parser is: "inputs[3]".
    [[nodiscard]] std::string where() const {
        const auto element = [](std::size_t i) { return "[" + std::to_string(i) + "]"; };
        switch (in_) {
            case In::nothing:
                return "";
            case In::line:
                return member_ < members ? std::string(member_names[member_]) : "";
            case In::inputs:
                return "inputs" + element(call.inputs.size());
            case In::tokens:
                return "tokens" + element(call.tokens.size());
            case In::token:
                return "tokens" + element(call.tokens.size() - 1) +
                       (token_member_ < token_members ? "." + std::string(token_member_names[token_member_]) : "");
        }
        return "";
    }

    bool failed(const std::string& reason) {
        const std::string at = where();
        error = {at.empty() ? reason : at + ": " + reason, 0};
        return false;
    }
    bool missing() {
        error = {where() + " is missing", 0};
        return false;
    }
    bool unexpected(const char* what) { return failed(std::string(what) + " is not what belongs here"); }

    In in_ = In::nothing;
    std::size_t member_ = members, token_member_ = token_members;
    std::array<bool, members> seen_{};
    std::array<bool, token_members> token_seen_{};
};

void append_string(Bytes& out, std::string_view text) {
    // What is not UTF-8 is shown as U+FFFD: the line must be JSON.
    out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_hex(Bytes& out, BytesView bytes) { out.append("\"").append(to_hex(bytes)).append("\""); }

void append_integer(Bytes& out, std::uint64_t n) {
    const std::string digits = std::to_string(n);
    out += n > largest_number ? "\"" + digits + "\"" : digits;
}

void append_line_begin(Bytes& out, std::uint64_t line, std::string_view status) {
    out += "{\"line\":";
    append_integer(out, line);
    out.append(",\"status\":\"").append(status).append("\",\"fuel\":");
}

void append_without_result(Bytes& out, std::uint64_t line, std::string_view status, std::string_view error) {
    append_line_begin(out, line, status);
    out += R"(0,"tokens":[],"data":"","writes":[],"error":)";
    append_string(out, error);
    out += "}\n";
}

}  // namespace

Result<SimulationCall> read_simulation_call(BytesView line) {
    if (line.find_first_not_of(" \t\r") == BytesView::npos) return fail("the line is empty");
    // The parser takes it for the end.
    if (const std::size_t at = line.find('\0'); at != BytesView::npos)
        return fail("not JSON at byte " + std::to_string(at) + ": a zero byte", at);
    Reader reader;
    if (!json::sax_parse(line, &reader)) return tl::unexpected(reader.error);
    return std::move(reader.call);
}

void append_simulation_result(Bytes& out, std::uint64_t line, const Result<SimulationResult>& result) {
    if (!result) return append_without_result(out, line, "failure", result.error().reason);
    const auto& [response, gas_used] = result->simulation;
    append_line_begin(out, line, "success");
    append_integer(out, gas_used);
    out += ",\"tokens\":[";
    for (const protorune::RuneTransfer& t : response.alkanes) {
        if (&t != response.alkanes.data()) out += ',';
        out.append(R"({"id":")").append(to_decimal(t.id.block)).append(":").append(to_decimal(t.id.tx));
        out.append(R"(","value":")").append(to_decimal(t.value)).append("\"}");
    }
    out += "],\"data\":";
    append_hex(out, response.data);
    out += ",\"writes\":[";
    for (const auto& write : result->writes) {
        out += &write != result->writes.data() ? ",[" : "[";
        append_hex(out, write.first);
        out += ',';
        append_hex(out, write.second);
        out += ']';
    }
    out += "],\"error\":null}\n";
}

void append_invalid_line(Bytes& out, std::uint64_t line, const Error& error) {
    append_without_result(out, line, "invalid", error.reason);
}

}  // namespace warpshrew::app
