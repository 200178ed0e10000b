//! Sets of tasks that have ended, more than a loop's budget for one poll, on every backend, on one
//! thread and on several.

use std::task::Poll;
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

/// So that timers and other tasks have their turn.
#[test]
fn a_poll_takes_only_some_of_many() {
    on_each(|mut runtime| {
        runtime.block_on(async {
            let mut set: JoinSet<usize> = ended().await.into_iter().collect();
            let mut count = 0;
            std::future::poll_fn(|cx| {
                while let Poll::Ready(Some(output)) = set.poll_join_next(cx) {
                    output.unwrap();
                    count += 1;
                }
                Poll::Ready(())
            })
            .await;
            assert!((1..MANY).contains(&count), "{count}");
            while let Some(output) = set.join_next().await {
                output.unwrap();
                count += 1;
            }
            assert_eq!(count, MANY);
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

#[test]
fn tasks_that_stay_on_their_thread() {
    fn is_send<T: Send>(_: &T) {}
    for backend in Backend::compiled() {
        Builder::new().backend(*backend).build().unwrap().block_on(async {
            let shared = std::rc::Rc::new(7);
            let mut set = JoinSet::new();
            let output = set.spawn_local(async move { *shared }).id();
            let panic = set.spawn_local(async { panic!("on purpose") }).id();
            let aborted = set.spawn_local(std::future::pending());
            set.spawn_local_on(async { 8 }, &task::LocalSet::new());
            is_send(&set);
            let mut errors = Vec::new();
            for _ in 0..3 {
                match set.join_next_with_id().await.unwrap() {
                    Ok(given) => assert_eq!(given, (output, 7), "{backend:?}"),
                    Err(error) => errors.push((error.id() == panic, error.is_panic())),
                }
            }
            errors.sort_unstable();
            // That of the other set ended with it.
            assert_eq!(errors, [(false, false), (true, true)], "{backend:?}");
            assert_eq!(set.len(), 1);
            aborted.abort();
            let error = set.join_next_with_id().await.unwrap().unwrap_err();
            assert_eq!((error.id(), error.is_cancelled()), (aborted.id(), true), "{backend:?}");
            assert!(set.join_next().await.is_none());
        });
    }
}

#[test]
fn a_set_of_futures() {
    on_each(|mut runtime| {
        runtime.block_on(async {
            let mut set: JoinSet<usize> = (0..5).map(|n| async move { n }).collect();
            set.extend((5..10).map(|n| async move { n }));
            let mut outputs = set.join_all().await;
            outputs.sort_unstable();
            assert_eq!(outputs, (0..10).collect::<Vec<_>>());
        });
    });
}
