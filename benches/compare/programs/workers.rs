//! Tasks spread over worker threads.

use std::hint::black_box;

use super::{Loop, spawn};
use crate::job::Start;

/// A task spawns all at once, and joins them.
pub(crate) fn storm(mut runtime: Loop) -> Start {
    Start::steps(move |times| {
        runtime.block_on(async move {
            let task = spawn(async move {
                for task in (0..times).map(|i| spawn(async move { i })).collect::<Vec<_>>() {
                    task.await;
                }
            });
            task.await;
        });
    })
}

/// Tasks of some 20 microseconds of arithmetic, all spawned at once.
pub(crate) fn fan_out(mut runtime: Loop) -> Start {
    async fn crunch(mut x: u64) -> u64 {
        for _ in 0..20_000 {
            x = black_box(x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (x >> 7));
        }
        x
    }
    Start::steps(move |times| {
        runtime.block_on(async move {
            for task in (0..times).map(|i| spawn(crunch(i | 1))).collect::<Vec<_>>() {
                black_box(task.await);
            }
        });
    })
}
