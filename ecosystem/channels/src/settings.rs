//! What the builder sets.

/// All but the layer.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) queue: usize,
    pub(crate) history: usize,
    pub(crate) max_message: usize,
    pub(crate) max_groups: usize,
    pub(crate) slow: Slow,
    pub(crate) announce: bool,
}

/// What becomes of a member that reads slower than its group talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Slow {
    /// It is told how much it [missed](crate::Event::Missed), and goes on with what follows.
    #[default]
    Tell,
    /// [`Member::recv`](crate::Member::recv) gives an error of kind
    /// [`Slow`](crate::ErrorKind::Slow) from then on.
    Disconnect,
}
