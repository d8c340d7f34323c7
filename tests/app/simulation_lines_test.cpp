// Lines of bulk simulations: what is a call, what is not and why, and the lines that answer them.
#include "app/simulation_lines.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "bitcoin/encode.hpp"

namespace warpshrew::test {
namespace {

using app::read_simulation_call;
using nlohmann::json;

TEST(SimulationLines, EveryMemberIsRead) {
    bitcoin::NewTransaction tx;
    tx.outputs = {{546, "\x51"}};
    const Bytes raw_block = bitcoin::serialize_block({}, {bitcoin::coinbase(7, {{1, "\x51"}})});
    const json line = {{"target", "2:340282366920938463463374607431768211455"},
                       {"inputs", {"77", 5, "340282366920938463463374607431768211455", 9007199254740992}},
                       {"tokens", {{{"id", "2:0"}, {"value", "5"}}, {{"value", 6}, {"id", "4:1"}}}},
                       {"vout", 4294967295},
                       {"transaction", to_hex(bitcoin::serialize(tx))},
                       {"block", "0x" + to_hex(raw_block)},
                       {"fuel", "18446744073709551615"}};
    const auto call = read_simulation_call(line.dump() + "\r");
    ASSERT_TRUE(call) << call.error().reason;
    EXPECT_EQ(call->target, (protorune::RuneId{2, u128_max}));
    EXPECT_EQ(call->inputs, (std::vector<u128>{77, 5, u128_max, 9007199254740992}));
    EXPECT_EQ(call->tokens, (std::vector<protorune::RuneTransfer>{{{2, 0}, 5}, {{4, 1}, 6}}));
    EXPECT_EQ(call->vout, 4294967295);
    EXPECT_EQ(call->transaction->get().raw, bitcoin::serialize(tx));
    EXPECT_EQ(call->block->raw(), raw_block);
    EXPECT_EQ(call->fuel, 18446744073709551615U);
}

TEST(SimulationLines, AllButTargetAndInputsIsOptional) {
    const auto call = read_simulation_call(R"( {"inputs": [], "target": "0002:0"} )");
    ASSERT_TRUE(call) << call.error().reason;
    EXPECT_EQ(call->target, (protorune::RuneId{2, 0}));
    EXPECT_TRUE(call->inputs.empty() && call->tokens.empty());
    EXPECT_FALSE(call->transaction || call->block || call->fuel);
    // Nothing is what the view has where nothing is given.
    const auto empty =
        read_simulation_call(R"({"target":"2:0","inputs":[],"transaction":"","block":"0x","tokens":[]})");
    ASSERT_TRUE(empty) << empty.error().reason;
    EXPECT_FALSE(empty->transaction || empty->block);
}

TEST(SimulationLines, WhatIsNoCallSaysWhyAndWhere) {
    const auto with = [](const std::string& member) { return R"({"target":"2:1","inputs":["77"],)" + member + "}"; };
    const auto inputs = [](const std::string& list) { return R"({"target":"2:1","inputs":[)" + list + "]}"; };
    const std::vector<std::pair<std::string, std::string>> lines = {
        {"", "the line is empty"},
        {" \t\r", "the line is empty"},
        {"5", "a number is not what belongs here"},
        {"null", "null is not what belongs here"},
        {"\"2:1\"", "a string is not what belongs here"},
        {"[]", "an array is not what belongs here"},
        {"{}", "target is missing"},
        {R"({"target":"2:1"})", "inputs is missing"},
        {R"({"inputs":[]})", "target is missing"},
        {R"({"target":"2","inputs":[]})", "target: not an id such as \"2:1\""},
        {R"({"target":"2:","inputs":[]})", "target: not an id such as \"2:1\""},
        {R"({"target":":1","inputs":[]})", "target: not an id such as \"2:1\""},
        {R"({"target":"2:1:1","inputs":[]})", "target: not an id such as \"2:1\""},
        {R"({"target":"-2:1","inputs":[]})", "target: not an id such as \"2:1\""},
        {R"({"target":"2:340282366920938463463374607431768211456","inputs":[]})", "target: not an id such as \"2:1\""},
        {R"({"target":2,"inputs":[]})", "target: a number is not what belongs here"},
        {R"({"target":["2:1"],"inputs":[]})", "target: an array is not what belongs here"},
        {R"({"target":"2:1","inputs":"77"})", "inputs: a string is not what belongs here"},
        {R"({"target":"2:1","inputs":{}})", "inputs: an object is not what belongs here"},
        {R"({"target":"2:1","inputs":null})", "inputs: null is not what belongs here"},
        {inputs(R"("77","0x5")"), "inputs[1]: not a decimal integer below 2^128"},
        {inputs(R"("")"), "inputs[0]: not a decimal integer below 2^128"},
        {inputs(R"("340282366920938463463374607431768211456")"), "inputs[0]: not a decimal integer below 2^128"},
        {inputs("1,2,-3"), "inputs[2]: a negative number is not what belongs here"},
        {inputs("1.0"), "inputs[0]: a number that is not an integer below 2^64 is not what belongs here"},
        {inputs("18446744073709551616"),
         "inputs[0]: a number that is not an integer below 2^64 is not what belongs here"},
        {inputs("9007199254740993"), "inputs[0]: integers above 2^53 must be strings"},
        {inputs("1e999"), "not JSON at byte 30: number overflow parsing"},
        {inputs("true"), "inputs[0]: true or false is not what belongs here"},
        {inputs("[1]"), "inputs[0]: an array is not what belongs here"},
        {inputs("{}"), "inputs[0]: an object is not what belongs here"},
        {with(R"("tokens":{})"), "tokens: an object is not what belongs here"},
        {with(R"("tokens":["2:1"])"), "tokens[0]: a string is not what belongs here"},
        {with(R"("tokens":[[]])"), "tokens[0]: an array is not what belongs here"},
        {with(R"("tokens":[{"id":"2:1"}])"), "tokens[0].value is missing"},
        {with(R"("tokens":[{"id":"2:1","value":1},{"value":1}])"), "tokens[1].id is missing"},
        {with(R"("tokens":[{"id":"21","value":1}])"), "tokens[0].id: not an id such as \"2:1\""},
        {with(R"("tokens":[{"id":5,"value":1}])"), "tokens[0].id: a number is not what belongs here"},
        {with(R"("tokens":[{"id":"2:1","value":"-1"}])"), "tokens[0].value: not a decimal integer below 2^128"},
        {with(R"("tokens":[{"id":"2:1","value":[1]}])"), "tokens[0].value: an array is not what belongs here"},
        {with(R"("tokens":[{"id":"2:1","value":1,"x":1}])"), "tokens[0]: there is no member x"},
        {with(R"("tokens":[{"id":"2:1","id":"2:1"}])"), "tokens[0].id: given twice"},
        {with(R"("vout":4294967296)"), "vout: not below 2^32"},
        {with(R"("fuel":"18446744073709551616")"), "fuel: not below 2^64"},
        {with(R"("fuel":18446744073709551615)"), "fuel: integers above 2^53 must be strings"},
        {with(R"("transaction":5)"), "transaction: a number is not what belongs here"},
        {with(R"("transaction":"02000")"), "transaction: odd number of hex digits at digit 5"},
        {with(R"("transaction":"020g")"), "transaction: not a hex digit at digit 3"},
        {with(R"("transaction":"02000000")"), "transaction: unexpected end at its byte 4"},
        {with(R"("block":"00")"), "block: unexpected end at its byte 0"},
        {with(R"("target":"2:1")"), "target: given twice"},
        {with(R"("Fuel":1)"), "there is no member Fuel"},
        {with(R"("":1)"), "there is no member "},
        {with("\"" + std::string(100, 'x') + "\":1"), "there is no member " + std::string(40, 'x') + "…"},
        {R"({"target":"2:1","inputs":[])",
         "not JSON at byte 27: syntax error while parsing object - unexpected end of input"},
        {R"({"target":"2:1","inputs":[]} {})",
         "not JSON at byte 29: syntax error while parsing value - unexpected '{'"},
        {R"({target:"2:1"})", "not JSON at byte 2: syntax error while parsing object key - invalid literal"},
        {"{\"target\":\"\xff\"}",
         "not JSON at byte 11: syntax error while parsing value - invalid string: ill-formed UTF-8 byte"},
        {std::string("\0\0", 2), "not JSON at byte 0: a zero byte"},
        {R"({"target":"2:1","inputs":[]})" + std::string("\0x", 2), "not JSON at byte 28: a zero byte"},
    };
    for (const auto& [line, reason] : lines) {
        const auto call = read_simulation_call(line);
        ASSERT_FALSE(call) << line;
        EXPECT_EQ(call.error().reason, reason) << line;
        Bytes answer;
        app::append_invalid_line(answer, 12, call.error());
        EXPECT_EQ(answer.find('\n'), answer.size() - 1);
        const json out = json::parse(answer);
        EXPECT_EQ(out.at("status"), "invalid");
        EXPECT_EQ(out.at("line"), 12);
        EXPECT_EQ(out.at("error"), reason);
    }
    // Deep nesting is refused where it begins: nothing recurses, and nothing is kept.
    EXPECT_FALSE(read_simulation_call(R"({"target":)" + std::string(5'000'000, '[')));
    EXPECT_FALSE(read_simulation_call(std::string(5'000'000, '[')));
}

TEST(SimulationLines, AnswersHoldEverything) {
    app::SimulationResult result;
    result.simulation.response.alkanes = {{{2, 1}, 5}, {{2, u128_max}, u128_max}};
    result.simulation.response.data = Bytes("\0\xff", 2);
    result.simulation.gas_used = 9007199254740992;
    result.writes = {{"a", "1"}, {"b", ""}};
    Bytes out;
    app::append_simulation_result(out, 1, result);
    EXPECT_EQ(
        out, R"({"line":1,"status":"success","fuel":9007199254740992,"tokens":[{"id":"2:1","value":"5"},)"
             R"({"id":"2:340282366920938463463374607431768211455","value":"340282366920938463463374607431768211455"}],)"
             R"("data":"00ff","writes":[["61","31"],["62",""]],"error":null})"
             "\n");
    out.clear();
    result = {};
    result.simulation.gas_used = 9007199254740993;
    app::append_simulation_result(out, 9007199254740993, result);
    EXPECT_EQ(out, R"({"line":"9007199254740993","status":"success","fuel":"9007199254740993","tokens":[],"data":"",)"
                   R"("writes":[],"error":null})"
                   "\n");
    out.clear();
    app::append_simulation_result(out, 2, fail("no \"\n\xff"));
    EXPECT_EQ(out, R"({"line":2,"status":"failure","fuel":0,"tokens":[],"data":"","writes":[],"error":"no \"\n)"
                   "\xef\xbf\xbd\"}\n");
}

}  // namespace
}  // namespace warpshrew::test
