//! What the fuzz targets drive, in `fuzz`: `draw` decides, by numbers below the one that it is given,
//! until it gives none.

/// The timer wheel, beside a sorted map.
pub fn timer_wheel(draw: impl FnMut(u64) -> Option<u64>) {
    crate::timers::wheel_beside_a_sorted_map(draw);
}

/// A direction of a source, beside a model of it.
pub fn direction(draw: impl FnMut(u64) -> Option<u64>) {
    crate::reactor::direction_beside_a_model(draw);
}
