//! A job that does nothing, on a thread of the pool, awaited.

use super::{Loop, spawn, spawn_blocking};
use crate::job::Start;

pub(crate) fn round_trip(mut runtime: Loop) -> Start {
    Start::steps(move |times| {
        runtime.block_on(async move {
            let task = spawn(async move {
                for i in 0..times {
                    assert_eq!(spawn_blocking(move || i).await, i);
                }
            });
            task.await;
        });
    })
}
