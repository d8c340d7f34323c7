#include "block_plan.hpp"

#include <stdexcept>

#include "alkanes/gzip.hpp"
#include "base/hex.hpp"
#include "contracts/embedded.hpp"
#include "protorune/encode.hpp"

namespace warpshrew::test {

namespace {

using namespace std::string_view_literals;

constexpr u128 step_skip_if_zero = 18, step_skip_if_odd = 25, step_call_by_number = 31;

void append_steps(std::vector<u128>& out, const std::vector<PlanStep>& steps);

void append_step(std::vector<u128>& out, const PlanStep& step) {
    out.insert(out.end(), step.words.begin(), step.words.end());
    for (const PlanCall& call : step.calls) {
        std::vector<u128> inner = cellpack_words(call);
        const bool by_number = step.words[0] == step_call_by_number;
        // Opcode, kind, target, tokens: the target goes before the last word.
        const u128 tokens = out.back();
        out.pop_back();
        if (!by_number) out.insert(out.end(), {call.target.block, call.target.tx});
        out.push_back(tokens);
        out.push_back(inner.size() - 2);
        out.insert(out.end(), inner.begin() + 2, inner.end());
    }
}

void append_steps(std::vector<u128>& out, const std::vector<PlanStep>& steps) {
    for (std::size_t i = 0; i < steps.size(); i++) {
        const PlanStep& step = steps[i];
        if (step.words[0] != step_skip_if_zero && step.words[0] != step_skip_if_odd) {
            append_step(out, step);
            continue;
        }
        // What is skipped is the next step, whatever its length.
        std::vector<u128> next;
        if (i + 1 < steps.size()) append_step(next, steps[i + 1]);
        out.insert(out.end(), {step.words[0], next.size()});
    }
}

std::string text(const RuneId& id) { return to_decimal(id.block) + ":" + to_decimal(id.tx); }

std::string text(const PlanCall& call);

std::string text(const PlanStep& step) {
    static constexpr std::array names = {
        "end",      "load",        "store",       "set",          "add",      "count", "load@a",   "store@a", "balance",
        "fuel",     "height",      "sequence",    "burn",         "fail",     "trap",  "mint",     "send",    "keep",
        "if-not-0", "return",      "store-bytes", "context",      "received", "sizes", "bad-host", "if-even", "grow",
        "size",     "store-empty", "fuel-burnt",  "call-or-fail", "call-4:a", "call"};
    const auto opcode = static_cast<std::size_t>(step.words.at(0));
    std::string out = opcode < names.size() ? names[opcode] : "step " + to_decimal(step.words[0]);
    for (std::size_t i = 1; i < step.words.size(); i++) out += " " + to_decimal(step.words[i]);
    for (const PlanCall& call : step.calls) out += " " + text(call);
    return out;
}

std::string text(const PlanCall& call) {
    std::string out = text(call.target) + " [";
    for (std::size_t i = 0; i < call.words.size(); i++) out += (i == 0 ? "" : " ") + to_decimal(call.words[i]);
    for (std::size_t i = 0; i < call.steps.size(); i++) out += (i == 0 ? "" : "; ") + text(call.steps[i]);
    return out + "]";
}

std::string output_text(std::uint32_t output) {
    return output >= first_stone ? "stone " + std::to_string(output - first_stone) : std::to_string(output);
}

std::string text(const PlanStone& stone) {
    std::string out = stone.candidate ? "candidate " : "";
    out += stone.call ? "call " + text(*stone.call) : "no message";
    out += " -> " + output_text(stone.pointer);
    if (stone.refund != stone.pointer) out += ", refund " + output_text(stone.refund);
    for (const PlanEdict& e : stone.edicts)
        out += ", edict " + to_decimal(e.amount) + " of " + text(e.token) + " to " + output_text(e.output);
    return out;
}

std::size_t size_of(const PlanCall& call) {
    std::size_t n = 1 + call.words.size();
    for (const PlanStep& step : call.steps) {
        n += step.words.size();
        for (const PlanCall& inner : step.calls) n += size_of(inner);
    }
    return n;
}

/// A module with an element segment that does not fit its table: its failure tells how many frames there were before.
constexpr BytesView bad_element =
    "\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\4\4\1\x70\0\1\5\3\1\0\1\7\x16\2\6memory\2\0\x09__execute\0\0"
    "\x09\7\1\0\x41\5\x0b\1\0\x0a\6\1\4\0\x41\0\x0b"sv;

/// Compressed, once: that takes longer than the rest of a block.
const Bytes& envelope(const std::string& contract) {
    static std::map<std::string, Bytes> made;
    const auto [i, inserted] = made.try_emplace(contract);
    if (inserted) {
        // What is no contract's name is code that is no module.
        BytesView code = contract == "bad element" ? bad_element : contracts::embedded_contract(contract);
        if (code.empty()) code = contract;
        i->second = protorune::contract_envelope(alkanes::gzip(code));
    }
    return i->second;
}

protorune::Protostone encode_stone(const PlanTransaction& tx, const PlanStone& plan) {
    const auto output = [&](std::uint32_t n) { return n < first_stone ? n : shadow_vout(tx, n - first_stone); };
    protorune::Protostone stone;
    stone.protocol_tag = protorune::alkanes_protocol_tag;
    if (plan.call) {
        std::vector<u128> words = cellpack_words(*plan.call);
        if (plan.candidate) words.insert(words.begin(), {8, 8});
        stone.message = protorune::encode_cellpack(words);
    }
    stone.pointer = output(plan.pointer);
    stone.refund = output(plan.refund);
    for (const PlanEdict& e : plan.edicts) stone.edicts.push_back({e.token, e.amount, output(e.output)});
    return stone;
}

bitcoin::NewTransaction encode_transaction(const PlanTransaction& plan, const PlanTxids& txids) {
    bitcoin::NewTransaction tx;
    for (const PlanCoin& coin : plan.inputs) {
        const auto txid = txids.find(coin.transaction);
        if (txid == txids.end()) continue;
        bitcoin::NewInput input;
        input.txid = Bytes(view(txid->second));
        input.vout = coin.vout;
        tx.inputs.push_back(std::move(input));
    }
    if (tx.inputs.empty()) {
        bitcoin::NewInput input;
        input.txid = Bytes(28, 'u') + to_le(static_cast<std::uint32_t>(plan.number));
        tx.inputs.push_back(std::move(input));
    }
    if (!plan.contract.empty()) tx.inputs[0].witness = protorune::script_path_witness(envelope(plan.contract));
    for (std::uint32_t i = 0; i < plan.outputs; i++)
        tx.outputs.push_back({546, "\x51\x20" + Bytes(32, static_cast<char>('a' + (plan.number + i) % 3))});
    std::vector<protorune::Protostone> stones;
    for (const PlanStone& stone : plan.stones) stones.push_back(encode_stone(plan, stone));
    protorune::Runestone runestone;
    if (plan.etches) runestone.etching.emplace().premine = 1000;
    if (!stones.empty()) runestone.protocol = protorune::encode_protostones(stones);
    if (plan.etches || !stones.empty()) tx.outputs.push_back({0, protorune::encode_runestone(runestone)});
    return tx;
}

}  // namespace

std::vector<u128> cellpack_words(const PlanCall& call) {
    std::vector<u128> out = {call.target.block, call.target.tx};
    out.insert(out.end(), call.words.begin(), call.words.end());
    append_steps(out, call.steps);
    return out;
}

std::string describe(const Plan& plan) {
    static constexpr std::array rules = {"devnet", "shared fuel", "old calls"};
    std::string out = "plan of seed " + std::to_string(plan.seed) +
                      ", rules: " + rules.at(static_cast<std::size_t>(plan.rules)) + "\n";
    for (std::size_t i = 0; i < plan.blocks.size(); i++) {
        out += "block " + std::to_string(i) + "\n";
        for (const PlanTransaction& tx : plan.blocks[i]) {
            out += "  tx " + std::to_string(tx.number) + ":";
            for (const PlanCoin& c : tx.inputs)
                out += " spends " + std::to_string(c.transaction) + "/" + std::to_string(c.vout);
            out += " outputs " + std::to_string(tx.outputs);
            if (!tx.contract.empty()) out += " with " + tx.contract;
            if (tx.etches) out += " etches";
            out += "\n";
            for (const PlanStone& stone : tx.stones) out += "    " + text(stone) + "\n";
        }
    }
    return out;
}

std::size_t plan_size(const Plan& plan) {
    std::size_t n = plan.blocks.size();
    for (const auto& block : plan.blocks)
        for (const PlanTransaction& tx : block) {
            n += 1 + tx.inputs.size() + tx.outputs + (tx.etches ? 1 : 0);
            for (const PlanStone& stone : tx.stones)
                n += 1 + stone.edicts.size() + (stone.call ? size_of(*stone.call) : 0);
        }
    return n;
}

std::uint32_t shadow_vout(const PlanTransaction& tx, std::size_t stone) {
    return tx.outputs + 2 + static_cast<std::uint32_t>(stone);  // behind the OP_RETURN and one more
}

std::vector<PlanBlock> build_plan(const Plan& plan, std::uint64_t height, PlanTxids& txids) {
    std::vector<PlanBlock> out;
    for (const auto& transactions : plan.blocks) {
        std::vector<bitcoin::NewTransaction> all = {
            bitcoin::coinbase(static_cast<std::uint32_t>(height++), {{5'000'000'000, "\x51"}})};
        std::vector<const PlanTransaction*> plans = {nullptr};
        for (const PlanTransaction& tx : transactions) {
            all.push_back(encode_transaction(tx, txids));
            txids[tx.number] = bitcoin::txid(all.back());
            plans.push_back(&tx);
        }
        auto block = bitcoin::Block::decode(bitcoin::serialize_block({}, all));
        if (!block) throw std::logic_error("the plan's block does not decode: " + block.error().reason);
        out.push_back({std::move(*block), std::move(plans)});
    }
    return out;
}

}  // namespace warpshrew::test
