"""count_instructions.py CONTRACT.wasm : how many wasm operators one mint (opcode 77) of a free mint executes, behind its
initialization and a first mint. They are counted by wasmtime's fuel: 1 an operator, 0 for nop, drop, block, loop, else,
end, return and unreachable. The host gives the contract its storage and context and nothing else."""
import struct
import sys

import wasmtime

FUEL = 10**12


def run(engine, module, storage, number, inputs):
    store = wasmtime.Store(engine)
    store.set_fuel(FUEL)
    words = [2, 2, 0, 0, 3, 0] + inputs + [0] * (13 - len(inputs))  # calldata comes in groups of bytes, with zeros behind
    context = b''.join(x.to_bytes(16, 'little') for x in words)
    # One input, one output; the reference's contract mints once a transaction.
    transaction = bytes.fromhex('0200000001' + 36 * '00' + '00ffffffff01' + 8 * '00' + '0151') + struct.pack('<I', number)

    def read(caller, pointer):
        memory = caller['memory']
        size, = struct.unpack('<I', memory.read(caller, pointer - 4, pointer))
        return bytes(memory.read(caller, pointer, pointer + size))

    def give(caller, pointer, data):
        caller['memory'].write(caller, data, pointer)
        return pointer

    functions = {
        '__load_storage': lambda c, k, v: give(c, v, storage.get(read(c, k), b'')),
        '__request_storage': lambda c, k: len(storage.get(read(c, k), b'')),
        '__request_context': lambda c: len(context),
        '__load_context': lambda c, p: give(c, p, context),
        '__request_transaction': lambda c: len(transaction),
        '__load_transaction': lambda c, p: give(c, p, transaction) and None,
        '__height': lambda c, p: give(c, p, bytes(8)) and None,
        '__sequence': lambda c, p: give(c, p, bytes(16)) and None,
        '__fuel': lambda c, p: give(c, p, struct.pack('<Q', FUEL)) and None,
        '__log': lambda c, p: None,
    }
    linker = wasmtime.Linker(engine)
    for item in module.imports:
        if item.name in functions:
            linker.define_func(item.module, item.name, item.type, functions[item.name], access_caller=True)
    linker.define_unknown_imports_as_traps(module)
    exports = linker.instantiate(store, module).exports(store)
    pointer = exports['__execute'](store)
    used = FUEL - store.get_fuel()
    memory = exports['memory']
    size, = struct.unpack('<I', memory.read(store, pointer - 4, pointer))
    return used, bytes(memory.read(store, pointer, pointer + size))


def written(response):
    """The storage map of a response (alkanes: u128 n, n transfers of 48 bytes; u32 n, n times u32 size and key, u32 size and value)."""
    at = 16 + 48 * int.from_bytes(response[:16], 'little')
    count, = struct.unpack_from('<I', response, at)
    at += 4
    items = []
    for _ in range(2 * count):
        size, = struct.unpack_from('<I', response, at)
        items.append(response[at + 4:at + 4 + size])
        at += 4 + size
    return dict(zip(items[::2], items[1::2]))


def main():
    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    with open(sys.argv[1], 'rb') as f:
        module = wasmtime.Module(engine, f.read())
    storage = {}
    used = 0
    for number, inputs in enumerate(([0, 0, 5000, 100_000_000, 1, 2, 3], [77], [77])):
        used, response = run(engine, module, storage, number, inputs)
        storage.update(written(response))
    assert int.from_bytes(storage[b'/totalsupply'], 'little') == 10000
    print(used)


main()
