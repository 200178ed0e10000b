//! Servers measured in turns.
//!
//! All of them are alive at once, and each gets a short slice of load in turn, in the other order
//! every round ([`in_turns`]). What counts is the CPU time of the server's process ([`cpu`]), which the
//! client does not share. A slice's figures become a [`Summary`], and two servers a [`Ratio`], which
//! says whether they differ by more than chance.
//!
//! It reads `/proc` and waits with epoll: elsewhere than on Linux only the statistics are there.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod contest;
#[cfg(target_os = "linux")]
pub mod cpu;
mod grouped;
#[cfg(target_os = "linux")]
pub mod load;
pub mod machine;
mod progress;
mod ratio;
mod summary;

#[cfg(target_os = "linux")]
pub use contest::{
    Client, CommandError, CommandLine, Contest, Entrant, Found, Measured, Outcome, Slice, read_load,
};
pub use grouped::grouped;
pub use progress::Progress;
pub use ratio::{RESOLUTION, Ratio};
pub use summary::{Better, Summary};

/// Gives each of `all` a turn in every round, in the other order every second round: what grows or
/// shrinks with time touches all alike. `slice` hears the round and whose turn it is.
///
/// ```
/// let mut order = String::new();
/// anyloop_bench::in_turns(2, &mut ['a', 'b'], |_round, name| order.push(*name));
/// assert_eq!(order, "abba");
/// ```
pub fn in_turns<T>(rounds: usize, all: &mut [T], mut slice: impl FnMut(usize, &mut T)) {
    for round in 0..rounds {
        let turn: &mut dyn Iterator<Item = &mut T> =
            if round % 2 == 0 { &mut all.iter_mut() } else { &mut all.iter_mut().rev() };
        turn.for_each(|one| slice(round, one));
    }
}
