// Arithmetic on 64-bit integers as contracts use it: one lane mixes its input for ROUNDS rounds. src/gpu/selftest_kernel.cpp has the same in C++.

@group(0) @binding(0) var<storage, read> seeds: array<u64>;
@group(0) @binding(1) var<storage, read_write> sums: array<u64>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let lane = id.x;
    if (lane >= arrayLength(&seeds)) { return; }
    var a = seeds[lane];
    var sum = u64(lane);
    for (var i = 0u; i < ROUNDS; i++) {
        sum = sum * 0xd1342543de82ef95lu + a;
        a = a ^ (sum >> (i & 63u));
        a = (a << 13u) | (a >> 51u);
        sum = sum - (a / ((sum & 0x0000fffffffffffflu) | 1lu));
        sum = sum ^ (a % ((sum >> 40u) | 3lu));
        if (i64(a) < i64(sum)) { sum = sum + u64(countLeadingZeros(u32(a >> 32u))); }
    }
    sums[lane] = sum;
}
