//! TSK11 to TSK27: many tasks at once, groups, and what belongs to a task.

use std::cell::Cell;
use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use futures_lite::future::yield_now;

use crate::support::{Counter, LONG, Log, SHORT, run, until, within};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::promise::{Promise, promise};
use loop_api::task::{
    Failure, GroupClosed, StartError, Task, TaskGroup, as_completed, join_all, join_map, staggered,
    try_join_all, wait,
};

type Group<S> = TaskGroup<HandleOf<S>, u32, &'static str>;

async fn after<H: Handle, T>(handle: H, ms: u64, value: T) -> T {
    handle.sleep(Duration::from_millis(ms)).await;
    value
}

pub fn tsk11_join_all_keeps_the_order_of_its_inputs<S: Subject>() {
    run::<S, _>(|handle| async move {
        let tasks = [30, 1, 15].map(|ms| handle.spawn(after(handle.clone(), ms, ms)));
        let outputs: Vec<_> = join_all(tasks).await.into_iter().map(|output| output.ok()).collect();
        assert_eq!(outputs, [Some(30), Some(1), Some(15)]);
        assert!(join_all(Vec::<std::future::Ready<()>>::new()).await.is_empty());
        let lengths =
            HashMap::from([("one", after(handle.clone(), 5, 1)), ("two", after(handle.clone(), 1, 2))]);
        assert_eq!(join_map(lengths).await, HashMap::from([("one", 1), ("two", 2)]));
    });
}

pub fn tsk12_the_first_error_is_given_and_siblings_run_on<S: Subject>() {
    run::<S, _>(|handle| async move {
        let done = Counter::new();
        let tasks = [1_u64, 20].map(|ms| {
            let (handle, done) = (handle.clone(), done.clone());
            handle.clone().spawn(async move {
                handle.sleep(Duration::from_millis(ms)).await;
                done.add();
                if ms == 1 { Err("the first") } else { Ok(()) }
            })
        });
        let results = tasks.map(|task| async { task.await.expect("the task to end") });
        assert_eq!(try_join_all(results).await, Err("the first"));
        assert!(until(&handle, || done.get() == 2).await, "the sibling ended with the error");
    });
}

pub fn tsk13_dropping_join_all_drops_what_it_waits_for<S: Subject>() {
    run::<S, _>(|handle| async move {
        let dropped = Counter::new();
        let futures = [dropped.on_drop(), dropped.on_drop()].map(|on_drop| async move {
            let _on_drop = on_drop;
            pending::<()>().await;
        });
        assert!(within(&handle, SHORT, join_all(futures)).await.is_none());
        assert_eq!(dropped.get(), 2);
    });
}

/// A task that ends when its promise is settled, with the value.
fn gated<H: Handle>(handle: &H) -> (Promise<u64>, H::Task<Option<u64>>) {
    let (promise, deferred) = promise();
    (promise, handle.spawn(async move { deferred.await.ok() }))
}

pub fn tsk14_wait_for_the_first_for_all_and_within_a_time<S: Subject>() {
    run::<S, _>(|handle| async move {
        let tasks = || [40, 1].map(|ms| handle.spawn(after(handle.clone(), ms, Some(ms))));
        let (promise, gated) = gated(&handle);
        let [_, quick] = tasks();
        let mut waited = wait([gated, quick]).first_completed().await;
        assert_eq!(waited.done.len(), 1);
        assert_eq!((waited.done[0].0, waited.done[0].1.as_ref().ok()), (1, Some(&Some(1))));
        // What is left is untouched, and can be awaited.
        promise.settle(40).expect("it is waited for");
        let (index, task) = waited.pending.pop().expect("the other one");
        assert_eq!((index, task.await.ok()), (0, Some(Some(40))));

        let waited = wait(tasks()).all().await;
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 0));

        // A machine may stall until the time is over: then once more, with more time.
        for times in [1, 4, 16, 64, 256] {
            let forever = handle.spawn(after(handle.clone(), 3_600_000, None));
            let [_, quick] = tasks();
            let waited = wait([forever, quick]).within(handle.sleep(SHORT * times)).await;
            for (_, task) in &waited.pending {
                task.abort();
            }
            if waited.pending.len() == 1 {
                let done: Vec<_> = waited.done.iter().map(|(index, _)| *index).collect();
                return assert_eq!(done, [1]);
            }
        }
        panic!("a task of a millisecond did not end in time");
    });
}

pub fn tsk14_wait_until_one_fails<S: Subject>() {
    run::<S, _>(|handle| async move {
        let good = handle.spawn(after(handle.clone(), 1, ()));
        let bad = handle.spawn(async {
            yield_now().await;
            std::panic::resume_unwind(Box::new("bad"));
        });
        let never = handle.spawn(pending());
        let waited = wait([good, bad, never]).first_error(|output| output.is_err()).await;
        assert!(waited.done.iter().any(|(index, output)| *index == 1 && output.is_err()));
        assert!(waited.pending.iter().any(|(index, _)| *index == 2));
        for (_, task) in waited.pending {
            task.abort();
        }
    });
}

pub fn tsk15_as_completed_gives_them_as_they_end<S: Subject>() {
    run::<S, _>(|handle| async move {
        let gates = [(); 3].map(|()| gated(&handle));
        let [(never, first), (one, second), (two, third)] = gates;
        let mut done = as_completed([first, second, third]);
        one.settle(1).expect("it is waited for");
        let (index, output) = done.next().await.expect("the first that ends");
        assert_eq!((index, output.ok()), (1, Some(Some(1))));
        two.settle(2).expect("it is waited for");
        let (index, output) = done.next().await.expect("the second that ends");
        assert_eq!((index, output.ok()), (2, Some(Some(2))));
        // One may leave early.
        assert_eq!(done.left(), 1);
        drop(never);
    });
}

pub fn tsk15_a_thousand_are_polled_when_they_wake_and_not_else<S: Subject>() {
    run::<S, _>(|handle| async move {
        let polls = Counter::new();
        let futures = (0..1000_u64).map(|n| {
            let (handle, polls) = (handle.clone(), polls.clone());
            async move {
                let mut sleep = std::pin::pin!(handle.sleep(Duration::from_millis(1 + n % 7)));
                std::future::poll_fn(|cx| {
                    polls.add();
                    sleep.as_mut().poll(cx)
                })
                .await;
            }
        });
        join_all(futures).await;
        // Two each, and some more for spurious wakes (tokio has a future that polls very many
        // yield, and polls again those that had to wait for that); not a thousand each.
        assert!(polls.get() < 20_000, "{} polls", polls.get());
    });
}

pub fn tsk20_a_task_survives_the_one_awaiting_it<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (go, done) = (Counter::new(), Counter::new());
        let (told, seen) = (go.clone(), done.clone());
        let inner = handle.clone();
        let task = handle.spawn(async move {
            assert!(until(&inner, || told.get() == 1).await);
            seen.add();
        });
        // asyncio's shield: here it is what every task has.
        assert!(within(&handle, SHORT, task).await.is_none());
        go.add();
        assert!(until(&handle, || done.get() == 1).await, "the task ended with its awaiter");
    });
}

pub fn tsk21_a_group_waits_for_all<S: Subject>() {
    run::<S, _>(|handle| async move {
        let ended = Group::<S>::scope(&handle, |group| {
            let handle = handle.clone();
            async move {
                for ms in [20, 1] {
                    let task = after(handle.clone(), ms, Ok(ms as u32));
                    group.spawn(task).expect("an open group");
                }
                // A task may add another; where there are worker threads, not before it is in the
                // group itself.
                let (inner, more) = (group.clone(), after(handle.clone(), 1, Ok(7)));
                let go = Counter::new();
                let gone = go.clone();
                let adds = async move {
                    assert!(until(&handle, || gone.get() == 1).await, "the body goes on");
                    inner.spawn(more).expect("an open group");
                    Ok(0)
                };
                group.spawn(adds).expect("an open group");
                go.add();
                "the body"
            }
        });
        assert_eq!(ended.await.expect("no error"), ("the body", vec![20, 1, 0, 7]));
    });
}

pub fn tsk21_an_error_cancels_the_rest_and_errors_are_gathered<S: Subject>() {
    run::<S, _>(|handle| async move {
        let dropped = Counter::new();
        let on_drop = dropped.on_drop();
        let body_dropped = Counter::new();
        let body_on_drop = body_dropped.on_drop();
        let ended = Group::<S>::scope(&handle, |group| {
            let handle = handle.clone();
            async move {
                let _on_drop = body_on_drop;
                let waits = async move {
                    let _on_drop = on_drop;
                    pending::<()>().await;
                    Ok(0)
                };
                group.spawn(waits).expect("an open group");
                group.spawn(after(handle, 5, Err("failed"))).expect("an open group");
                pending::<()>().await;
            }
        });
        let error = within(&handle, LONG, ended).await.expect("the group did not end").expect_err("an error");
        assert!(matches!(error.errors[..], [Failure::Error("failed")]), "{error:?}");
        assert_eq!((dropped.get(), body_dropped.get()), (1, 1));
    });
}

pub fn tsk21_a_panic_is_an_error_of_the_group<S: Subject>() {
    run::<S, _>(|handle| async move {
        let ended = Group::<S>::scope(&handle, |group| async move {
            group
                .spawn(async { std::panic::resume_unwind(Box::new("a task's panic")) })
                .expect("an open group");
        });
        let error = ended.await.expect_err("an error");
        assert!(matches!(&error.errors[..], [Failure::Join(error)] if error.is_panic()), "{error:?}");
    });
}

pub fn tsk21_dropping_a_scope_ends_its_tasks<S: Subject>() {
    run::<S, _>(|handle| async move {
        let dropped = Counter::new();
        let on_drop = dropped.on_drop();
        let scope = Group::<S>::scope(&handle, |group| async move {
            let task = async move {
                let _on_drop = on_drop;
                pending::<()>().await;
                Ok(0)
            };
            group.spawn(task).expect("an open group");
        });
        assert!(within(&handle, SHORT, scope).await.is_none());
        assert!(until(&handle, || dropped.get() == 1).await, "the task outlived its group");
    });
}

pub fn tsk22_a_group_that_has_ended_takes_no_task<S: Subject>() {
    run::<S, _>(|handle| async move {
        let kept = Log::new();
        let out = kept.clone();
        let ended = Group::<S>::scope(&handle, |group| async move { out.push(group) });
        ended.await.expect("no error");
        let group = kept.take().pop().expect("the group");
        let dropped = Counter::new();
        let on_drop = dropped.on_drop();
        let refused = group.spawn(async move {
            let _on_drop = on_drop;
            Ok(0)
        });
        assert_eq!((refused, dropped.get()), (Err(GroupClosed), 1));
    });
}

pub fn tsk23_start_waits_until_the_task_is_ready<S: Subject>() {
    run::<S, _>(|handle| async move {
        let ended = Group::<S>::scope(&handle, |group| {
            let handle = handle.clone();
            async move {
                let server = |ready: Promise<u16>| async move {
                    handle.sleep(SHORT).await;
                    ready.settle(8080).expect("the starter waits");
                    Ok(1)
                };
                let port = group.start(server).await.expect("to be started");
                let never = group.start(|ready: Promise<()>| async move {
                    drop(ready);
                    Ok(2)
                });
                assert!(matches!(never.await, Err(StartError::NotReady(_))));
                port
            }
        });
        assert_eq!(ended.await.expect("no error"), (8080, vec![1, 2]));
    });
}

pub fn tsk26_each_task_has_its_own_locals<S: Subject>() {
    loop_api::task_local! { static NAME: &'static str; static COUNT: Cell<u32>; }
    run::<S, _>(|handle| async move {
        let tasks = ["one", "two", "three"].map(|name| {
            let handle = handle.clone();
            handle.clone().spawn(NAME.scope(
                name,
                COUNT.scope(Cell::new(0), async move {
                    for _ in 0..5 {
                        COUNT.with(|count| count.set(count.get() + 1));
                        assert_eq!(NAME.get(), name);
                        yield_now().await;
                        handle.sleep(Duration::from_micros(100)).await;
                    }
                    COUNT.with(Cell::get)
                }),
            ))
        });
        for task in tasks {
            assert_eq!(task.await.expect("the task to end"), 5);
        }
        assert!(NAME.try_with(|_| ()).is_err(), "a value leaked out of its task");
        // An inner scope hides the outer one, and gives way to it again.
        let nested = NAME.scope("outer", async {
            let inner = NAME.scope("inner", async { NAME.get() }).await;
            (inner, NAME.get())
        });
        assert_eq!(nested.await, ("inner", "outer"));
    });
}

pub fn tsk27_staggered_race<S: Subject>() {
    type Attempt =
        Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Result<u32, &'static str>> + Send>> + Send>;
    run::<S, _>(|handle| async move {
        let attempt = |ms: u64, result: Result<u32, &'static str>| -> Attempt {
            let handle = handle.clone();
            Box::new(move || Box::pin(after(handle, ms, result)))
        };
        let delay = || handle.sleep(SHORT);
        // The first hangs, the second wins.
        let won = staggered([attempt(3_600_000, Ok(1)), attempt(1, Ok(2))], delay).await;
        assert_eq!(won, Ok((1, 2)));
        // A failure starts the next one at once.
        let won = staggered([attempt(0, Err("no")), attempt(0, Ok(2))], || handle.sleep(Duration::MAX));
        assert_eq!(within(&handle, LONG, won).await.expect("the delay was waited for"), Ok((1, 2)));
        let lost =
            staggered([attempt(10, Err("one")), attempt(0, Err("two"))], || handle.sleep(Duration::ZERO))
                .await;
        assert_eq!(lost, Err(vec!["one", "two"]));
        assert_eq!(staggered(Vec::<Attempt>::new(), delay).await, Err(vec![]));
    });
}
