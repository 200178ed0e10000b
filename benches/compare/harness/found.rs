//! What was measured of one cell of the plan.

use super::process::Tally;

/// What the slices of one cell found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Each contestant's slices, round by round.
    pub(crate) slices: Vec<(&'static str, Vec<Tally>)>,
    /// Who could not do it, and why.
    pub(crate) left_out: Vec<(&'static str, String)>,
}
