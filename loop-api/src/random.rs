//! Random numbers of the system.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A random number that no loop decides: what [`Handle::random_u64`](crate::Handle::random_u64) gives
/// unless a loop has numbers of its own. It can be guessed, and is for no secret.
///
/// ```
/// assert_ne!(loop_api::random::system_random(), loop_api::random::system_random());
/// ```
pub fn system_random() -> u64 {
    // The keys of std's hash maps: drawn from the system once a thread, and others each time.
    RandomState::new().build_hasher().finish()
}
