"""What the chain generators share: transactions and envelopes of gen.py, a chain writer, and hand-written contracts in WAT (the ABI of
../../spec/alkanes-vm.md 3)."""
import hashlib
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..'), HERE]
import gen
from protorune import compact, sha256d


def block(height, prev, txs):
    """raw block of serialized (transaction, txid) pairs, the coinbase first"""
    header = struct.pack('<I', 0x20000000) + prev + gen.merkle([i for _, i in txs]) + struct.pack('<III', 1700000000 + height, 0x207fffff, 0)
    return header + compact(len(txs)) + b''.join(t for t, _ in txs), sha256d(header)


class Chain:
    """writes OUT_DIR/HEIGHT.blk and OUT_DIR/blocks.sha256"""
    def __init__(self, out, seed, start=0):
        self.out, self.seed, self.height, self.prev, self.n, self.sums = out, seed, start, bytes(32), 0, []
        self.R = random.Random(seed)
        os.makedirs(out, exist_ok=True)
        self.open()

    def open(self):
        self.txs = [gen.tx([(bytes(32), 0xffffffff, gen.push(self.height.to_bytes(4, 'little')))], [(5000000000, gen.p2tr(b'cb%d' % self.height))])]

    def close(self):
        raw, self.prev = block(self.height, self.prev, self.txs)
        with open('%s/%d.blk' % (self.out, self.height), 'wb') as f: f.write(raw)
        self.sums.append(hashlib.sha256(raw).hexdigest())
        with open(self.out + '/blocks.sha256', 'w') as f: f.write('\n'.join(self.sums) + '\n')
        self.height += 1
        self.open()

    def tx(self, script, ins=None, outputs=1, witnesses=None):
        """a transaction with `outputs` payments and, last, the OP_RETURN `script`; its txid"""
        self.n += 1
        salt = b'%d/%d' % (self.seed, self.n)
        ins = ins or [gen.prev(salt)]
        outs = [(546, gen.p2tr(salt + bytes([i]))) for i in range(outputs)] + ([(0, script)] if script is not None else [])
        t = gen.tx(ins, outs, (witnesses or []) + [gen.SIG] * (len(ins) - len(witnesses or [])))
        self.txs.append(t)
        return t[1]


def stone(*cell, pointer=0, refund=0, edicts=()):
    """ints of a protostone with a message"""
    return gen.protostone_ints(gen.cellpack(cell), pointer, refund, edicts)


# ---------------------------------------------------------------- serializations (3.3)
SELECTOR = bytes.fromhex('08c379a0')
def u(*x): return b''.join(v.to_bytes(16, 'little') for v in x)
def parcel(*t): return u(len(t), *[y for x in t for y in x])
def blob(b): return struct.pack('<I', len(b)) + b
def smap(kv): return struct.pack('<I', len(kv)) + b''.join(blob(k.encode()) + blob(v) for k, v in sorted(kv.items()))


# ---------------------------------------------------------------- WAT
IMPORTS = {'abort': '(param i32 i32 i32 i32)', '__load_storage': '(param i32 i32)(result i32)', '__request_storage': '(param i32)(result i32)', '__log': '(param i32)',
           '__balance': '(param i32 i32 i32)', '__request_context': '(result i32)', '__load_context': '(param i32)(result i32)', '__sequence': '(param i32)',
           '__fuel': '(param i32)', '__height': '(param i32)', '__returndatacopy': '(param i32)', '__load_transaction': '(param i32)',
           '__load_block': '(param i32)', '__request_transaction': '(result i32)', '__request_block': '(result i32)',
           '__call': '(param i32 i32 i32 i64)(result i32)', '__delegatecall': '(param i32 i32 i32 i64)(result i32)', '__staticcall': '(param i32 i32 i32 i64)(result i32)'}


def buffer(at, b):
    """data segment of a buffer whose pointer is at+4"""
    return '(data (i32.const %d) "%s")' % (at, '\\' + blob(b).hex('\\'))


def contract(body, data='', alkanes=(), storage={}, out=SELECTOR, extra='', memory='(memory (export "memory") 2)'):
    """a contract whose response is `alkanes`, `storage`, `out`, then what `body` appends with $put32, $put64, $putm; `body` ends with (call $ret).
    With a first input of 0 it does nothing, so that it can be deployed and funded. $i, $r are locals. With the default `out` the response text is seen on failure too."""
    imports = ''.join(f'(import "env" "{n}" (func ${n} {t}))\n' for n, t in IMPORTS.items())
    head = parcel(*alkanes) + smap(storage) + out
    return f'''(module {imports} {memory} (global $p (mut i32) (i32.const {70000 + len(head)})) {data} {extra} {buffer(39000, bytes(20))} {buffer(69996, head)}
(func $put32 (param i32) (i32.store (global.get $p) (local.get 0)) (global.set $p (i32.add (global.get $p)(i32.const 4))))
(func $put64 (param i64) (i64.store (global.get $p) (local.get 0)) (global.set $p (i32.add (global.get $p)(i32.const 8))))
(func $putm (param i32 i32) (memory.copy (global.get $p)(local.get 0)(local.get 1)) (global.set $p (i32.add (global.get $p)(local.get 1))))
(func $ret (result i32) (i32.store (i32.const 69996) (i32.sub (global.get $p)(i32.const 70000))) (i32.const 70000))
(func (export "__execute") (result i32) (local $i i32)(local $r i32)
 (drop (call $__load_context (i32.const 40004)))
 (if (i64.eqz (i64.load (i32.add (i32.const 40100) (i32.mul (i32.const 48) (i32.load (i32.const 40084)))))) (then (return (i32.const 39004))))
 {body}))'''


def constant(response):
    """a module without imports whose response is these bytes"""
    return '(module (memory (export "memory") 2)' + buffer(1000, response) + '(func (export "__execute")(result i32) (i32.const 1004)))'


def envelope(*pushes, head=b'\x00\x63', tag=b'BIN', tail=b'\x68'):
    """witness script; an int is an opcode"""
    return head + gen.push(tag) + b''.join(gen.push(p) if isinstance(p, bytes) else bytes([p]) for p in pushes) + tail
