#!/usr/bin/env python3
"""differential.py --kind own|contract_edges|protorune_edges --seeds A-B (--live | --digests FILE | --write FILE) [--warpshrew BIN]
                [--network N --start H] [--blocks K] [--jobs J]: random chains, indexed by warpshrew and by the model (../model).

--live      index every chain with both and compare key by key; says at which height and keys they first differ
--digests   index with warpshrew only and compare with the digests in FILE (../data/chains/digests.txt)
--write     write those lines, computed by the model alone

A line is `kind network start blocks seed blocks-digest store-digest`. The blocks' digest is the SHA-256 of blocks.sha256: if it differs, another zlib or
generator made other blocks, and nothing is said about the indexer. The store's is the SHA-256 of the dump (`hexkey hexvalue` a line, sorted by key) in which
the stored code of built-in contracts is decompressed, since compressors differ.

Networks: mainnet and regtest without built-in contracts, and regtest-genesis, which is regtest with contracts/genesis_token.wasm of ../data as 2:0. Without
--network and --start each seed has its own (plan). Needs Python 3.11 with wasmtime 50.0.1. Exit code 1 on any difference.
"""
import argparse
import concurrent.futures
import gzip
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL, DATA = os.path.join(HERE, '..', 'model'), os.path.join(HERE, '..', 'data')
CONTRACTS = os.path.join(DATA, 'contracts')
GENESIS_TOKEN = os.path.join(CONTRACTS, 'genesis_token.wasm')
MAINNET_STARTS = (879400, 879994, 899081, 908882, 913294, 917882, 943494, 949994, 950558, 956994, 959994, 975000)
BUILTINS = ((2, 0), (32, 0), (32, 1))
MARKERS = {b'/alkanes/' + b.to_bytes(16, 'little') + t.to_bytes(16, 'little') for b, t in BUILTINS}


def plan(kind, seed):
    """network and start height of a seed"""
    if kind == 'contract_edges': return 'regtest', 0
    if kind == 'own': return ('regtest', 'regtest-genesis')[seed % 2], 0
    k = seed % (len(MAINNET_STARTS) + 1)
    return ('mainnet', MAINNET_STARTS[k]) if k < len(MAINNET_STARTS) else ('regtest', 0)


def generate(out, kind, network, start, blocks, seed):
    """makes a chain: its block files, and the digest of its blocks"""
    script, arguments = {'own': (os.path.join(HERE, 'own_chain.py'), [seed, blocks, CONTRACTS]),
                         'contract_edges': (os.path.join(MODEL, 'chains', 'contract_edges.py'), [seed, blocks]),
                         'protorune_edges': (os.path.join(MODEL, 'chains', 'protorune_edges.py'), [seed, blocks, start, network])}[kind]
    subprocess.run([sys.executable, '-B', script, out, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    with open(out + '/blocks.sha256', 'rb') as f: digest = hashlib.sha256(f.read()).hexdigest()
    return ['%s/%d.blk' % (out, h) for h in range(start, start + blocks)], digest


def shown(k, v):
    """a value as the digest takes it"""
    return gzip.decompress(v) if k in MARKERS and v[:2] == b'\x1f\x8b' else v


def digest_of(store):
    h = hashlib.sha256()
    for k in sorted(store): h.update(b'%s %s\n' % (k.hex().encode(), store[k].hex().encode()))
    return h.hexdigest()


def model_stores(network, start, files):
    """what each height changes, by the model: [(height, {key: value})]"""
    sys.path[:0] = [MODEL]
    import alkanes
    from model import changes
    genesis = {(2, 0): GENESIS_TOKEN} if network == 'regtest-genesis' else {}
    indexer = alkanes.Indexer(network.split('-')[0], alkanes.Builtins(None, genesis), alkanes.Compiler())
    blocks = []
    for path in files:
        with open(path, 'rb') as f: blocks.append(f.read())
    deltas = alkanes.run_deep(lambda: changes(indexer, start, blocks)[1])
    return [(h, {k: shown(k, v) for k, v in d.items()}) for h, d in deltas]


def profile(out, network):
    """the network's profile for warpshrew; the built-in contracts that the model leaves out are left out"""
    builtins = {'%d:%d' % id: None for id in BUILTINS}
    if network == 'regtest-genesis': builtins['2:0'] = os.path.abspath(GENESIS_TOKEN)
    path = out + '/network.json'
    with open(path, 'w') as f: json.dump({'base': network.split('-')[0], 'builtins': builtins}, f)
    return path


class Warpshrew:
    def __init__(self, program, out, network):
        self.program, self.shared = program, ['--db-path', out + '/db', '--network', profile(out, network)]

    def run(self, *arguments):
        r = subprocess.run([self.program, *arguments, *self.shared], capture_output=True)
        if r.returncode: raise RuntimeError('%s: exit code %d: %s' % (' '.join(arguments)[:80], r.returncode, r.stderr.decode('utf8', 'replace')[-400:]))
        return r.stdout

    def index(self, start, files, execution): self.run('index', *execution, '--start-block', str(start), '--block-files', *files)

    def dump(self, height=None):
        store = {}
        for line in self.run('db', 'dump', *(['--height', str(height)] if height is not None else [])).decode().splitlines():
            k, v = map(bytes.fromhex, line.split(' '))
            store[k] = shown(k, v)
        return store


def first_difference(w, deltas, limit=8):
    want = {}
    for h, d in deltas:
        want.update(d)
        got = w.dump(h)
        bad = sorted(k for k in want.keys() | got.keys() if want.get(k) != got.get(k))
        if bad:
            text = lambda v: 'absent' if v is None else v.hex() if len(v) < 200 else '%s... (%d bytes)' % (v[:200].hex(), len(v))
            return 'height %d, %d keys differ:\n' % (h, len(bad)) + '\n'.join('  %r\n    model     %s\n    warpshrew %s' % (k, text(want.get(k)), text(got.get(k))) for k in bad[:limit])
    return 'the last stores differ, but no height does'


# Chains of even seeds are indexed with all messages executed ahead of their turn, those of odd ones in order.
ahead = ['--executor', 'cpu', '--threads', '2', '--speculate', 'all', '--verify', 'none']


def one(mode, program, kind, network, start, blocks, seed, expected):
    """(seed, line or None, problem or None)"""
    with tempfile.TemporaryDirectory() as out:
        files, blocks_digest = generate(out, kind, network, start, blocks, seed)
        deltas = store = None
        if mode != 'digests':
            deltas, store = model_stores(network, start, files), {}
            for _, d in deltas: store.update(d)
        line = lambda digest: ' '.join(map(str, (kind, network, start, blocks, seed, blocks_digest, digest)))
        if mode == 'write': return seed, line(digest_of(store)), None
        if mode == 'digests' and expected[0] != blocks_digest: return seed, None, 'the generator makes other blocks than when the digests were written'
        w = Warpshrew(program, out, network)
        try:
            w.index(start, files, ahead if seed % 2 == 0 else [])
            got = w.dump()
            if mode == 'live': problem = None if got == store else first_difference(w, deltas)
            else: problem = None if digest_of(got) == expected[1] else 'the store is not the expected one (--live says where)'
        except (RuntimeError, ValueError) as e: problem = str(e)
        return seed, line(digest_of(got)) if problem is None else None, problem


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--warpshrew', metavar='BIN')
    p.add_argument('--kind', choices=('own', 'contract_edges', 'protorune_edges'), required=True)
    p.add_argument('--seeds', required=True, metavar='A-B')
    p.add_argument('--network', choices=('mainnet', 'regtest', 'regtest-genesis'))
    p.add_argument('--start', type=int, metavar='H')
    p.add_argument('--blocks', type=int, default=12, metavar='K')
    p.add_argument('--jobs', type=int, default=1, metavar='J')
    mode = p.add_mutually_exclusive_group(required=True)
    mode.add_argument('--live', action='store_true')
    mode.add_argument('--digests', metavar='FILE')
    mode.add_argument('--write', metavar='FILE')
    a = p.parse_args()
    if (a.network is None) != (a.start is None): p.error('--network and --start go together')
    if not a.write and not a.warpshrew: p.error('--warpshrew is missing')
    mode = 'live' if a.live else 'write' if a.write else 'digests'
    known = {}
    if a.digests:
        with open(a.digests) as f:
            for line in f:
                x = line.split()
                known[tuple(x[:5])] = x[5:]
    first, _, last = a.seeds.partition('-')
    done, bad, skipped = 0, 0, 0
    # a process a chain: compiled contracts take maps of memory, of which a process may have 65,530
    with concurrent.futures.ProcessPoolExecutor(a.jobs, multiprocessing.get_context('spawn'), max_tasks_per_child=1) as pool:
        waiting = []
        for seed in range(int(first), int(last or first) + 1):
            network, start = (a.network, a.start) if a.network else plan(a.kind, seed)
            expected = known.get(tuple(map(str, (a.kind, network, start, a.blocks, seed))))
            if mode == 'digests' and expected is None:
                skipped += 1
                continue
            waiting.append(pool.submit(one, mode, a.warpshrew, a.kind, network, start, a.blocks, seed, expected))
        for w in waiting:
            seed, line, problem = w.result()
            done += 1
            if problem:
                bad += 1
                print('%s seed %d: %s' % (a.kind, seed, problem), flush=True)
            elif mode == 'write':
                with open(a.write, 'a') as f: f.write(line + '\n')
    print('%s: %d chains, %d differ%s' % (a.kind, done, bad, ', %d without a digest' % skipped if skipped else ''))
    sys.exit(1 if bad or not done else 0)


if __name__ == '__main__':
    main()
