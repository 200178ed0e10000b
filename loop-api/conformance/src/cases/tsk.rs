//! TSK: tasks and their cancellation.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use futures_lite::future::yield_now;

use crate::Subject;
use crate::support::{Counter, LONG, Log, SHORT, make, record_exceptions, run, until, within};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::error::JoinError;
use loop_api::task::{Abort, Task};

pub fn tsk01_spawn_never_polls_inside_the_call<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    // No thread runs the loop yet, so nothing can have been polled, whatever threads it has.
    let started = Arc::new(AtomicBool::new(false));
    let seen = started.clone();
    let inside = subject.block_on(async {
        let task = handle.try_spawn_local({
            let started = started.clone();
            async move { started.store(true, Ordering::SeqCst) }
        });
        let inside = seen.load(Ordering::SeqCst);
        if let Ok(task) = task {
            task.await.expect("the task to end");
            assert!(seen.load(Ordering::SeqCst));
        }
        inside
    });
    assert!(!inside, "the future was polled inside spawn_local");

    // A future whose first poll needs a lock that the spawner holds: polled inside spawn, it would
    // be found held.
    let lock = Arc::new(std::sync::Mutex::new(()));
    let free = subject.block_on(async {
        let guard = lock.lock().expect("the lock");
        let here = thread::current().id();
        let task = handle.spawn({
            let lock = lock.clone();
            async move { thread::current().id() != here || lock.try_lock().is_ok() }
        });
        drop(guard);
        task.await
    });
    assert_eq!(free.ok(), Some(true), "the future was polled inside spawn");
}

pub fn tsk03_tasks_start_in_spawn_order<S: Subject>() {
    let order = run::<S, _>(|handle| async move {
        let log = Log::new();
        let tasks: Vec<_> = (0..200)
            .map(|n| {
                let log = log.clone();
                handle.spawn(async move { log.push(n) })
            })
            .collect();
        for task in tasks {
            task.await.expect("the task to end");
        }
        log.take()
    });
    assert_eq!(order, (0..200).collect::<Vec<_>>());
}

pub fn tsk03_local_and_other_tasks_share_one_order<S: Subject>() {
    let order = run::<S, _>(|handle| async move {
        let log = Log::new();
        let mut last = None;
        for n in 0..50 {
            let (one, other) = (log.clone(), log.clone());
            drop(handle.spawn(async move { one.push(2 * n) }));
            last = Some(handle.spawn_local(async move { other.push(2 * n + 1) }));
        }
        last.expect("a task").await.expect("the task to end");
        assert!(until(&handle, || log.len() == 100).await);
        log.take()
    });
    assert_eq!(order, (0..100).collect::<Vec<_>>());
}

pub fn tsk04_dropping_the_handle_detaches<S: Subject>() {
    run::<S, _>(|handle| async move {
        let done = Counter::new();
        let task = handle.spawn({
            let (handle, done) = (handle.clone(), done.clone());
            async move {
                handle.sleep(SHORT).await;
                done.add();
            }
        });
        drop(task);
        assert!(until(&handle, || done.get() == 1).await, "the task ended with its handle");
    });
}

pub fn tsk04_the_abort_handle_cancels<S: Subject>() {
    run::<S, _>(|handle| async move {
        let dropped = Counter::new();
        let on_drop = dropped.on_drop();
        let task = handle.spawn(async move {
            let _on_drop = on_drop;
            pending::<()>().await;
        });
        let abort = task.abort_handle();
        assert!(!abort.is_finished());
        abort.clone().abort();
        assert!(matches!(task.await, Err(JoinError::Cancelled(_))));
        assert_eq!(dropped.get(), 1, "awaiting ended before the future was gone");
        assert!(abort.is_finished());
        // Once more is harmless.
        abort.abort();
    });
}

pub fn tsk04_the_abort_handle_works_after_detaching<S: Subject>() {
    run::<S, _>(|handle| async move {
        let dropped = Counter::new();
        let started = Counter::new();
        let abort = {
            let (on_drop, started) = (dropped.on_drop(), started.clone());
            let task = handle.spawn(async move {
                let _on_drop = on_drop;
                started.add();
                pending::<()>().await;
            });
            task.abort_handle()
        };
        assert!(until(&handle, || started.get() == 1).await);
        assert_eq!(dropped.get(), 0, "dropping the task's handle ended it");
        // From another thread, as the handle may be sent.
        thread::spawn(move || abort.abort()).join().expect("the thread to end");
        assert!(until(&handle, || dropped.get() == 1).await, "the abort did nothing");
    });
}

pub fn tsk04_abort_wakes_a_waiter<S: Subject>() {
    run::<S, _>(|handle| async move {
        let task = handle.spawn(pending::<()>());
        let abort = task.abort_handle();
        let waiter = handle.spawn(async move { task.await.is_err() });
        handle.sleep(SHORT).await;
        abort.abort();
        let ended = within(&handle, LONG, waiter).await.expect("the waiter was not woken");
        assert!(ended.expect("the waiter to end"));
    });
}

pub fn tsk05_abort_before_the_first_poll_never_runs_the_body<S: Subject>() {
    run::<S, _>(|handle| async move {
        let ran = Counter::new();
        let dropped = Counter::new();
        let task = handle.spawn_local({
            let (ran, on_drop) = (ran.clone(), dropped.on_drop());
            async move {
                let _on_drop = on_drop;
                ran.add();
            }
        });
        assert!(matches!(task.cancel().await, Err(JoinError::Cancelled(_))));
        assert_eq!((ran.get(), dropped.get()), (0, 1));
    });
}

pub fn tsk06_abort_while_waiting_drops_what_the_task_held<S: Subject>() {
    run::<S, _>(|handle| async move {
        let dropped = Counter::new();
        let on_drop = dropped.on_drop();
        let started = Counter::new();
        let task = handle.spawn({
            let (handle, started) = (handle.clone(), started.clone());
            async move {
                let _on_drop = on_drop;
                started.add();
                handle.sleep(Duration::MAX).await;
            }
        });
        assert!(until(&handle, || started.get() == 1).await);
        let ended = within(&handle, LONG, task.cancel()).await.expect("the sleeping task did not end");
        assert!(matches!(ended, Err(JoinError::Cancelled(_))));
        assert_eq!(dropped.get(), 1);
    });
}

pub fn tsk07_cancelling_a_finished_task_gives_its_output<S: Subject>() {
    run::<S, _>(|handle| async move {
        let task = handle.spawn(async { 7 });
        assert!(until(&handle, || task.is_finished()).await);
        task.abort();
        assert_eq!(task.cancel().await.ok(), Some(7));
    });
}

pub fn tsk07_an_abort_during_the_last_poll_gives_the_output<S: Subject>() {
    run::<S, _>(|handle| async move {
        // By the task itself, which is in its last poll then.
        let own = Arc::new(Mutex::new(None::<Box<dyn Fn() + Send>>));
        let abort_itself = |own: &Mutex<Option<Box<dyn Fn() + Send>>>| {
            own.lock().expect("the lock").take().expect("the abort handle")();
        };
        // A worker thread may poll it at once, and waits for the handle.
        let task = {
            let mut slot = own.lock().expect("the lock");
            let task = handle.spawn({
                let own = own.clone();
                async move {
                    abort_itself(&own);
                    7
                }
            });
            let abort = task.abort_handle();
            *slot = Some(Box::new(move || abort.abort()));
            task
        };
        assert_eq!(task.await.ok(), Some(7));

        let task = handle.spawn_local({
            let own = own.clone();
            async move {
                abort_itself(&own);
                Rc::new(8)
            }
        });
        let abort = task.abort_handle();
        *own.lock().expect("the lock") = Some(Box::new(move || abort.abort()));
        assert_eq!(task.await.ok().as_deref(), Some(&8));
    });
}

pub fn tsk07_an_abort_on_another_thread_during_the_last_poll<S: Subject>() {
    run::<S, _>(|handle| async move {
        for is_awaited in [false, true] {
            let (tell, told) = mpsc::channel();
            let (answer, answered) = mpsc::channel();
            let dropped = Counter::new();
            let on_drop = dropped.on_drop();
            let task = handle.spawn(async move {
                tell.send(()).expect("the thread");
                answered.recv().expect("the abort");
                on_drop
            });
            let abort = task.abort_handle();
            let aborts = thread::spawn(move || {
                told.recv().expect("the task");
                abort.abort();
                answer.send(()).expect("the task");
            });
            // Else it is detached.
            let output = if is_awaited {
                Some(task.await)
            } else {
                drop(task);
                None
            };
            assert!(until(&handle, || aborts.is_finished()).await);
            assert!(output.is_none_or(|output| output.is_ok()), "the output was lost");
            assert!(until(&handle, || dropped.get() == 1).await, "the output was kept");
        }
    });
}

pub fn tsk08_a_panic_reaches_the_awaiting_task<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        let task = handle.spawn(async {
            yield_now().await;
            std::panic::resume_unwind(Box::new(42_u32));
        });
        let error = task.await.expect_err("the panic was lost");
        assert!(error.is_panic());
        assert_eq!(error.into_panic().downcast_ref::<u32>(), Some(&42));
        assert!(told.is_empty(), "a panic that was awaited was reported too: {told:?}");
        // The loop goes on.
        assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
    });
}

pub fn tsk08_an_unawaited_panic_reaches_the_handler<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        drop(handle.spawn(async { std::panic::resume_unwind(Box::new("not awaited")) }));
        assert!(until(&handle, || !told.is_empty()).await, "the panic was lost");
        let told = told.take();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].panic);
        assert_eq!(told[0].message, "not awaited");
        assert_eq!(told[0].kind, loop_api::shared::ExceptionKind::Task);
        assert!(told[0].location.is_some_and(|(file, _)| file == file!()), "{told:?}");
    });
}

pub fn tsk09_a_panic_does_not_affect_siblings<S: Subject>() {
    run::<S, _>(|handle| async move {
        let siblings: Vec<_> = (0..10)
            .map(|n| {
                let handle = handle.clone();
                handle.clone().spawn(async move {
                    handle.sleep(SHORT).await;
                    n
                })
            })
            .collect();
        let panics = handle.spawn(async { std::panic::resume_unwind(Box::new(())) });
        assert!(panics.await.is_err_and(|error| error.is_panic()));
        for (n, sibling) in siblings.into_iter().enumerate() {
            assert_eq!(sibling.await.ok(), Some(n));
        }
    });
}

pub fn tsk10_yield_now_gives_one_turn<S: Subject>() {
    let order = run::<S, _>(|handle| async move {
        let log = Log::new();
        let tasks: Vec<_> = ["a", "b"]
            .map(|name| {
                let log = log.clone();
                handle.spawn(async move {
                    for n in 0..3 {
                        log.push(format!("{name}{n}"));
                        yield_now().await;
                    }
                })
            })
            .into_iter()
            .collect();
        for task in tasks {
            task.await.expect("the task to end");
        }
        log.take().join(" ")
    });
    assert_eq!(order, "a0 b0 a1 b1 a2 b2");
}

/// Tasks that give way until they are told to stop, and how many times each ran.
fn yielding<H: Handle>(handle: &H, tasks: usize) -> (Vec<Counter>, Arc<AtomicBool>) {
    let stop = Arc::new(AtomicBool::new(false));
    let runs = (0..tasks).map(|_| Counter::new()).collect::<Vec<_>>();
    for runs in &runs {
        let (runs, stop) = (runs.clone(), stop.clone());
        drop(handle.spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                runs.add();
                yield_now().await;
            }
        }));
    }
    (runs, stop)
}

pub fn tsk10_the_main_future_gives_way_for_one_round<S: Subject>() {
    run::<S, _>(|handle| async move {
        // More than a loop runs in a row, too.
        for tasks in [1, 3, 400] {
            let (runs, stop) = yielding(&handle, tasks);
            for round in 1..=20 {
                yield_now().await;
                for (task, runs) in runs.iter().enumerate() {
                    assert_eq!(runs.get(), round, "runs of task {task} of {tasks} in as many rounds");
                }
            }
            stop.store(true, Ordering::SeqCst);
            yield_now().await;
        }
    });
}

pub fn tsk10_a_task_that_gives_way_waits_for_the_main_future<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (runs, stop) = yielding(&handle, 2);
        for _ in 0..20 {
            let before = Arc::new(AtomicUsize::new(0));
            let wakes = handle.spawn({
                let (runs, before) = (runs[0].clone(), before.clone());
                async move { before.store(runs.get(), Ordering::SeqCst) }
            });
            wakes.await.expect("the task to end");
            let since = runs[0].get() - before.load(Ordering::SeqCst);
            assert!(since <= 1, "a task ran {since} times before the main future, which was woken");
        }
        stop.store(true, Ordering::SeqCst);
    });
}

pub fn peer08_local_tasks_may_hold_what_is_not_send<S: Subject>() {
    run::<S, _>(|handle| async move {
        let shared = Rc::new(Cell::new(0));
        let task = handle.spawn_local({
            let (handle, shared) = (handle.clone(), shared.clone());
            async move {
                for _ in 0..3 {
                    handle.sleep(Duration::from_millis(1)).await;
                    shared.set(shared.get() + 1);
                }
                shared
            }
        });
        assert_eq!(task.await.expect("the task to end").get(), 3);
        assert_eq!(Rc::strong_count(&shared), 1);
    });
}
