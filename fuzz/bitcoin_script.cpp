// Scripts: their instructions lie inside them and in order; addresses; the input as a witness of small elements.

#include <cstdlib>
#include <vector>

#include "bitcoin/address.hpp"
#include "bitcoin/script.hpp"

using namespace warpshrew;
using namespace warpshrew::bitcoin;

static void require(bool condition) {
    if (!condition) std::abort();
}

static void read_script(BytesView script) {
    ScriptReader reader(script);
    const char* position = script.data();
    bool ended = false;
    while (const std::optional<Instruction> i = reader.next()) {
        require(!ended);
        ended = i->kind == Instruction::Kind::error;
        if (i->kind != Instruction::Kind::push) continue;
        require(i->data.data() >= position && i->data.data() + i->data.size() <= script.data() + script.size());
        position = i->data.data() + i->data.size();
    }
    require(!reader.next().has_value());
}

static void read_address(BytesView script) {
    const std::string address = address_of(script, {"bcrt", 0x64, 0xc4});
    if (address.empty()) return;
    require(script.size() >= 4 && script.size() <= 42);
    const bool segwit = address.starts_with("bcrt1");
    require(segwit == (byte_at(script, 0) == 0 || (byte_at(script, 0) >= 0x51 && byte_at(script, 0) <= 0x60)));
}

static void read_witness(BytesView input) {
    std::vector<BytesView> witness;
    while (!input.empty() && witness.size() < 8) {
        const std::size_t size = std::min<std::size_t>(byte_at(input, 0), input.size() - 1);
        witness.push_back(input.substr(1, size));
        input.remove_prefix(1 + size);
    }
    if (const std::optional<BytesView> script = tapscript(witness)) {
        require(witness.size() >= 2);
        read_script(*script);
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView input = as_bytes(data, size);
    read_script(input);
    read_address(input);
    read_witness(input);
    return 0;
}
