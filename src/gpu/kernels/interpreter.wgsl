@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let lanes = parameters[parameter_lanes];
    let lane = id.x;
    if (lane >= lanes) { return; }
    let fresh = status_flags[lane_fresh * lanes + lane] != 0u;
    status = select(status_flags[lane_status * lanes + lane], status_running, fresh);
    if (status != status_running) { return; }
    let lane_registers = parameters[parameter_lane_registers];
    let lane_pages = parameters[parameter_lane_pages];
    all_pages = lane_pages;
    own_header = parameters[parameter_supervisor_module] * 4u;
    own_image_pages = own_header + code_words[own_header + header_image_pages];
    own_image_first = code_words[own_header + header_image_first];
    own_image_count = code_words[own_header + header_image_count];
    let supervisor_entry = parameters[parameter_supervisor_entry];
    let lane_output = parameters[parameter_lane_output];
    let lane_table = parameters[parameter_lane_table];
    let group = lane / group_lanes;
    let in_group = lane % group_lanes;
    register_base = group * lane_registers * group_lanes + in_group;
    memory_base = group * lane_pages * memory_page_words * group_lanes + in_group;
    table_base = group * (lane_table + lane_pages) * group_lanes + in_group;

    pc = status_flags[lane_pc * lanes + lane];
    base = status_flags[lane_base * lanes + lane];
    fuel = u64(status_flags[lane_fuel_low * lanes + lane]) | (u64(status_flags[lane_fuel_high * lanes + lane]) << 32u);
    module_header = status_flags[lane_module * lanes + lane];
    pages = status_flags[lane_memory * lanes + lane];
    supervisor = status_flags[lane_supervisor * lanes + lane] != 0u;
    if (fresh) {
        // What the host leaves out. It is read back below, as any lane's is: the compilers make the faster loop of that.
        status_flags[lane_detail * lanes + lane] = 0u;
        status_flags[lane_out * lanes + lane] = 0u;
        status_flags[lane_used * lanes + lane] = 0u;
        status_flags[lane_own * lanes + lane] = 0u;
        status_flags[lane_link * lanes + lane] = none;
        status_flags[lane_globals * lanes + lane] = 0u;
        // The root call's result takes a cell, and one is never used.
        status_flags[lane_cells * lanes + lane] = max_cells - 2u;
        status_flags[lane_depth * lanes + lane] = 0u;
        status_flags[lane_level * lanes + lane] = 0u;
        status_flags[lane_mode * lanes + lane] = 0u;
        status_flags[lane_page * lanes + lane] = 0u;
        status_flags[lane_probe * lanes + lane] = 0u;
        status_flags[lane_from * lanes + lane] = 0u;
        status_flags[lane_fresh * lanes + lane] = 0u;
        registers[register_base + (base - 1u) * group_lanes] = (u64(record_root) << 32u) | low_half;
    }
    detail = status_flags[lane_detail * lanes + lane];
    link = status_flags[lane_link * lanes + lane];
    globals = status_flags[lane_globals * lanes + lane];
    cells = status_flags[lane_cells * lanes + lane];
    depth = status_flags[lane_depth * lanes + lane];
    level = status_flags[lane_level * lanes + lane];
    used = status_flags[lane_used * lanes + lane];
    own = status_flags[lane_own * lanes + lane];
    mode = status_flags[lane_mode * lanes + lane];
    page = status_flags[lane_page * lanes + lane];
    probe = status_flags[lane_probe * lanes + lane];
    from_word = status_flags[lane_from * lanes + lane];
    out_words = status_flags[lane_out * lanes + lane];
    frame = register_base + base * group_lanes;
    forget_pages();
    load_header();

    let budget = parameters[parameter_budget];
    var steps = 0u;
    // No other loops: lavapipe counts the iterations of all of them.
    loop {
        if (steps >= budget || status != status_running) { break; }
        var turns = turns_until_next_look(steps, budget - steps);
        if (turns == 0u) { steps += 1u; }
        loop {
            if (turns == 0u) { break; }
            turns -= 1u;
            steps += 1u;
            let i = code[pc];
            if (quick(i)) { continue; }
            var op = i.x & (instruction_quick - 1u);
            if (mode != 0u) { op = mode; }
            let extra = i.x >> instruction_extra_shift;
            let globals_base = select(globals, 0u, supervisor);
            var a = read_operand((i.x >> instruction_kind_of_a) & 3u, i.z, globals_base);
            var b = read_operand((i.x >> instruction_kind_of_b) & 3u, i.w, globals_base);
            let narrow = (i.x & instruction_narrow) != 0u;
            let is_signed = (i.x & instruction_is_signed) != 0u;
            if (narrow && is_signed) {
                a = u64(i64(bitcast<i32>(u32(a & low_half))));
                b = u64(i64(bitcast<i32>(u32(b & low_half))));
            }
            let a_low = u32(a & low_half);
            let b_low = u32(b & low_half);

            var next = pc + 1u;
            var to = select(base, globals_base, (i.x & instruction_to_global) != 0u) + i.y;
            var r = u64(0u);
            let computes = op >= op_copy_two && op <= op_greater;
            var writes = computes;
            var cost = u64(0u);
            var trap = trap_none;
            var leaves = false;

            switch (op) {
                case op_charge: { cost = b; }
                case op_jump: {
                    next = pc + i.y;
                    cost = u64(extra);
                }
                case op_jump_table: { next = pc + 1u + min(a_low, i.w - 1u); }
                case op_call, op_call_table: {
                    let further = i.y & record_field;
                    var d = pc + i.z;
                    if (op == op_call_table) {
                        if (a_low >= table_size) {
                            trap = trap_table_out_of_bounds;
                        } else {
                            let e = code_words[table + a_low];
                            d = module_header + e;
                            if (e == 0u) { trap = trap_indirect_call_to_null; }
                        }
                    }
                    let f = code[d];
                    let is_host = (f.w & descriptor_is_host) != 0u;
                    if (trap == trap_none && op == op_call_table && (f.w & ~descriptor_is_host) != extra) { trap = trap_bad_signature; }
                    if (trap == trap_none && !supervisor && (f.y > cells || (!is_host && depth >= max_depth))) { trap = trap_stack_overflow; }
                    if (trap == trap_none) {
                        var callee = d;
                        if (is_host) { callee = supervisor_entry; }
                        let size = code[callee].z & ((1u << descriptor_charge_shift) - 1u);
                        let charge = u64(select(f.z >> descriptor_charge_shift, 0u, supervisor || is_host));
                        if (callee == 0u) {
                            status = status_handed_back;
                            detail = hand_back_no_host;
                        } else if (base + further + size > lane_registers) {
                            status = status_handed_back;
                            detail = hand_back_registers;
                        } else if (fuel < charge) {
                            trap = trap_out_of_fuel;
                        } else {
                            fuel -= charge;
                            var high = i.y;
                            if (op == op_call && extra != 0u) { registers[register_base + (base + extra) * group_lanes] = b; }
                            if (is_host) {
                                high |= record_from_contract;
                                registers[register_base + (base + further + 4u) * group_lanes] = u64(f.x);
                                supervisor = true;
                            } else if (!supervisor) {
                                cells -= f.y;
                                depth += 1u;
                            }
                            registers[register_base + (base + further - 1u) * group_lanes] = u64(next) | (u64(high) << 32u);
                            base += further;
                            next = callee + code[callee].x;
                        }
                    }
                }
                case op_give: {
                    let kept = registers[register_base + (base - 1u) * group_lanes];
                    let high = u32(kept >> 32u);
                    r = b;
                    if (high == record_root) {
                        leaves = true;
                    } else {
                        next = u32(kept & low_half);
                        if ((high & record_from_contract) != 0u) {
                            supervisor = false;
                        } else if (!supervisor) {
                            cells += i.y;
                            depth -= 1u;
                        }
                        base -= high & record_field;
                        to = base + ((high >> record_to_shift) & record_field);
                        writes = extra == 0u;
                    }
                }
                case op_trap: { trap = a_low; }
                case op_hand_back: {
                    status = status_handed_back;
                    detail = a_low;
                }
                case op_load, op_store: {
                    let stores = op == op_store;
                    let bytes = 1u << (extra & access_size_mask);
                    let of_contract = !supervisor || (extra & access_contract) != 0u;
                    let from_image = (extra & access_image) != 0u;
                    var first_part = a_low;
                    var second_part = select(i.w, i.y, stores);
                    if ((extra & access_summed) != 0u) {
                        if (!stores) {
                            first_part += b_low;
                        } else if ((extra & access_by_constant) != 0u) {
                            first_part += i.y;
                        } else {
                            first_part += u32(registers[register_base + (base + i.y) * group_lanes] & low_half);
                        }
                        second_part = extra >> access_offset_shift;
                    }
                    let at = u64(first_part) + u64(second_part);
                    if (of_contract && !from_image && at + u64(bytes) > (u64(pages) << 16u)) {
                        trap = trap_memory_out_of_bounds;
                    } else {
                        let at_low = u32(at & low_half);
                        let first = at_low >> 2u;
                        let last = (at_low + bytes - 1u) >> 2u;
                        let first_page = first / memory_page_words;
                        let last_page = last / memory_page_words;
                        var first_place = none;
                        var last_place = none;
                        if (from_image) {
                            first_place = read_only | (module_header * 4u + first_page * memory_page_words);
                            last_place = read_only | (module_header * 4u + last_page * memory_page_words);
                        } else if (of_contract) {
                            first_place = find(first_page);
                            if (first_place == none) { first_place = look_up(first_page); }
                            last_place = first_place;
                            if (last_page != first_page) { last_place = find(last_page); }
                        } else {
                            first_place = own_place(first_page);
                            last_place = own_place(last_page);
                            if (first_place == none || last_place == none) {
                                status = status_handed_back;
                                detail = hand_back_memory;
                            } else if (stores && first_place < read_only && last_place < read_only) {
                                own = max(own, lane_pages - min(first_place, last_place) / memory_page_words);
                            } else if (stores) {
                                status = status_fault;
                            }
                        }
                        // What is read only, and none as well, is at least read_only.
                        let limit = select(none, read_only, stores);
                        if (status != status_running) {
                            next = pc;
                        } else if (first_place >= limit || last_place >= limit) {
                            next = pc;
                            mode = op_find_page;
                            probe = 0u;
                            page = select(last_page, first_page, first_place >= limit) | select(0u, read_only, stores);
                        } else {
                            let shift = (at_low & 3u) * 8u;
                            let bits = bytes * 8u;
                            if (extra >> access_offset_shift != 0u && (extra & access_summed) == 0u) {
                                let stepped = a_low + bitcast<u32>(bitcast<i32>(i.x) >> (instruction_extra_shift + access_offset_shift));
                                registers[register_base + (base + i.z) * group_lanes] = u64(stepped);
                            }
                            let second_place = select(last_place, first_place, (first + 1u) / memory_page_words == first_page);
                            if (stores) {
                                let mask = select(u64(0u), u64(0xffffffffu), bits > 16u) | u64((1u << (bits & 31u)) - 1u) | select(u64(0u), u64(0xffffffffu) << 32u, bits == 64u);
                                let value = b & mask;
                                let low_mask = mask << shift;
                                let low_value = value << shift;
                                write_word(first_place, first, u32(low_mask & low_half), u32(low_value & low_half));
                                if (shift + bits > 32u) { write_word(second_place, first + 1u, u32(low_mask >> 32u), u32(low_value >> 32u)); }
                                if (shift + bits > 64u) {
                                    write_word(last_place, last, u32((mask >> (64u - shift)) & low_half), u32((value >> (64u - shift)) & low_half));
                                }
                            } else {
                                r = u64(read_word(first_place, first));
                                if (shift + bits > 32u) { r |= u64(read_word(second_place, first + 1u)) << 32u; }
                                r = r >> shift;
                                if (shift + bits > 64u) { r |= u64(read_word(last_place, last)) << (64u - shift); }
                                let unused = 64u - bits;
                                if ((extra & access_sign) != 0u) {
                                    r = u64(i64(r << unused) >> unused);
                                } else {
                                    r = (r << unused) >> unused;
                                }
                                if (narrow) { r &= low_half; }
                                writes = true;
                            }
                        }
                    }
                }
                case op_memory_size: {
                    r = u64(pages);
                    writes = true;
                }
                case op_memory_grow: {
                    let cost = u64(a_low) * u64(1024u);
                    writes = true;
                    if (a_low > memory_limit || pages + a_low > memory_limit) {
                        r = low_half;
                    } else if (fuel < cost) {
                        trap = trap_out_of_fuel;
                    } else {
                        fuel -= cost;
                        r = u64(pages);
                        pages += a_low;
                    }
                }
                case op_check_range: {
                    let limit = select(u64(i.y), u64(pages) << 16u, i.y == none);
                    if (!supervisor && u64(a_low) + u64(b_low) > limit) { trap = trap_memory_out_of_bounds; }
                }
                case op_copy: { r = b; }
                case op_copy_two: {
                    r = a;
                    registers[register_base + (base + extra) * group_lanes] = b;
                }
                case op_add_two: {
                    let added = addends(i);
                    let also_to = select(base, globals_base, (i.x & instruction_to_global) != 0u) + extra;
                    to = base + (i.y & add_two_to_mask);
                    r = a + u64(added.x);
                    registers[register_base + also_to * group_lanes] = (b + u64(added.y)) & low_half;
                }
                case op_choose: {
                    r = b;
                    if ((a_low == 0u) == ((i.x & instruction_if_set) != 0u)) {
                        r = u64(extra);
                        if (!is_signed) { r = registers[register_base + (base + extra) * group_lanes]; }
                    }
                }
                case op_xor_rotated: { r = xor_rotated(i, a, b); }
                case op_constant: { r = u64(i.z) | (u64(i.w) << 32u); }
                case op_add: { r = a + b; }
                case op_subtract: { r = a - b; }
                case op_subtract_from: { r = b - a; }
                case op_multiply: { r = a * b; }
                case op_divide, op_remainder: {
                    let negative_a = is_signed && (a >> 63u) != u64(0u);
                    let negative_b = is_signed && (b >> 63u) != u64(0u);
                    let n = select(a, u64(0u) - a, negative_a);
                    var d = select(b, u64(0u) - b, negative_b);
                    if (d == u64(0u)) {
                        trap = trap_integer_division_by_zero;
                        d = u64(1u);
                    }
                    let q = n / d;
                    let negative = select(negative_a != negative_b, negative_a, op == op_remainder);
                    let v = select(q, n - q * d, op == op_remainder);
                    r = select(v, u64(0u) - v, negative);
                    let highest = select(u64(1u) << 63u, u64(1u) << 31u, narrow);
                    if (is_signed && op == op_divide && !negative && r == highest && trap == trap_none) { trap = trap_integer_overflow; }
                }
                case op_bit_and: { r = a & b; }
                case op_bit_or: { r = a | b; }
                case op_bit_xor: { r = a ^ b; }
                case op_shift_left: { r = a << (b_low & select(63u, 31u, narrow)); }
                case op_shift_right: {
                    let n = b_low & select(63u, 31u, narrow);
                    r = select(a >> n, u64(i64(a) >> n), is_signed);
                }
                case op_rotate_left, op_rotate_right: {
                    let width = select(64u, 32u, narrow);
                    var n = b_low & (width - 1u);
                    if (op == op_rotate_right) { n = (width - n) & (width - 1u); }
                    r = (a << n) | (a >> ((width - n) & 63u));
                }
                case op_leading_zeros: {
                    let high = u32(a >> 32u);
                    r = u64(select(countLeadingZeros(high), 32u + countLeadingZeros(a_low), high == 0u) - select(0u, 32u, narrow));
                }
                case op_trailing_zeros: {
                    let high = select(u32(a >> 32u), 1u, narrow);
                    r = u64(select(countTrailingZeros(a_low), 32u + countTrailingZeros(high), a_low == 0u));
                }
                case op_count_ones: { r = u64(countOneBits(a_low) + countOneBits(u32(a >> 32u))); }
                case op_extend: { r = u64(i64(a << b_low) >> b_low); }
                case op_equal, op_unequal, op_less, op_greater_or_equal, op_less_or_equal, op_greater: {
                    let below = select(a < b, i64(a) < i64(b), is_signed);
                    let holds = ((op & comparison_below) != 0u && below) || ((op & comparison_same) != 0u && a == b);
                    r = select(u64(0u), u64(1u), holds != ((op & comparison_opposite) != 0u));
                }
                case op_input: {
                    writes = true;
                    let buffer = extra & input_access_buffer_mask;
                    let at = a_low + (extra >> input_access_offset_shift);
                    if (buffer == input_tx_payloads) {
                        r = u64(tx_payloads[at]) | (u64(tx_payloads[at + 1u]) << 32u);
                    } else if (buffer == input_input_state) {
                        r = u64(input_state[at]) | (u64(input_state[at + 1u]) << 32u);
                    } else {
                        r = u64(state_map[at]) | (u64(state_map[at + 1u]) << 32u);
                    }
                }
                case op_output: {
                    let at = a_low + extra;
                    if (at >= lane_output) {
                        status = status_handed_back;
                        detail = hand_back_output;
                    } else {
                        output_state[at * lanes + lane] = b_low;
                        out_words = max(out_words, at + 1u);
                    }
                }
                case op_get_state: {
                    writes = true;
                    switch (extra) {
                        case lane_fuel_low: { r = fuel; }
                        case lane_memory: { r = u64(pages); }
                        case lane_used: { r = u64(used); }
                        case lane_module: { r = u64(module_header); }
                        case lane_cells: { r = u64(cells); }
                        case lane_depth: { r = u64(depth); }
                        case lane_level: { r = u64(level); }
                        case lane_map_mask: { r = u64(parameters[parameter_map_slots] - 1u); }
                        case lane_payload: { r = u64(status_flags[lane_payload * lanes + lane]); }
                        default: { status = status_fault; }
                    }
                }
                case op_set_state: {
                    switch (extra) {
                        case lane_fuel_low: { fuel = a; }
                        case lane_memory: { pages = a_low; }
                        case lane_module: {
                            module_header = a_low;
                            load_header();
                        }
                        case lane_cells: { cells = a_low; }
                        case lane_depth: { depth = a_low; }
                        case lane_level: {
                            level = a_low;
                            forget_pages();
                        }
                        default: { status = status_fault; }
                    }
                }
                case op_enter: {
                    let header = a_low * 4u;
                    let count = code_words[header + header_globals];
                    let kept = base + i.w;
                    if (kept + count + 64u > lane_registers) {
                        status = status_handed_back;
                        detail = hand_back_registers;
                    } else {
                        registers[register_base + kept * group_lanes] = u64(next) | (u64(base) << 32u);
                        registers[register_base + (kept + 1u) * group_lanes] = u64(link) | (u64(i.y) << 32u);
                        link = kept;
                        globals = kept + 2u;
                        base = kept + 3u + count;
                        registers[register_base + (base - 1u) * group_lanes] = (u64(record_root) << 32u) | low_half;
                        module_header = a_low;
                        load_header();
                        pages = code_words[header + header_memory_pages];
                        cells = max_cells - 2u;
                        depth = 0u;
                        supervisor = false;
                        forget_pages();
                        next = a_low + code_words[header + header_entry];
                    }
                }
                case op_free_pages: {
                    if (used > a_low) {
                        used -= 1u;
                        let slot = page_tables[table_base + (lane_table + used) * group_lanes];
                        page_tables[table_base + slot * group_lanes] = 0u;
                        next = pc;
                    } else {
                        forget_pages();
                    }
                }
                case op_stop: {
                    status = a_low;
                    detail = b_low;
                }
                case op_find_page: {
                    let p = page & ~read_only;
                    let key = page_key(p);
                    let slot = (page_hash(key) + probe) & (lane_table - 1u);
                    let e = page_tables[table_base + slot * group_lanes];
                    next = pc;
                    if (e == 0u) {
                        // As the module says; its pages of zeros are the first in the code.
                        let in_image = p - image_first;
                        var content = 0u;
                        if (in_image < image_count) {
                            let image = code_words[image_pages + in_image];
                            if (image != 0u) { content = module_header * 4u + image; }
                        }
                        if (page < read_only) {
                            remember(p, read_only | content);
                            mode = 0u;
                        } else if (used + own >= lane_pages) {
                            status = status_handed_back;
                            detail = hand_back_memory;
                        } else {
                            page_tables[table_base + slot * group_lanes] = (key << 10u) | (used + 1u);
                            page_tables[table_base + (lane_table + used) * group_lanes] = slot;
                            used += 1u;
                            from_word = content;
                            mode = op_copy_page;
                            probe = 0u;
                        }
                    } else if ((e >> 10u) == key) {
                        remember(p, ((e & 1023u) - 1u) * memory_page_words);
                        mode = 0u;
                    } else {
                        probe += 1u;
                    }
                }
                case op_copy_page: {
                    let place = (used - 1u) * memory_page_words;
                    let at = memory_base + (place + probe) * group_lanes;
                    let source = from_word + probe;
                    memories[at] = code_words[source];
                    memories[at + group_lanes] = code_words[source + 1u];
                    memories[at + 2u * group_lanes] = code_words[source + 2u];
                    memories[at + 3u * group_lanes] = code_words[source + 3u];
                    memories[at + 4u * group_lanes] = code_words[source + 4u];
                    memories[at + 5u * group_lanes] = code_words[source + 5u];
                    memories[at + 6u * group_lanes] = code_words[source + 6u];
                    memories[at + 7u * group_lanes] = code_words[source + 7u];
                    next = pc;
                    probe += 8u;
                    if (probe == memory_page_words) {
                        remember(page & ~read_only, place);
                        mode = 0u;
                    }
                }
                default: { status = status_fault; }
            }

            if (computes && trap == trap_none) {
                if (narrow) { r &= low_half; }
                if ((i.x & instruction_jumps) != 0u) {
                    writes = false;
                    if ((u32(r & low_half) != 0u) == ((i.x & instruction_if_set) != 0u)) {
                        next = pc + i.y;
                        cost = u64(extra);
                    }
                } else if (extra != 0u && op >= op_copy) {
                    next = pc + u32(bitcast<i32>(i.x) >> instruction_extra_shift);
                }
            }
            if (fuel < cost) { trap = trap_out_of_fuel; } else { fuel -= cost; }

            if (trap != trap_none && supervisor) {
                status = status_fault;
                writes = false;
            } else if (trap != trap_none || leaves) {
                if (link == none) {
                    status = select(status_trapped, status_finished, trap == trap_none);
                    detail = trap;
                    writes = false;
                } else {
                    let kept = registers[register_base + link * group_lanes];
                    let caller = registers[register_base + (link + 1u) * group_lanes];
                    next = u32(kept & low_half);
                    base = u32(kept >> 32u);
                    link = u32(caller & low_half);
                    globals = link + 2u;
                    to = base + u32(caller >> 32u);
                    r = (r & low_half) | (u64(trap) << 32u);
                    supervisor = true;
                    writes = true;
                }
            }
            if (writes) { registers[register_base + to * group_lanes] = r; }
            // A lane that stops goes on behind the stop, if it is let run again.
            pc = next;
            frame = register_base + base * group_lanes;
            if (status != status_running) { break; }
        }
    }

    status_flags[lane_status * lanes + lane] = status;
    status_flags[lane_detail * lanes + lane] = detail;
    status_flags[lane_steps * lanes + lane] = steps;
    status_flags[lane_pc * lanes + lane] = pc;
    status_flags[lane_base * lanes + lane] = base;
    status_flags[lane_link * lanes + lane] = link;
    status_flags[lane_globals * lanes + lane] = globals;
    status_flags[lane_fuel_low * lanes + lane] = u32(fuel & low_half);
    status_flags[lane_fuel_high * lanes + lane] = u32(fuel >> 32u);
    status_flags[lane_cells * lanes + lane] = cells;
    status_flags[lane_depth * lanes + lane] = depth;
    status_flags[lane_module * lanes + lane] = module_header;
    status_flags[lane_memory * lanes + lane] = pages;
    status_flags[lane_level * lanes + lane] = level;
    status_flags[lane_used * lanes + lane] = used;
    status_flags[lane_own * lanes + lane] = own;
    status_flags[lane_supervisor * lanes + lane] = select(0u, 1u, supervisor);
    status_flags[lane_mode * lanes + lane] = mode;
    status_flags[lane_page * lanes + lane] = page;
    status_flags[lane_probe * lanes + lane] = probe;
    status_flags[lane_from * lanes + lane] = from_word;
    status_flags[lane_out * lanes + lane] = out_words;
}
