//! A wake from another thread.

use std::sync::mpsc;

use super::{Loop, spawn};
use crate::job::Start;

/// A task asks another thread, which wakes it with the answer.
pub(crate) fn round_trip(mut runtime: Loop) -> Start {
    let (ask, asked) = mpsc::channel::<()>();
    let (answer, answers) = async_channel::bounded(1);
    std::thread::spawn(move || while asked.recv().is_ok() && answer.send_blocking(()).is_ok() {});
    Start::steps(move |times| {
        let (ask, answers) = (ask.clone(), answers.clone());
        runtime.block_on(async move {
            let task = spawn(async move {
                for _ in 0..times {
                    ask.send(()).expect("the thread is there");
                    answers.recv().await.expect("the thread answers");
                }
            });
            task.await;
        });
    })
}
