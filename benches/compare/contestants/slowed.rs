//! tokio with a slowdown planted, for the selftest: the same program, and 5 % more work.

use std::hint::black_box;
use std::time::Duration;

use crate::job::{Job, Start};
use anyloop_bench::cpu;

/// Not offered as a contestant.
pub(crate) const NAME: &str = "slowed";
/// What it works more.
pub(crate) const PLANTED: f64 = 0.05;

pub(super) fn start(job: &Job) -> Start {
    match super::raw_tokio::start(1, job) {
        Start::Steps(mut work) => {
            let turns = turns_per_operation(&mut *work);
            Start::Steps(Box::new(move |times| {
                let values = work(times);
                burn((turns * times as f64) as u64);
                values
            }))
        }
        other => other,
    }
}

/// How many turns of [`burn`] take as long as that part of an operation.
fn turns_per_operation(work: &mut dyn FnMut(u64) -> crate::job::Values) -> f64 {
    // Several short looks, of which the cheapest tells: a disturbance only ever adds.
    let cheapest = |run: &mut dyn FnMut(u64)| {
        // Pairs have 50 at once, and each does one at least.
        let mut times = 50;
        let mut least = f64::INFINITY;
        for _ in 0..40 {
            let before = cpu::own();
            run(times);
            let used = cpu::own() - before;
            if used < Duration::from_millis(5) {
                times *= 2;
            } else {
                least = least.min(used.as_nanos() as f64 / times as f64);
            }
        }
        least
    };
    let operation = cheapest(&mut |times| drop(work(times)));
    PLANTED * operation / cheapest(&mut burn)
}

fn burn(turns: u64) {
    let mut x = 1_u64;
    for _ in 0..turns {
        x = black_box(x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (x >> 7));
    }
}
