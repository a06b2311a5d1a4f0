//! The processor's time. Beside other programs on the machine, the wall's clock says little.

use std::time::Instant;

/// Seconds of the processor that this thread has used; `None` where the system does not tell. Exact to a few
/// milliseconds, so that it is of use for many rounds together only.
fn used() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: f64 = told.split(' ').next()?.parse().ok()?;
    Some(nanos / 1e9)
}

/// Seconds of the processor that all of `work` takes; those of the wall where the system does not tell.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let (wall, before) = (Instant::now(), used());
    work();
    match (before, used()) {
        (Some(before), Some(after)) => after - before,
        _ => wall.elapsed().as_secs_f64(),
    }
}
