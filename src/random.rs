//! Random numbers, asked of the loop that the caller runs in: the system's, and in a simulated world
//! decided by the seed, so that a run repeats itself. Without a loop they are the system's.
//!
//! They are for what spreads load, shuffles, and makes names differ. They are not for secrets and
//! keys, which must not be guessed.
//!
//! ```
//! let jitter = anyloop::time::Duration::from_millis(anyloop::random::below(50));
//! assert!(jitter.as_millis() < 50);
//! let id = anyloop::random::next_u64();
//! assert_ne!(id, anyloop::random::next_u64());
//! ```

use crate::any;

/// A random number.
pub fn next_u64() -> u64 {
    any::with_current(|current| match current {
        Some(handle) => handle.random_u64(),
        None => loop_api::random::system_random(),
    })
}

/// A random number below `limit`, each as likely as the others; zero if that is zero.
///
/// ```
/// assert!((0..100).all(|_| anyloop::random::below(6) < 6));
/// ```
pub fn below(limit: u64) -> u64 {
    loop {
        let product = u128::from(next_u64()) * u128::from(limit);
        // The high half; the low one tells the few that are drawn anew. Mostly without a division.
        let low = product as u64;
        if low >= limit || low >= limit.wrapping_neg() % limit {
            return (product >> 64) as u64;
        }
    }
}

/// Fills `bytes` with random ones.
///
/// ```
/// let mut bytes = [0; 32];
/// anyloop::random::fill_bytes(&mut bytes);
/// assert_ne!(bytes, [0; 32]);
/// ```
pub fn fill_bytes(bytes: &mut [u8]) {
    for part in bytes.chunks_mut(8) {
        part.copy_from_slice(&next_u64().to_le_bytes()[..part.len()]);
    }
}

/// These numbers as a generator of the crate `rand`, with its feature `rand` (0.10): each is asked
/// of the loop that the caller runs in at the time.
///
/// ```
/// # #[cfg(feature = "rand")]
/// # fn main() {
/// use anyloop::random::LoopRng;
/// use rand_core::Rng;
///
/// // Where `rand` is at hand: LoopRng.random_range(1..=6).
/// assert_ne!(LoopRng.next_u64(), LoopRng.next_u64());
/// # }
/// # #[cfg(not(feature = "rand"))]
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoopRng;

#[cfg(feature = "rand")]
impl rand_core::TryRng for LoopRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok((next_u64() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        fill_bytes(bytes);
        Ok(())
    }
}
