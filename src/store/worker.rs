//! Runs a [`Store`] on a thread of its own, so that no frame waits for the disk.
