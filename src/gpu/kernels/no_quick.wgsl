// All instructions take the general way, where lanes pay for every way anyway.
fn quick(i: vec4<u32>) -> bool { return false; }
