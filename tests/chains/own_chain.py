#!/usr/bin/env python3
"""own_chain.py OUT_DIR SEED BLOCKS [CONTRACTS_DIR]: a random regtest chain from height 0 over our own contracts (CONTRACTS_DIR/*.wasm, default ../data/contracts).

Block 0 is empty, block 1 deploys, the others hold random transactions: clones, mints, transfers with edicts and odd pointers, calls with incoming tokens,
refunds, several protostones in a transaction, pools, proxies, upgrades, merkle claims, every opcode of the host exerciser, loops that run out of fuel,
etchings and mints of runes, malformed stones, special targets. The generator knows what most transactions do (balances, pools, numbers of new contracts), so
that about 73 % of the messages succeed. With or without a genesis token at 2:0: its mints fail without. The same arguments give the same blocks (another
zlib may change the envelopes).

Writes OUT_DIR/HEIGHT.blk, OUT_DIR/blocks.sha256 and OUT_DIR/cases.txt: `height index txid kind expected`, one result a message: + succeeds, - fails, ? either.
"""
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'model', 'chains')]
from lib import Chain, gen

AUTH, FREE, OWNED, NFT, POOL, FACTORY, PROXY, UPGRADEABLE, MERKLE, HOST, BURNER = ((4, n) for n in (0xffed, *range(100, 110)))
GENESIS, PRECOMPILE, MAX = (2, 0), 800000000, (1 << 128) - 1
DEPLOYMENTS = ((AUTH, 'auth_token'), (FREE, 'free_mint'), (OWNED, 'owned_token'), (NFT, 'nft'), (POOL, 'amm_pool'), (FACTORY, 'amm_factory'), (PROXY, 'proxy'),
               (UPGRADEABLE, 'upgradeable'), (MERKLE, 'merkle_distributor'), (HOST, 'host_exerciser'), (BURNER, 'fuel_burner'))


class Revert(Exception): pass
class Pool: pass
def refuse(): raise Revert


def clean(d): return {k: v for k, v in d.items() if v}


def plus(*ds):
    out = {}
    for d in ds:
        for k, v in d.items(): out[k] = out.get(k, 0) + v
    return clean(out)


def word(s): return int.from_bytes(s.encode(), 'little')


def root_of(n):
    x, y = n, n // 2 + 1
    while y < x: x, y = y, (y + n // y) // 2
    return x


def stone(cell=None, pointer=0, refund=0, edicts=()):
    if cell is not None: return gen.protostone_ints(gen.cellpack(cell), pointer, refund, edicts)
    return gen.protostone_ints(b'', pointer, refund, edicts) if edicts else [91, pointer]


# ---------------------------------------------------------------- merkle trees of contracts/merkle_distributor.cpp
def sha(b): return hashlib.sha256(b).digest()
def leaf(i, amount): return sha(b'\0' + i.to_bytes(16, 'little') + amount.to_bytes(16, 'little'))
def words(h): return [int.from_bytes(h[:16], 'little'), int.from_bytes(h[16:], 'little')]


def tree(amounts):
    """root, and the proof of each index"""
    level, proofs, at = [leaf(i, a) for i, a in enumerate(amounts)], [[] for _ in amounts], list(range(len(amounts)))
    while len(level) > 1:
        for i in range(len(amounts)): proofs[i].append(level[at[i] ^ 1])
        level = [sha(b'\1' + level[i] + level[i + 1]) for i in range(0, len(level), 2)]
        at = [x // 2 for x in at]
    return level[0], proofs


class Own(Chain):
    def __init__(self, out, seed, contracts):
        super().__init__(out, seed)
        self.wasm = {}
        for _, name in DEPLOYMENTS:
            with open(os.path.join(contracts, name + '.wasm'), 'rb') as f: self.wasm[name] = f.read()
        self.coins, self.wild, self.log = {}, [], []      # outputs with what they hold, outputs with who knows what
        self.sequence, self.free, self.owned, self.pools, self.proxies, self.upgradeables, self.merkles = 1, [], [], [], [], [], []
        self.etched = []

    # ---------------------------------------------------------------- transactions
    def add(self, kind, stones, ins=(), outputs=({},), expect='', witnesses=None, pointer=0):
        """a transaction; outputs: what each holds afterwards, None if that is not known"""
        script = gen.runestone(stones, pointer) if isinstance(stones, list) else stones
        txid = self.tx(script, [(t, v, b'') for t, v in ins] or None, len(outputs), witnesses)
        self.log.append('%d %d %s %s %s' % (self.height, len(self.txs) - 1, txid[::-1].hex(), kind, expect))
        for i, held in enumerate(outputs):
            if held is None: self.wild.append((txid, i))
            elif clean(held): self.coins[txid, i] = clean(held)
        return txid

    def pick(self, need):
        """outputs that cover `need`, and the change; None if there are none"""
        left, ins, have = dict(need), [], {}
        order = list(self.coins)
        self.R.shuffle(order)
        for op in order:
            if all(v <= 0 for v in left.values()): break
            held = self.coins[op]
            if any(left.get(t, 0) > 0 for t in held):
                ins.append(op)
                have = plus(have, held)
                for t, v in held.items(): left[t] = left.get(t, 0) - v
        if any(v > 0 for v in left.values()): return None
        for op in ins: del self.coins[op]
        return ins, plus(have, {t: -v for t, v in need.items()})

    def send(self, kind, cell, need, result, witnesses=None):
        """a call with tokens: `result()` gives what comes out, or raises Revert; the change goes to output 1"""
        picked = self.pick(need) if need else ([], {})
        if picked is None: return None
        ins, change = picked
        try: out, ok = result(), True
        except Revert: out, ok = need, False
        if not change and self.R.random() < .7:
            refund = self.R.randint(0, 1)
            return self.add(kind, [stone(cell, 0, refund)], ins, [out, {}] if ok or refund == 0 else [{}, out], '+' if ok else '-', witnesses)
        edicts = [(*t, v, 5) for t, v in need.items()]            # 5: the second stone, behind three outputs and the first
        return self.add(kind, [stone(None, 1, 0, edicts), stone(cell, 0, 0)], ins, [out, change], '+' if ok else '-', witnesses)

    def total(self, token): return sum(held.get(token, 0) for held in self.coins.values())
    def next_id(self):
        self.sequence += 1
        return 2, self.sequence - 1

    # ---------------------------------------------------------------- set-up
    def deploy(self, name, cell, out=None):
        return self.add('deploy ' + name, [stone(cell)], outputs=[out or {}], expect='+', witnesses=[[gen.envelope(self.wasm[name]), b'']])

    def set_up(self):
        R = self.R
        first = {'auth_token': ([0, 5], {AUTH: 5}), 'free_mint': ([0, 1000, 50000, 0, word('Free'), word(' Mint'), word('FREE')], {FREE: 1000}),
                 'owned_token': None, 'nft': ([0], {NFT: 1}), 'amm_pool': ([99], {}), 'amm_factory': ([0, 6, POOL[1]], {}), 'proxy': ([0], {PROXY: 1}),
                 'upgradeable': None, 'merkle_distributor': ([99], {}), 'host_exerciser': ([0], {}), 'fuel_burner': ([0], {})}
        for id, name in DEPLOYMENTS:
            if name == 'owned_token':
                auth = self.next_id()
                self.deploy(name, [3, id[1], 0, 3, 1000000], {auth: 3, id: 1000000})
                self.owned.append((id, auth))
            elif name == 'upgradeable':
                auth = self.next_id()
                self.deploy(name, [3, id[1], 0x7fff, *FREE, 2], {auth: 2})
                self.upgradeables.append(dict(id=id, auth=auth, code='free', set=False))
            else: self.deploy(name, [3, id[1], *first[name][0]], first[name][1])
        self.proxies.append(PROXY)
        self.free.append(dict(id=FREE, value=50000, left=MAX))
        id = self.next_id()
        self.deploy('free_mint', [1, 0, 0, 0, 10**6, 0, word('Second'), 0, word('SEC')])
        self.free.append(dict(id=id, value=10**6, left=MAX))
        for k in range(3): self.clone_free(6, FREE[1], 10**9, MAX)
        self.host = [HOST, self.next_id()]
        self.deploy('host_exerciser', [1, 0, 0])
        for t in self.free[2:]:
            for _ in range(3): self.mint_free(t)

    # ---------------------------------------------------------------- tokens
    def clone_free(self, block, n, value=None, cap=None):
        R = self.R
        value, cap = value or R.choice([1, 1000, 10**8]), cap or R.choice([0, 2, 5, 10**6])
        units = R.choice([0, 1, 5000])
        id = self.next_id()
        self.free.append(dict(id=id, value=value, left=cap or MAX))
        self.add('clone free mint', [stone([block, n, 0, units, value, cap, word('Token %d' % id[1]), 0, word('T%d' % id[1])] + ([word('some data')] if R.random() < .3 else []))],
                 outputs=[{id: units}], expect='+')

    def mint_free(self, t=None):
        t = t or self.R.choice(self.free)
        ok = t['left'] > 0
        t['left'] -= ok
        self.add('free mint', [stone([*t['id'], 77])], outputs=[{t['id']: t['value'] * ok}], expect='+' if ok else '-')

    def new_token(self):
        R = self.R
        k = R.random()
        if k < .5: self.clone_free(*R.choice([(6, FREE[1]), (5, self.free[1]['id'][1])]))
        elif k < .7:
            id = self.next_id()
            self.add('clone nft', [stone([6, NFT[1], 0])], outputs=[{id: 1}], expect='+')
        elif k < .8:
            id, auth = self.next_id(), self.next_id()
            units = R.randint(1, 3)
            self.owned.append((id, auth))
            self.add('clone owned token', [stone([6, OWNED[1], 1, units, 500, word('Owned'), word(' token'), word('OT')])], outputs=[{auth: units, id: 500}], expect='+')
        elif k < .9:
            id = self.next_id()
            self.proxies.append(id)
            self.add('clone proxy', [stone([6, PROXY[1], 0])], outputs=[{id: 1}], expect='+')
        else:
            id, auth = self.next_id(), self.next_id()
            self.upgradeables.append(dict(id=id, auth=auth, code='host', set=False))
            self.add('clone upgradeable', [stone([6, UPGRADEABLE[1], 0x7fff, *HOST, 2])], outputs=[{auth: 2}], expect='+')

    def several_mints(self):
        """stones of one transaction; a mint that fails leaves no fuel to those behind it"""
        R = self.R
        stones, held, expect, alive = [], {}, '', True
        for _ in range(R.randint(2, 5)):
            t = R.choice(self.free)
            if R.random() < .1:
                stones.append(stone([2, 1 << 60, 1]))
                alive, expect = False, expect + '-'
                continue
            stones.append(stone([*t['id'], 77]))
            ok = alive and t['left'] > 0
            if ok:
                t['left'] -= 1
                held = plus(held, {t['id']: t['value']})
            alive, expect = ok, expect + '-+'[ok]
        self.add('several mints', stones, outputs=[held], expect=expect)

    def genesis(self):
        stones = [stone([*GENESIS, 77])] * self.R.choice([1, 1, 2])
        self.add('genesis token', stones, outputs=[None], expect='?' * len(stones))

    def owner(self):
        R = self.R
        id, auth = R.choice(self.owned)
        n, k = R.randint(1, 10**6), R.random()
        if k < .5: self.send('owner mints', [*id, 77, n], {auth: 1}, lambda: {auth: 1, id: n})
        elif k < .7:
            have = self.total(id)
            if have: self.send('burn', [*id, 88], {id: R.randint(1, have)}, dict)
        elif k < .85: self.add('mint without the auth token', [stone([*id, 77, n])], expect='-')
        else: self.send('authenticate', [*auth, 1], {auth: 1}, lambda: {auth: 1})

    # ---------------------------------------------------------------- moves
    def move(self):
        R = self.R
        if not self.coins: return
        ins = R.sample(list(self.coins), min(len(self.coins), R.randint(1, 3)))
        rest = plus(*[self.coins.pop(i) for i in ins])
        n = R.randint(1, 4)
        outputs, edicts, pointer = [{} for _ in range(n)], [], R.randrange(n)
        for t in sorted(rest):
            if R.random() < .7: edicts.append((*t, R.choice([0, 1, rest[t] // 3, rest[t] // 2, rest[t] * 2]), R.choice([*range(n), n + 1])))
        for b, t, amount, to in edicts:
            have = rest[b, t]
            if to < n: given = {to: min(have, amount or have)}
            elif amount == 0: given = {i: have // n + (i < have % n) for i in range(n)}
            else:
                given, left = {}, have
                for i in range(n):
                    given[i] = min(left, amount)
                    left -= given[i]
            for i, v in given.items():
                outputs[i] = plus(outputs[i], {(b, t): v})
                rest[b, t] -= v
        outputs[pointer] = plus(outputs[pointer], rest)
        self.add('move', [stone(None, pointer, 0, edicts)], ins, outputs)

    def odd_move(self):
        """pointers and edicts to anything; nobody keeps count of what comes out"""
        R = self.R
        ins = [self.coins and R.choice(list(self.coins)), self.wild and R.choice(self.wild)]
        ins = [i for i in ins if i][:R.randint(1, 2)]
        for i in ins:
            self.coins.pop(i, None)
            if i in self.wild: self.wild.remove(i)
        n, k = R.randint(1, 3), R.randint(1, 3)
        to = lambda: R.choice([*range(n), n, n + 1, n + 2, n + 1 + k, n + 2 + k, 200])
        tokens = [t['id'] for t in self.free] + [GENESIS]
        stones = []
        for _ in range(k):
            edicts = [(*R.choice(tokens), R.choice([0, 1, 1000, 10**9, MAX]), to()) for _ in range(R.randint(0, 2))]
            stones.append(stone(R.choice([None, [*R.choice([f for f in self.free if f['left'] > 1 << 100])['id'], 77], [*R.choice(self.host), 0], [*R.choice(self.host), 56]]), to(), to(), edicts))
        self.add('odd move', stones, ins, [None] * n, '?' * k, pointer=R.choice([0, 0, n - 1]))

    def chained_stones(self):
        """a mint whose tokens go to the next stone, and from there to an output"""
        R = self.R
        t = R.choice(self.free)
        if not t['left']: return
        t['left'] -= 1
        fails = R.random() < .3
        stones = [stone([*t['id'], 77], 5, 0), stone([*R.choice(self.host), 56 if fails else 0], 0, 1)]      # 5: the second stone
        held = {t['id']: t['value']}
        self.add('mint into the next stone', stones, outputs=[{}, held] if fails else [held, {}], expect='+-' if fails else '++')

    def spend_wild(self):
        R = self.R
        if not self.wild: return
        ins = [self.wild.pop(R.randrange(len(self.wild))) for _ in range(min(len(self.wild), R.randint(1, 2)))]
        self.add('spend what is not known', [stone([*R.choice(self.host), R.choice([0, 1, 56])], R.randint(0, 1), R.randint(0, 1))], ins, [None, None], '?')

    # ---------------------------------------------------------------- pools
    def pairs(self): return [t['id'] for t in self.free if self.total(t['id']) > 5000]

    def create_pool(self):
        R, tokens = self.R, self.pairs()
        if len(tokens) < 2: return
        a, b = R.sample(tokens, 2)
        x, y = R.randint(2000, self.total(a)), R.randint(2000, self.total(b))
        there = any({p.a, p.b} == {a, b} for p in self.pools)
        def run():
            if there: raise Revert
            p = Pool()
            p.id, p.a, p.b, p.x, p.y, p.supply = self.next_id(), a, b, x, y, root_of(x * y)
            self.pools.append(p)
            return {p.id: p.supply - 1000}
        self.send('create pool', [*FACTORY, 1, *a, *b], {a: x, b: y}, run)

    def swap(self):
        R = self.R
        if not self.pools: return self.create_pool()
        p = R.choice(self.pools)
        forth = R.random() < .5
        t, o = (p.a, p.b) if forth else (p.b, p.a)
        have = self.total(t)
        if not have: return self.mint_free(next(f for f in self.free if f['id'] == t))
        v = R.randint(1, max(1, min(have, (p.x if forth else p.y) // R.choice([3, 20, 100]))))
        r_in, r_out = (p.x, p.y) if forth else (p.y, p.x)
        out = v * 997 * r_out // (r_in * 1000 + v * 997)
        least = R.choice([0, 0, out, out, out + 1])
        def run():
            if out == 0 or out < least: raise Revert
            if forth: p.x, p.y = p.x + v, p.y - out
            else: p.x, p.y = p.x - out, p.y + v
            return {o: out}
        direct = R.random() < .4
        self.send('swap', [*p.id, 3, least] if direct else [*FACTORY, 13, *t, *o, least], {t: v}, run)

    def liquidity(self):
        R = self.R
        if not self.pools: return self.create_pool()
        p = R.choice(self.pools)
        x = min(self.total(p.a), p.x // R.choice([2, 10, 50]))
        y = min(self.total(p.b), x * p.y // p.x + R.choice([0, 1, 1000]))
        if not x or not y: return
        def run():
            shares = min(x * p.supply // p.x, y * p.supply // p.y)
            if not shares: raise Revert
            used = [-(-shares * r // p.supply) for r in (p.x, p.y)]
            p.x, p.y, p.supply = p.x + used[0], p.y + used[1], p.supply + shares
            return plus({p.id: shares}, {p.a: x - used[0]}, {p.b: y - used[1]})
        self.send('add liquidity', [*p.id, 1] if R.random() < .4 else [*FACTORY, 11, *p.a, *p.b], {p.a: x, p.b: y}, run)

    def burn_shares(self):
        R = self.R
        if not self.pools: return
        p = R.choice(self.pools)
        have = self.total(p.id)
        if not have: return
        v = R.randint(1, have)
        def run():
            x, y = v * p.x // p.supply, v * p.y // p.supply
            p.x, p.y, p.supply = p.x - x, p.y - y, p.supply - v
            return plus({p.a: x}, {p.b: y})
        self.send('burn shares', [*p.id, 2] if R.random() < .4 else [*FACTORY, 12, *p.a, *p.b], {p.id: v}, run)

    def bad_pool_calls(self):
        R = self.R
        t = R.choice(self.free)['id']
        cell = R.choice([[*FACTORY, 13, *t, 2, 9999, 1], [*FACTORY, 1, *t, *t], [*FACTORY, 0, 6, 1], [*POOL, 3, 1], [*FACTORY, 77]])
        self.send('bad pool call', cell, {t: 1} if self.total(t) else {}, refuse)

    # ---------------------------------------------------------------- proxies
    def proxy(self):
        R = self.R
        id = R.choice(self.proxies)
        t = R.choice([f for f in self.free if f['left']])
        k = R.random()
        if k < .35:
            def run():
                t['left'] -= 1
                return {id: 1, t['id']: t['value']}
            self.send('proxy call', [*id, 3, *t['id'], 1, 77], {id: 1}, run)
        elif k < .5: self.send('proxy staticcall', [*id, 5, *t['id'], 1, R.choice([77, 99, 101])], {id: 1}, lambda: {id: 1})
        elif k < .7: self.send('proxy delegatecall', [*id, 4, *R.choice(self.host), 3, 8, R.randint(1, 9), R.randint(1, 99)], {id: 1}, lambda: {id: 1})
        elif k < .85:
            self.send('proxy call fails', [*id, R.choice([3, 4, 5]), *R.choice([HOST, FREE, (2, 99999)]), 1, 56], {id: 1}, refuse)
        else: self.add('proxy without its token', [stone([*id, 3, *t['id'], 1, 77])], expect='-')

    def upgrade(self):
        R = self.R
        u = R.choice(self.upgradeables)
        k = R.random()
        if k < .3:
            def run():
                u['code'] = 'host' if u['code'] == 'free' else 'free'
                return {u['auth']: 1}
            self.send('upgrade', [*u['id'], 0x7ffe, *(HOST if u['code'] == 'free' else FREE)], {u['auth']: 1}, run)
        elif k < .4: self.add('upgrade without the auth token', [stone([*u['id'], 0x7ffe, *HOST])], expect='-')
        elif u['code'] == 'free':
            if not u['set']:
                u['set'] = True
                self.add('delegate initialize', [stone([*u['id'], 0, 700, 300, 0, word('Up'), 0, word('UP')])], outputs=[{u['id']: 700}], expect='+')
            else: self.add('delegate mint', [stone([*u['id'], 77])], outputs=[{u['id']: 300}], expect='+')
        else: self.add('delegate store', [stone([*u['id'], *R.choice([[8, 1, 2], [9, 1], [4], [6], [25, 3]])])], expect='+')

    # ---------------------------------------------------------------- merkle distributors
    def merkle(self):
        R = self.R
        if len(self.merkles) < 2 or R.random() < .08:
            tokens = self.pairs()
            if not tokens: return
            t = R.choice(tokens)
            amounts = [R.randint(1, 300) for _ in range(1 << R.randint(0, 4))]
            root, proofs = tree(amounts)
            end = R.choice([self.height + 3, 100])
            def run():
                id = self.next_id()
                self.merkles.append(dict(id=id, token=t, amounts=amounts, proofs=proofs, end=end, claimed=set(), left=sum(amounts)))
                return {}
            return self.send('new distributor', [6, MERKLE[1], 0, *t, end, *words(root)], {t: sum(amounts)}, run)
        m = R.choice(self.merkles)
        i = R.randrange(len(m['amounts']))
        amount, proof, kind = m['amounts'][i], list(m['proofs'][i]), R.random()
        good = kind < .7
        if not good:
            if kind < .8: amount += 1
            elif kind < .9 and proof: proof[R.randrange(len(proof))] = sha(b'wrong')
            else: proof.append(bytes(32))
        ok = good and i not in m['claimed'] and self.height <= m['end']
        if ok: m['claimed'].add(i)
        self.add('claim', [stone([*m['id'], 1, i, amount, len(proof), *[w for h in proof for w in words(h)]])], outputs=[{m['token']: amount} if ok else {}], expect='+' if ok else '-')

    # ---------------------------------------------------------------- host functions
    def host_call(self):
        R = self.R
        id = R.choice(self.host)
        any_id = lambda: R.choice([t['id'] for t in self.free] + [HOST, FACTORY, GENESIS, (2, 9999)])
        fine = [[0], [1], [2], [3], [4], [5], [6], [7, *any_id(), *any_id()], [8, R.randint(0, 5), R.randint(0, MAX)], [9, R.randint(0, 5)], [10, R.randint(0, 5)], [11], [12], [13],
                [14, R.randint(0, 5), R.choice([0, 100, 3000])], [15, 3, R.randint(1, 99)], [20, *R.choice(self.host), 2, 9, 1], [21, *HOST, 3, 8, 7, R.randint(1, 9)],
                [22, *R.choice(self.host), 3, 8, 2, 9], [24, *R.choice(self.free)['id'], 101], [25, R.choice([1, 2, 5])], [30, 0], [30, 1], [30, 2], [30, 3],
                [60, R.choice([0, 1, 100, 10**6])], [61, R.choice([0, 1000, 50000])], [63, *any_id(), 0], [66, 4], [20, *R.choice(self.free)['id'], 1, 99],
                [20, *self.host[1], 7, 20, *HOST, 3, 8, R.randint(1, 5), 5], [22, 6, R.choice([POOL[1], FREE[1], NFT[1]]), 1, 99]]
        bad = [[23, 2, 9999, 1], [23, *HOST, 56], [26, *HOST], [30, 4], [30, MAX], [40, R.choice([0, 3, MAX, 512 * 65536])], [41, R.choice([0, 3, 0x7fffff00])], [42, R.choice([0, 3])],
               [43, 0], [44, 0], [46], [47, R.choice([0, 3, 1 << 31])], [50], [51], [52], [53], [54], [55], [56], [63, *FACTORY, 5], [64, 1], [99], [25, 30], [20, *HOST, 1, 51],
               [21, *HOST, 1, 56], [22, *HOST, 2, 53, 0], [20, 6, 99999, 0], [20, 7, 7, 0], [20, *HOST, 99]]
        if R.random() < .8: return self.add('host call', [stone([*id, *R.choice(fine)])], expect='+')
        self.add('failing host call', [stone([*id, *R.choice(bad)])], expect='-')

    def host_tokens(self):
        """tokens through calls"""
        R, tokens = self.R, self.pairs()
        if not tokens: return
        t = R.choice(tokens)
        v, k = R.randint(1, self.total(t)), R.random()
        back = lambda: {t: v}
        if k < .4: self.send('tokens through a call', [*HOST, 20, *self.host[1], 1, R.choice([0, 1])], {t: v}, back)
        elif k < .5: self.send('tokens beside a staticcall', [*HOST, 22, *self.host[1], 1, 0], {t: v}, back)
        elif k < .6: self.send('tokens shown to a delegatecall', [*HOST, 21, *self.host[1], 1, 65], {t: v}, back)
        elif k < .7: self.send('tokens kept', [*HOST, 65], {t: min(v, 100)}, dict)
        elif k < .85:
            self.send('tokens refunded', [*HOST, R.choice([51, 56, 64, 20, 99])], {t: v}, refuse)
        else:
            n = R.randint(1, 1000)
            def own(): return {t: v, self.host[1]: n}
            self.send('own token minted', [*self.host[1], 62, n], {t: v}, own)

    def burner(self):
        R = self.R
        cell, ok = R.choice([([1, 10000], 1), ([1, 100000], 1), ([2, 3], 1), ([2, 540], 1), ([3, 20], 1), ([4, 60], 1), ([5, 10, 100], 1), ([6, 100], 1), ([1, 10**9], 0), ([2, 700], 0),
                             ([3, 10**6], 0), ([5, 10, 20000], 0), ([6, 5000], 0), ([0], 1)])
        self.add('burn fuel', [stone([*BURNER, *cell])], expect='-+'[ok])

    def special(self):
        R = self.R
        t = R.choice([(0, 0), (0, 5), (1, 1), (1, 0), (2, 5000), (3, 100), (3, 777), (7, 0), (8, 0), (8, 8), (31, 0), (32, 0), (33, 0), (PRECOMPILE, 0), (4, 7), (5, 9999), (6, 3), (MAX, MAX)])
        self.add('special target', [stone([*t, R.randint(0, 99)])], expect='-')

    def malformed(self):
        R = self.R
        raw = R.choice([b'\x80' * 15, b'\x04', b'\xff' * 18 + b'\x04\x02', b'\x04\x32\x01' + bytes(11) + b'\x80', bytes(R.getrandbits(8) for _ in range(20))])
        k = R.random()
        if k < .4: self.add('bad calldata', [gen.protostone_ints(raw)], expect='?')
        elif k < .6: self.add('odd protostone', [[R.choice([81, 91, 93, 95, 0]), R.getrandbits(8), R.choice([81, 7])]], outputs=[None], expect='?')
        elif k < .8: self.add('garbage runestone', b'\x6a\x5d' + gen.push(bytes(R.getrandbits(8) for _ in range(R.randint(1, 40)))), outputs=[None], expect='?')
        else: self.add('no runestone', None)

    def rune(self):
        """etchings without a name need no commitment; mints of them"""
        R = self.R
        if self.height in (2, 4): return                 # a rune 2:n or 4:n would keep the contract of that number from minting
        if not self.etched or R.random() < .3:
            pairs = [2, R.choice([1, 3]), 6, R.randint(0, 10**6), 22, R.choice([0, 0, 1])]
            pairs += [10, R.randint(1, 1000), 8, R.randint(1, 5)] if pairs[1] & 2 else []
            pairs += [5, R.choice([65, 0x1f600])] if R.random() < .8 else []
            pairs += [1, R.choice([2, 38]), 3, 5] if R.random() < .5 else []
            self.etched.append((self.height, len(self.txs)))
        else:
            b, t = R.choice(self.etched)
            pairs = [20, b, 20, t, 22, 0]
        self.add('rune', b'\x6a\x5d' + gen.push(b''.join(map(gen.leb, pairs))), outputs=[None, None], expect='')

    def run(self, blocks):
        R = self.R
        self.close()
        self.set_up()
        self.close()
        kinds = ((self.mint_free, 10), (self.new_token, 5), (self.several_mints, 4), (self.genesis, 3), (self.owner, 4), (self.move, 8), (self.odd_move, 3), (self.chained_stones, 2),
                 (self.spend_wild, 2), (self.create_pool, 2), (self.swap, 9), (self.liquidity, 4), (self.burn_shares, 3), (self.bad_pool_calls, 1), (self.proxy, 4), (self.upgrade, 4),
                 (self.merkle, 5), (self.host_call, 9), (self.host_tokens, 4), (self.burner, 2), (self.special, 2), (self.malformed, 2), (self.rune, 2))
        for _ in range(2, blocks):
            for _ in range(R.randint(20, 40)): R.choices([f for f, _ in kinds], [w for _, w in kinds])[0]()
            self.close()
        with open(self.out + '/cases.txt', 'w') as f: f.write('\n'.join(self.log) + '\n')
        print(self.out, blocks, 'blocks', self.n, 'transactions')


if __name__ == '__main__':
    Own(sys.argv[1], int(sys.argv[2]), sys.argv[4] if len(sys.argv) > 4 else os.path.join(HERE, '..', 'data', 'contracts')).run(int(sys.argv[3]))
