// What most instructions are: arithmetic on registers and small numbers, accesses to pages that the lane has, jumps and
// calls. They take this way, which does little else. Whatever turns out otherwise (`false`: nothing has changed) takes the
// general way, which says what instructions mean.
fn quick(i: vec4<u32>) -> bool {
    if ((i.x & instruction_quick) == 0u) { return false; }
    let a_is_register = (i.x & (operand_zero_extended << instruction_kind_of_a)) == 0u;
    let b_is_register = (i.x & (operand_zero_extended << instruction_kind_of_b)) == 0u;
    let a = registers[frame + select(0u, i.z, a_is_register) * group_lanes];
    let stored = registers[frame + select(0u, i.w, b_is_register) * group_lanes];
    let b = select(u64(i.w), stored, b_is_register);
    let op = i.x & (instruction_quick - 1u);
    if (op < op_copy_two) {
        if (op < op_load) { return quick_control(i, op, b); }
        return quick_access(i, op == op_store, select(i.z, u32(a & low_half), a_is_register), b);
    }
    if (op >= op_equal) { return quick_comparison(i, a, b); }

    let a_low = u32(a & low_half);
    let b_low = u32(b & low_half);
    let narrow = (i.x & instruction_narrow) != 0u;
    let extra = i.x >> instruction_extra_shift;
    var r = b;
    if (op == op_add) {
        r = a + b;
    } else if (op >= op_subtract) {
        if (op == op_bit_and) {
            r = a & b;
        } else if (op > op_bit_and) {
            r = (a ^ b) | (a & select(u64(0u), b, op == op_bit_or));
        } else {
            r = select(a, b, op == op_subtract_from) - select(b, a, op == op_subtract_from);
        }
    } else if (op != op_copy) {
        switch (op) {
            case op_copy_two: {
                registers[frame + extra * group_lanes] = b;
                registers[frame + i.y * group_lanes] = a;
                pc += 1u;
                return true;
            }
            case op_add_two: {
                let globals_base = select(globals, 0u, supervisor);
                let to_global = (i.x & instruction_to_global) != 0u;
                let added = addends(i);
                let v = read_operand((i.x >> instruction_kind_of_a) & 3u, i.z, globals_base) + u64(added.x);
                let w = read_operand((i.x >> instruction_kind_of_b) & 3u, i.w, globals_base) + u64(added.y);
                registers[register_base + (select(base, globals_base, to_global) + extra) * group_lanes] = w & low_half;
                registers[frame + (i.y & add_two_to_mask) * group_lanes] = v & low_half;
                pc += 1u;
                return true;
            }
            case op_choose: {
                if ((a_low == 0u) == ((i.x & instruction_if_set) != 0u)) {
                    r = u64(extra);
                    if ((i.x & instruction_is_signed) == 0u) { r = registers[frame + extra * group_lanes]; }
                }
                if (narrow) { r &= low_half; }
                registers[frame + i.y * group_lanes] = r;
                pc += 1u;
                return true;
            }
            case op_xor_rotated: {
                r = xor_rotated(i, a, b);
                if (narrow) { r &= low_half; }
                registers[frame + i.y * group_lanes] = r;
                pc += 1u;
                return true;
            }
            case op_multiply: { r = a * b; }
            case op_shift_left: { r = a << (b_low & select(63u, 31u, narrow)); }
            case op_shift_right: {
                let n = b_low & select(63u, 31u, narrow);
                if ((i.x & instruction_is_signed) == 0u) {
                    r = a >> n;
                } else if (narrow) {
                    r = u64(bitcast<u32>(bitcast<i32>(a_low) >> n));
                } else {
                    r = u64(i64(a) >> n);
                }
            }
            case op_rotate_left: {
                let width = select(64u, 32u, narrow);
                let n = b_low & (width - 1u);
                r = (a << n) | (a >> ((width - n) & 63u));
            }
            default: { return false; }
        }
    }
    if (narrow) { r &= low_half; }
    if ((i.x & instruction_jumps) != 0u) { return quick_jump(i, (u32(r & low_half) != 0u) == ((i.x & instruction_if_set) != 0u)); }
    registers[frame + i.y * group_lanes] = r;
    pc += bitcast<u32>(bitcast<i32>(i.x) >> instruction_extra_shift);
    return true;
}

fn quick_jump(i: vec4<u32>, jumps: bool) -> bool {
    let cost = u64(i.x >> instruction_extra_shift);
    if (!jumps) {
        pc += 1u;
    } else {
        if (fuel < cost) { return false; }
        fuel -= cost;
        pc += i.y;
    }
    return true;
}

fn quick_comparison(i: vec4<u32>, a: u64, b: u64) -> bool {
    let is_signed = (i.x & instruction_is_signed) != 0u;
    var below = false;
    var same = false;
    if ((i.x & instruction_narrow) != 0u) {
        let x = u32(a & low_half);
        let y = u32(b & low_half);
        below = select(x < y, bitcast<i32>(x) < bitcast<i32>(y), is_signed);
        same = x == y;
    } else {
        below = select(a < b, i64(a) < i64(b), is_signed);
        same = a == b;
    }
    let either = ((i.x & comparison_below) != 0u && below) || ((i.x & comparison_same) != 0u && same);
    let holds = either != ((i.x & comparison_opposite) != 0u);
    if ((i.x & instruction_jumps) != 0u) { return quick_jump(i, holds == ((i.x & instruction_if_set) != 0u)); }
    registers[frame + i.y * group_lanes] = select(u64(0u), u64(1u), holds);
    pc += bitcast<u32>(bitcast<i32>(i.x) >> instruction_extra_shift);
    return true;
}

fn quick_control(i: vec4<u32>, op: u32, b: u64) -> bool {
    let extra = i.x >> instruction_extra_shift;
    if (op == op_call) {
        let callee = pc + i.z;
        let f = code[callee];
        let further = i.y & record_field;
        let charge = u64(f.z >> descriptor_charge_shift);
        if ((f.w & descriptor_is_host) != 0u || base + further + (f.z & ((1u << descriptor_charge_shift) - 1u)) > parameters[parameter_lane_registers]) { return false; }
        if (!supervisor) {
            if (f.y > cells || depth >= max_depth || fuel < charge) { return false; }
            cells -= f.y;
            depth += 1u;
            fuel -= charge;
        }
        if (extra != 0u) { registers[frame + extra * group_lanes] = b; }
        base += further;
        frame += further * group_lanes;
        registers[frame - group_lanes] = u64(pc + 1u) | (u64(i.y) << 32u);
        pc = callee + f.x;
    } else if (op == op_give) {
        let kept = registers[frame - group_lanes];
        let high = u32(kept >> 32u);
        if (high >= record_from_contract) { return false; }
        if (!supervisor) {
            cells += i.y;
            depth -= 1u;
        }
        base -= high & record_field;
        frame -= (high & record_field) * group_lanes;
        pc = u32(kept & low_half);
        if (extra == 0u) { registers[frame + ((high >> record_to_shift) & record_field) * group_lanes] = b; }
    } else {
        let charge = op == op_charge;
        let cost = select(u64(extra), b, charge);
        if (fuel < cost) { return false; }
        fuel -= cost;
        pc += select(i.y, 1u, charge);
    }
    return true;
}

fn quick_access(i: vec4<u32>, stores: bool, a_low: u32, b: u64) -> bool {
    let extra = i.x >> instruction_extra_shift;
    let size = extra & access_size_mask;
    let b_low = u32(b & low_half);
    let summed = (extra & access_summed) != 0u;
    var first = a_low;
    var offset = select(i.w, i.y, stores);
    if (summed) {
        offset = extra >> access_offset_shift;
        if (!stores) {
            first += b_low;
        } else if ((extra & access_by_constant) != 0u) {
            first += i.y;
        } else {
            first += u32(registers[frame + i.y * group_lanes] & low_half);
        }
    }
    let at = first + offset;
    if (at < first || (at & ((1u << size) - 1u)) != 0u) { return false; }
    let p = at / memory_page_bytes;
    var n = 0u;
    if (supervisor) {
        let place = own_place(p);
        if (place >= read_only) { return false; }
        n = place / memory_page_words;
        if (stores) { own = max(own, all_pages - n); }
    } else {
        // A page that is being copied is in the table already. Behind the memory, pages have the keys of others.
        if (mode != 0u || at >= pages << 16u) { return false; }
        n = found(p);
        if (n >= max_lane_pages) {
            let place = look_up(p);
            if (place == none) { return false; }
            n = place / memory_page_words;
        }
    }
    let word = memory_base + (n * memory_page_words + ((at >> 2u) & (memory_page_words - 1u))) * group_lanes;
    let keeps_sign = (extra & access_sign) != 0u;
    let wide = (i.x & instruction_narrow) == 0u;
    if (size == 2u) {
        if (stores) {
            memories[word] = b_low;
        } else {
            let v = memories[word];
            registers[frame + i.y * group_lanes] = u64(v) | (u64(select(0u, bitcast<u32>(bitcast<i32>(v) >> 31u), keeps_sign && wide)) << 32u);
        }
    } else if (size == 3u) {
        if (stores) {
            memories[word] = b_low;
            memories[word + group_lanes] = u32(b >> 32u);
        } else {
            registers[frame + i.y * group_lanes] = u64(memories[word]) | (u64(memories[word + group_lanes]) << 32u);
        }
    } else {
        let shift = (at & 3u) * 8u;
        let unused = 32u - (8u << size);
        if (stores) {
            let mask = (none >> unused) << shift;
            memories[word] = (memories[word] & ~mask) | ((b_low << shift) & mask);
        } else {
            let v = memories[word] << (unused - shift);
            let low = select(v >> unused, bitcast<u32>(bitcast<i32>(v) >> unused), keeps_sign);
            registers[frame + i.y * group_lanes] = u64(low) | (u64(select(0u, bitcast<u32>(bitcast<i32>(v) >> 31u), keeps_sign && wide)) << 32u);
        }
    }
    let step = bitcast<u32>(bitcast<i32>(i.x) >> (instruction_extra_shift + access_offset_shift));
    if (!summed && step != 0u) { registers[frame + i.z * group_lanes] = u64(a_low + step); }
    pc += 1u;
    return true;
}
