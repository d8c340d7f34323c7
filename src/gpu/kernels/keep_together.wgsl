// Lanes that came apart find each other again: of those that execute together, the ones in the innermost frame that are
// furthest behind go first, and the others wait. Now and then all go, so that no lane waits for ever. While they are
// together, that is looked at every few turns.
var<private> turn_mask: u32;
fn looks_up(turn: u32) -> bool { return (turn & turn_mask) == 0u; }
fn waits(turn: u32) -> bool {
    let together = subgroupAll(pc == subgroupBroadcastFirst(pc));
    turn_mask = select(0u, turns_together - 1u, together);
    if (together) { return false; }
    let innermost = subgroupMax(base);
    let behind = subgroupMin(select(none, pc, base == innermost));
    return (base != innermost || pc != behind) && (turn & 63u) != 63u;
}
