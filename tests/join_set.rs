//! Sets of tasks that have ended, more than a loop's budget for one poll, on every backend, on one
//! thread and on several.

use std::time::Duration;

use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::task::{self, JoinHandle, JoinSet};

const MANY: usize = 1000;

fn on_each(mut test: impl FnMut(Runtime)) {
    for backend in Backend::compiled() {
        test(Builder::new().backend(*backend).build().unwrap());
        test(Builder::new().backend(*backend).worker_threads(2).build().unwrap());
    }
}

async fn ended() -> Vec<JoinHandle<usize>> {
    let tasks: Vec<_> = (0..MANY).map(|n| task::spawn(async move { n })).collect();
    while !tasks.iter().all(JoinHandle::is_finished) {
        anyloop::time::sleep(Duration::from_millis(1)).await;
    }
    tasks
}

/// All outputs, which come in no order.
async fn all(mut set: JoinSet<usize>) {
    let mut seen = [false; MANY];
    while let Some(output) = set.join_next().await {
        seen[output.unwrap()] = true;
    }
    assert_eq!(seen, [true; MANY]);
}

#[test]
fn join_next_gives_them_all() {
    on_each(|mut runtime| {
        runtime.block_on(async {
            all(ended().await.into_iter().collect()).await;
            task::spawn(async { all(ended().await.into_iter().collect()).await }).await.unwrap();
        });
    });
}

#[test]
fn try_join_next_gives_them_all() {
    on_each(|mut runtime| {
        runtime.block_on(async {
            let mut set: JoinSet<usize> = ended().await.into_iter().collect();
            let mut count = 0;
            while let Some(output) = set.try_join_next() {
                output.unwrap();
                count += 1;
            }
            assert_eq!((count, set.len()), (MANY, 0));
        });
    });
}

#[test]
fn try_join_next_goes_on_where_join_next_gave_way() {
    on_each(|mut runtime| {
        runtime.block_on(async {
            let mut set: JoinSet<usize> = ended().await.into_iter().collect();
            let mut count = 0;
            // Once it is pending, the budget of this poll is used up, if the loop has one.
            std::future::poll_fn(|cx| {
                while let std::task::Poll::Ready(Some(output)) = set.poll_join_next(cx) {
                    output.unwrap();
                    count += 1;
                }
                while let Some(output) = set.try_join_next() {
                    output.unwrap();
                    count += 1;
                }
                std::task::Poll::Ready(())
            })
            .await;
            assert_eq!((count, set.len()), (MANY, 0));
        });
    });
}

#[cfg(feature = "tokio")]
#[test]
fn join_next_gives_them_all_on_an_adopted_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { all(ended().await.into_iter().collect()).await });
}
