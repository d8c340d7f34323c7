#!/usr/bin/env python3
"""make_expected.py OUT_DIR SEED...             what tests/data/chains holds of chains of own_chain.py: blocks, expected stores, view calls
make_expected.py --check BIN DIR SEED...      index these blocks with warpshrew and compare the views' responses

Odd seeds have contracts/genesis_token.wasm as 2:0, even ones no built-in contract (as in differential.py). OUT_DIR gets, of each seed,
  own-SEED/HEIGHT.blk     12 blocks
  own-SEED.deltas.gz      lines `height hexkey value`: every key whose value a height changed; whole blocks and contract code as `sha256:...` (code decompressed)
  own-SEED.views.gz       lines `view height hexrequest hexresponse`: requests without the height in front, responses over the store as of that height; `-` is
                          empty, `error` a call that traps, `sha256:...` the digest of a response of more than 2,000 bytes
Everything but the blocks is computed by the model (../model).
"""
import gzip
import hashlib
import os
import random
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'model'), HERE]
import alkanes
import differential
import own_chain
from alkanes import p_bytes, p_len, p_u, pb_id, pb_transfer, pb_u128
from check import mask
from model import changes
from protorune import Block, DictStore, le, parse_id32
from views import Fail, Panic, Views

BLOCKS, NETWORK = 12, ('regtest', 'regtest-genesis')
TRUNCATED = b'\x0a\xff'


def outpoint(op, *more): return p_bytes(1, op[:32]) + p_u(2, le(op[32:])) + b''.join(more)
def tag(number, n): return p_len(number, pb_u128(n))


def parcel(cell, alkanes_in=(), tx=b'', block=b'', height=0, vout=0, raw=None):
    calldata = raw if raw is not None else b''.join(map(alkanes.varint, cell))
    return b''.join(p_len(1, pb_transfer(t)) for t in alkanes_in) + p_bytes(2, tx) + p_bytes(3, block) + p_u(4, height) + p_bytes(5, calldata) + p_u(7, vout)


def requests(R, store, height, blocks):
    """(view, request) over a store"""
    keys = sorted(store.d)
    def some(n, l): return R.sample(l, min(n, len(l)))
    def tails(prefix, length): return [k[len(prefix):] for k in keys if k.startswith(prefix) and len(k) == len(prefix) + length]
    created = [parse_id32(k) for k in tails(b'/alkanes_id_to_outpoint/', 32)]
    ids = created + [(2, 0), (2, 1 << 70), (4, 7), (32, 0), (0, 0)]
    # requests by id
    for id in ids:
        for view in ('getbytecode', 'getinventory', 'alkanes_id_to_outpoint'): yield view, p_len(1, pb_id(id))
        yield 'meta', parcel([*id])
        for opcode in (99, 100, 101, R.choice([77, 97, 102, 103, 104, 999, 1000, 3, 4])): yield 'simulate', parcel([*id, opcode], height=R.choice([0, height]))
    storage = [k for k in keys if k.startswith(b'/alkanes/') and k[41:50] == b'/storage/']
    for k in some(60, storage): yield 'getstorageat', p_len(1, pb_id(parse_id32(k[9:41]))) + p_bytes(2, k[50:])
    yield 'getstorageat', p_len(1, pb_id((4, 100))) + p_bytes(2, b'/missing')
    # simulations: tokens, transactions, creations, failures
    host, free, burner = own_chain.HOST, own_chain.FREE, own_chain.BURNER
    raw = R.choice(blocks[1:])
    txs = Block(raw).txs
    deployment = Block(blocks[1]).txs[2].raw
    for cell in ([*host, 0], [*host, 1], [*host, 2], [*host, 3], [*host, 4], [*host, 5], [*host, 6], [*host, 7, *free, *host], [*host, 13], [*host, 14, 1, 3000], [*host, 20, *host, 1, 1],
                 [*host, 21, *free, 1, 99], [*host, 22, *host, 3, 8, 1, 2], [*host, 25, 5], [*host, 25, 30], [*host, 30, 0], [*host, 30, 1], [*host, 30, 2], [*host, 30, 3], [*host, 30, 4], [*host, 40, 0],
                 [*host, 46], [*host, 50], [*host, 51], [*host, 52], [*host, 53], [*host, 54], [*host, 56], [*host, 60, 153], [*host, 62, 5], [*host, 63, *free, 5], [*host, 64, 1], [*burner, 1, 1000],
                 [*burner, 3, 3], [*burner, 6, 3000], [6, free[1], 0, 5, 6, 7, 8, 9, 10], [5, 1, 99], [6, 99999, 0], [5, 99999, 0], [1, 0, 0], [3, 5555, 0], [2, 99999, 0], [7, 7, 7], [8, 8, *free, 99],
                 [1, 5, 0], [800000000, 0], [(1 << 128) - 1, 0, 0]):
        yield 'simulate', parcel(cell, height=height)
        yield 'simulate', parcel(cell, some(2, [(free, 5), (host, 7), ((2, 1), 1 << 100)]), R.choice(txs).raw, raw, R.choice([0, height, height + 5]), R.randint(0, 9))
    for cell in ([1, 0, 0, 4, 5, 6], [3, 5556, 0], [6, own_chain.NFT[1], 0]): yield 'simulate', parcel(cell, tx=deployment, height=height)
    for raw_calldata in (b'', b'\x04', b'\x80', b'\xff' * 19 + b'\1\1', b'\x04\x64\x63' + bytes(12)): yield 'simulate', parcel([], raw=raw_calldata)
    yield 'meta', parcel([6, free[1], 0])
    yield 'meta', parcel([2, 99999])
    yield 'meta', parcel([], raw=b'')
    # traces, blocks
    for op in some(60, tails(b'/trace/', 36)): yield 'trace', outpoint(op)
    yield 'trace', outpoint(bytes(36))
    for h in (0, 1, height): yield 'getblock', p_u(1, h)
    for view in ('sequence', 'unwrap', 'traceblock'): yield view, b''
    # protorune
    outputs = tails(b'/output/byoutpoint/', 36)
    full = [op for op in outputs if store.get(b'/runes/proto/1/byoutpoint/' + op + b'/runes/length')]
    etched = [op for op in outputs if store.get(b'/runes/byoutpoint/' + op + b'/runes/length')]
    for op in some(30, full) + some(10, etched) + some(10, outputs) + [bytes(36)]:
        yield 'protorunesbyoutpoint', outpoint(op, tag(3, 1))
        yield 'runesbyoutpoint', outpoint(op)
    yield 'protorunesbyoutpoint', outpoint(full[0], tag(3, 0))
    yield 'protorunesbyoutpoint', outpoint(full[0], tag(3, 2))
    yield 'protorunesbyoutpoint', outpoint(full[0])
    prefix = b'/outpoint/byaddress/'
    addresses = [k[len(prefix):-len(b'/length')] for k in keys if k.startswith(prefix) and k.endswith(b'/length')]
    for a in some(25, addresses) + [b'', b'nobody']:
        yield 'runesbyaddress', p_bytes(1, a)
        for view in ('protorunesbyaddress', 'spendablesbyaddress'): yield view, p_bytes(1, a) + tag(2, R.choice([1, 1, 1, 0, 2]))
    yield 'protorunesbyaddress', p_bytes(1, addresses[0])
    yield 'protorunesbyaddress', p_bytes(1, b'nobody')
    for h in range(height + 2):
        yield 'runesbyheight', p_u(1, h)
        yield 'protorunesbyheight', p_u(1, h) + tag(2, 1)
    yield 'protorunesbyheight', p_u(1, 3)
    yield 'protorunesbyheight', p_u(1, 3) + tag(2, 7)
    # the reference traps on what the other views cannot decode, and where there is no block; the model does not say so
    for view in ('getbytecode', 'alkanes_id_to_outpoint', 'runesbyaddress', 'runesbyoutpoint', 'runesbyheight'): yield view, TRUNCATED
    yield 'nosuchview', b''


def view_line(views, name, height, request):
    try: r = views.call(name, height, request)
    except Panic: shown = 'error'
    else: shown = 'sha256:' + hashlib.sha256(r).hexdigest() if len(r) > 2000 else r.hex() or '-'
    return '%s %d %s %s\n' % (name, height, request.hex() or '-', shown)


def write(path, lines):
    """a gzip file without time and name in it"""
    with open(path, 'wb') as f, gzip.GzipFile('', 'wb', 9, f, 0) as z:
        for line in lines: z.write(line.encode())


def make(out, seed):
    name, network = 'own-%d' % seed, NETWORK[seed % 2]
    with tempfile.TemporaryDirectory() as folder:
        files, _ = differential.generate(folder, 'own', network, 0, BLOCKS, seed)
        os.makedirs(os.path.join(out, name), exist_ok=True)
        for f in files: shutil.copy(f, os.path.join(out, name))
    blocks = [open(os.path.join(out, name, '%d.blk' % h), 'rb').read() for h in range(BLOCKS)]
    builtins = alkanes.Builtins(None, {(2, 0): differential.GENESIS_TOKEN} if network == 'regtest-genesis' else {})
    indexer = alkanes.Indexer('regtest', builtins, alkanes.Compiler())
    _, deltas = changes(indexer, 0, blocks)
    write(os.path.join(out, name + '.deltas.gz'), ('%d %s %s\n' % (h, k.hex(), mask(k, d[k])) for h, d in deltas for k in sorted(d)))
    R, store, lines = random.Random(seed), DictStore(), []
    for h, d in deltas:
        for k, v in d.items(): store.set(k, v)
        views = Views(indexer, store)
        chosen = list(requests(R, store, h, blocks)) if h in (5, BLOCKS - 1) else [('traceblock', b''), ('sequence', b''), ('unwrap', b'')]
        lines += [view_line(views, view, h, request) for view, request in chosen]
    write(os.path.join(out, name + '.views.gz'), lines)
    print('%s: %d keys, %d views' % (name, sum(len(d) for _, d in deltas), len(lines)))


def check(program, folder, seed):
    network, bad, n = NETWORK[seed % 2], 0, 0
    with tempfile.TemporaryDirectory() as out:
        w = differential.Warpshrew(program, out, network)
        w.index(0, [os.path.join(folder, 'own-%d' % seed, '%d.blk' % h) for h in range(BLOCKS)])
        for line in gzip.open(os.path.join(folder, 'own-%d.views.gz' % seed), 'rt'):
            view, height, request, want = line.split()
            try:
                got = bytes.fromhex(w.run('view', view, request.replace('-', ''), '--height', height).decode().strip())
                got = 'sha256:' + hashlib.sha256(got).hexdigest() if want.startswith('sha256:') else got.hex() or '-'
            except RuntimeError as e: got = 'error'
            n += 1
            if got != want:
                bad += 1
                if bad <= 20: print('%s %s %s:\n  model     %s\n  warpshrew %s' % (view, height, request, want, got))
    print('own-%d: %d views, %d differ' % (seed, n, bad))
    return bad


if __name__ == '__main__':
    if sys.argv[1] == '--check': sys.exit(1 if sum(check(sys.argv[2], sys.argv[3], int(s)) for s in sys.argv[4:]) else 0)
    for s in sys.argv[2:]: alkanes.run_deep(lambda: make(sys.argv[1], int(s)))
