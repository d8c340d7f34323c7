// Each lane goes on whatever the others do: where there are no operations on groups of lanes, or where waiting costs more
// than it saves, for every lane pays for every instruction anyway.
fn turns_until_next_look(turn: u32, left: u32) -> u32 { return left; }
