//! Wires arguments, store, town and window together.

fn main() {}
