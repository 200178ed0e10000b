//! Bytes that are allocated for a task and for a sleep, by a counting allocator.

use std::future::{Future, pending, poll_fn};
use std::hint::black_box;
use std::mem::size_of_val;
use std::task::Poll;
use std::time::Duration;

use super::{Loop, detach, sleep, spawn, yield_now};
use crate::counting;
use crate::job::{Start, Values};
use crate::results::Metric;

/// A task that waits: what is allocated beside the bytes of its future.
pub(crate) fn task(mut runtime: Loop) -> Start {
    Start::Steps(Box::new(move |times| {
        let bytes = runtime.block_on(async move {
            let mut future = 0;
            let before = counting::live();
            for i in 0..times {
                let task = async move {
                    pending::<()>().await;
                    black_box(i);
                };
                future = size_of_val(&task);
                detach(task);
                // They start, so that the queue of those that have not stays short.
                if i % 16 == 15 {
                    yield_now().await;
                }
            }
            yield_now().await;
            (counting::live() - before) as f64 / times as f64 - future as f64
        });
        Values::from([(Metric::BytesEach, bytes)])
    }))
}

/// A sleep that waits, in a box of its own: its own bytes, and what it has the loop allocate.
pub(crate) fn nap(mut runtime: Loop) -> Start {
    Start::Steps(Box::new(move |times| {
        let bytes = runtime.block_on(async move {
            let task = spawn(async move {
                let mut sleeps = Vec::with_capacity(times as usize);
                let before = counting::live();
                for _ in 0..times {
                    let mut sleep = Box::pin(sleep(Duration::from_secs(3600)));
                    poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
                    sleeps.push(sleep);
                }
                (counting::live() - before) as f64 / times as f64
            });
            task.await
        });
        Values::from([(Metric::BytesEach, bytes)])
    }))
}
