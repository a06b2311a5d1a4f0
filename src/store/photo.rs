//! Reads photos: what they are, how large, under which hash.
