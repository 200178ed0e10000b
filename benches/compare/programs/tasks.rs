//! Tasks and channels: spawn and join, yield, ping-pong.

use super::{Loop, spawn, yield_now};
use crate::job::{Job, Start};

/// A task is spawned and awaited, from a task or from the future that is blocked on.
pub(crate) fn spawn_join(mut runtime: Loop, job: &Job) -> Start {
    async fn work(times: u64) {
        for i in 0..times {
            assert_eq!(spawn(async move { i }).await, i);
        }
    }
    match job.param("from_task") {
        0 => Start::steps(move |times| runtime.block_on(work(times))),
        _ => Start::steps(move |times| runtime.block_on(async { spawn(work(times)).await })),
    }
}

/// `tasks` tasks give way to one another in turn.
pub(crate) fn yields(mut runtime: Loop, job: &Job) -> Start {
    let tasks = job.param("tasks") as u64;
    Start::steps(move |times| {
        runtime.block_on(async {
            let start = |_| {
                spawn(async move {
                    for _ in 0..times / tasks {
                        yield_now().await;
                    }
                })
            };
            for task in (0..tasks).map(start).collect::<Vec<_>>() {
                task.await;
            }
        });
    })
}

/// A message goes to another task and comes back, through channels of async-channel that hold one.
pub(crate) fn ping_pong(mut runtime: Loop) -> Start {
    Start::steps(move |times| {
        runtime.block_on(async {
            let (there, ping) = async_channel::bounded(1);
            let (back, pong) = async_channel::bounded(1);
            let answers = spawn(async move {
                while let Ok(message) = ping.recv().await {
                    back.send(message).await.expect("the other task is there");
                }
            });
            let asks = spawn(async move {
                for i in 0..times {
                    there.send(i).await.expect("the other task is there");
                    assert_eq!(pong.recv().await, Ok(i));
                }
            });
            asks.await;
            answers.await;
        });
    })
}
