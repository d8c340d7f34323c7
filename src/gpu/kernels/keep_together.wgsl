// Lanes that came apart find each other again: of those that execute together, the ones in the innermost frame that are
// furthest behind go first, and the others wait. Now and then all go, so that no lane waits for ever.
fn waits(turn: u32) -> bool {
    let innermost = subgroupMax(base);
    let behind = subgroupMin(select(none, pc, base == innermost));
    return (base != innermost || pc != behind) && (turn & 63u) != 63u;
}
