#!/usr/bin/env python3
"""check_own_chain.py OUT_DIR [GENESIS_TOKEN.wasm]: index a chain of own_chain.py with the model and compare every message's result with cases.txt. Prints the share of
messages that succeed, by kind; exit code 1 if a result is not the one that the generator meant."""
import collections
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'model')]
import alkanes
from model import changes
from views import fields, one


def outcome(trace):
    """whether the message succeeded, and the text of its failure"""
    events = [fields(e) for _, e in fields(trace)]
    kind, last = events[-1][0][0], fields(events[-1][0][1])
    data = one(fields(one(last, 2, b'')), 3, b'')
    return kind == 2 and not one(last, 1, 0), data[4:].decode('utf8', 'replace')


def run(folder, genesis):
    blocks, h = [], 0
    while os.path.exists('%s/%d.blk' % (folder, h)):
        with open('%s/%d.blk' % (folder, h), 'rb') as f: blocks.append(f.read())
        h += 1
    indexer = alkanes.Indexer('regtest', alkanes.Builtins(None, {(2, 0): genesis} if genesis else {}), alkanes.Compiler())
    store, _ = changes(indexer, 0, blocks)
    traces = collections.defaultdict(list)
    for k in sorted(store.d):
        if k.startswith(b'/trace/') and len(k) == 43: traces[k[7:39][::-1].hex()].append((k[39:], store.d[k]))
    kinds, bad = collections.defaultdict(collections.Counter), 0
    with open(folder + '/cases.txt') as f: lines = f.read().splitlines()
    for line in lines:
        height, index, txid, rest = line.split(' ', 3)
        kind, expect = rest.rsplit(' ', 1)
        seen = [outcome(t) for _, t in sorted(traces[txid])]
        got = ''.join('-+'[ok] for ok, _ in seen)
        for r in got: kinds[kind][r] += 1
        kinds[kind]['without a trace'] += max(0, len(expect) - len(got))
        if '?' in expect or got == expect or not got and '+' not in expect: continue
        bad += 1
        print('height %s, transaction %s, %s: expected %s, got %s %s' % (height, index, kind, expect, got, [text for ok, text in seen if not ok][:2]))
    total = sum(kinds.values(), collections.Counter())
    for kind in sorted(kinds): print('  %-32s %s' % (kind, dict(+kinds[kind])))
    print('%s: %d keys, %s, %.0f %% of the messages succeed; %d are not as meant' % (folder, len(store.d), dict(+total), 100 * total['+'] / max(1, sum(total.values())), bad))
    return bad


if __name__ == '__main__':
    sys.exit(1 if alkanes.run_deep(lambda: run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)) else 0)
