//! What leaves the hall.
