//! Programs that know nothing of worlds, in a simulated one: see also `tests/`.

pub mod raft;
