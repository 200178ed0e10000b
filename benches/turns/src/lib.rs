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
mod client;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod contest;
#[cfg(target_os = "linux")]
pub mod cpu;
#[cfg(target_os = "linux")]
pub mod load;
pub mod machine;
mod ratio;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod server;
mod summary;
#[cfg(target_os = "linux")]
mod tool;

#[cfg(target_os = "linux")]
pub use client::Client;
#[cfg(target_os = "linux")]
pub use command::{CommandError, CommandLine};
#[cfg(target_os = "linux")]
pub use contest::{Contest, Entrant, Measured, Outcome, Slice};
pub use ratio::{RESOLUTION, Ratio};
pub use summary::{Better, Summary};
#[cfg(target_os = "linux")]
pub use tool::{Found, read_load};

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
