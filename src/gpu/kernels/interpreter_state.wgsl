// One lane executes one call. The constants above come from layout.hpp, which says what the buffers hold.
@group(0) @binding(0) var<storage, read> parameters: array<u32>;
@group(0) @binding(1) var<storage, read> code: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> code_words: array<u32>;  // the same buffer
@group(0) @binding(3) var<storage, read_write> registers: array<u64>;
@group(0) @binding(4) var<storage, read_write> memories: array<u32>;
@group(0) @binding(5) var<storage, read_write> page_tables: array<u32>;  // of a lane its table, then the entry of each page that is used
@group(0) @binding(6) var<storage, read_write> status_flags: array<u32>;
@group(0) @binding(7) var<storage, read> tx_payloads: array<u32>;
@group(0) @binding(8) var<storage, read> input_state: array<u32>;
@group(0) @binding(9) var<storage, read> state_map: array<u32>;
@group(0) @binding(10) var<storage, read_write> output_state: array<u32>;

const none = 0xffffffffu;
// A place of a memory's page: words of the lane's memory, or of the code, which is only read.
const read_only = 0x80000000u;
const low_half = u64(0xffffffffu);

// Where the lane's items begin, and what the launch is about.
var<private> register_base: u32;
var<private> memory_base: u32;
var<private> table_base: u32;

// Of the supervisor's header, and the lane's pages.
var<private> own_header: u32;
var<private> own_image_pages: u32;
var<private> own_image_first: u32;
var<private> own_image_count: u32;
var<private> all_pages: u32;

// The lane's state during a launch: LaneField.
var<private> status: u32;
var<private> detail: u32;
var<private> pc: u32;
var<private> base: u32;
var<private> frame: u32;  // where its registers begin
var<private> link: u32;
var<private> globals: u32;
var<private> fuel: u64;
var<private> cells: u32;
var<private> depth: u32;
var<private> module_header: u32;
var<private> pages: u32;
var<private> level: u32;
var<private> used: u32;
var<private> own: u32;
var<private> supervisor: bool;
var<private> mode: u32;
var<private> page: u32;
var<private> probe: u32;
var<private> from_word: u32;
var<private> out_words: u32;

// Of the running contract's header.
var<private> table: u32;
var<private> table_size: u32;
var<private> image_pages: u32;
var<private> image_first: u32;
var<private> image_count: u32;
var<private> memory_limit: u32;

// The last pages of the lane that were found, by the low bits of their numbers: as in the page table, but without the level
// and with places from 0 on. And the last ones of the module's content: number and one, and place.
var<private> found_pages: vec4<u32>;
var<private> image_page: vec2<u32>;
var<private> image_place: vec2<u32>;

fn load_header() {
    let h = module_header * 4u;
    table = h + code_words[h + header_table];
    table_size = code_words[h + header_table_size];
    image_pages = h + code_words[h + header_image_pages];
    image_first = code_words[h + header_image_first];
    image_count = code_words[h + header_image_count];
    memory_limit = code_words[h + header_memory_limit];
}

fn forget_pages() {
    found_pages = vec4<u32>(none);
    image_page = vec2<u32>(0u);
}

// Which of the lane's pages it is, or something that is no less than max_lane_pages.
fn found(p: u32) -> u32 {
    let odd = (p & 1u) != 0u;
    let e = select(select(found_pages.x, found_pages.y, odd), select(found_pages.z, found_pages.w, odd), (p & 2u) != 0u);
    return e ^ (p << 10u);
}

fn find(p: u32) -> u32 {
    let n = found(p);
    if (n < max_lane_pages) { return n * memory_page_words; }
    let odd = (p & 1u) != 0u;
    return select(none, select(image_place.x, image_place.y, odd), select(image_page.x, image_page.y, odd) == p + 1u);
}

fn remember(p: u32, place: u32) {
    if (place < read_only) {
        let e = (p << 10u) | (place / memory_page_words);
        found_pages = select(found_pages, vec4<u32>(e), vec4<u32>(0u, 1u, 2u, 3u) == vec4<u32>(p & 3u));
        image_page = select(image_page, vec2<u32>(0u), image_page == vec2<u32>(p + 1u));
    } else {
        let is = vec2<u32>(0u, 1u) == vec2<u32>(p & 1u);
        image_page = select(image_page, vec2<u32>(p + 1u), is);
        image_place = select(image_place, vec2<u32>(place), is);
    }
}

// Of a page in the memory, whose numbers are below 65,536.
fn page_key(p: u32) -> u32 { return (level << 16u) | p; }
fn page_hash(key: u32) -> u32 { return key * 0x9e3779b1u >> 12u; }

// The page's place, if the lane has it and its entry is the first one that is looked at; find_page looks at the others.
fn look_up(p: u32) -> u32 {
    let key = page_key(p);
    let e = page_tables[table_base + (page_hash(key) & (parameters[parameter_lane_table] - 1u)) * group_lanes];
    if (e == 0u || (e >> 10u) != key) { return none; }
    let place = ((e & 1023u) - 1u) * memory_page_words;
    remember(p, place);
    return place;
}

// The supervisor's pages lie at the end of the lane's memory, the first one last, but for those that its code has content
// for, which are only read.
fn own_place(p: u32) -> u32 {
    let in_image = p - own_image_first;
    if (in_image < own_image_count) {
        let at = code_words[own_image_pages + in_image];
        return read_only | select(own_header + at, 0u, at == 0u);
    }
    let n = select(p, p - own_image_count, p >= own_image_first);
    if (n >= all_pages - used) { return none; }
    return (all_pages - 1u - n) * memory_page_words;
}

fn read_word(place: u32, word: u32) -> u32 {
    let at = (place & ~read_only) + (word & (memory_page_words - 1u));
    if (place >= read_only) { return code_words[at]; }
    return memories[memory_base + at * group_lanes];
}

fn write_word(place: u32, word: u32, mask: u32, value: u32) {
    let at = memory_base + (place + (word & (memory_page_words - 1u))) * group_lanes;
    if (mask == none) {
        memories[at] = value;
    } else {
        memories[at] = (memories[at] & ~mask) | value;
    }
}

// Loads always, so that the loads of both operands are under way at the same time.
fn read_operand(kind: u32, value: u32, globals_base: u32) -> u64 {
    let at = select(base, globals_base, kind == operand_in_global) + value;
    let stored = registers[register_base + select(0u, at, kind < operand_zero_extended) * group_lanes];
    let constant = select(u64(value), u64(i64(bitcast<i32>(value))), kind == operand_sign_extended);
    return select(constant, stored, kind < operand_zero_extended);
}

// What add_two adds to a and to b.
fn addends(i: vec4<u32>) -> vec2<u32> {
    if ((i.x & instruction_to_global) != 0u) { return vec2<u32>(bitcast<u32>(bitcast<i32>(i.y) >> add_two_first_shift)); }
    let first = (bitcast<i32>(i.y) << add_two_second_bits) >> (32u - add_two_first_bits);
    return vec2<u32>(bitcast<u32>(first), bitcast<u32>(bitcast<i32>(i.y) >> add_two_second_shift));
}

fn xor_rotated(i: vec4<u32>, a: u64, b: u64) -> u64 {
    let extra = i.x >> instruction_extra_shift;
    let width = select(64u, 32u, (i.x & instruction_narrow) != 0u);
    let n = extra & xor_rotated_mask;
    let m = extra >> xor_rotated_second_shift;
    return ((a << n) | (a >> ((width - n) & 63u))) ^ ((b << m) | (b >> ((width - m) & 63u)));
}
