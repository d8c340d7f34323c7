// Lanes that came apart find each other again: of those that execute together, the ones in the innermost frame that are
// furthest behind go first, one step at a time, and the others wait (0). Now and then all go, so that no lane waits for
// ever. Operations on groups of lanes are dear, and make the loop dear that they are in: lanes that are together go
// several steps before they look again.
fn turns_until_next_look(turn: u32, left: u32) -> u32 {
    if (subgroupAll(pc == subgroupBroadcastFirst(pc))) { return min(left, turns_together); }
    let innermost = subgroupMax(base);
    let behind = subgroupMin(select(none, pc, base == innermost));
    let waits = (base != innermost || pc != behind) && (turn & 63u) != 63u;
    return select(1u, 0u, waits);
}
