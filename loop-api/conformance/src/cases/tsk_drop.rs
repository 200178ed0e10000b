//! TSK: drops that panic. Where the panic is not taken it is for the exception handler, never for
//! the loop or for who let go.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};

use loop_api::task::{Abort, Task};
use loop_api::{EventLoop, Handle, JoinError};

use crate::Subject;
use crate::support::{Counter, Log, Told, make, record_exceptions, run, until};

const PAYLOAD: &str = "in a drop";

/// Panics when it is dropped.
struct Panics(Counter);

impl Drop for Panics {
    fn drop(&mut self) {
        self.0.add();
        resume_unwind(Box::new(PAYLOAD));
    }
}

/// A future that has its output at once, and panics when it is dropped after that.
struct Done(#[allow(dead_code, reason = "kept for its drop")] Panics);

impl Future for Done {
    type Output = u8;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
        Poll::Ready(7)
    }
}

/// A future that says when it waits, and from then on panics when it is dropped.
async fn begins(drops: Counter, begun: Counter) {
    let _panics = Panics(drops);
    begun.add();
    pending::<()>().await;
}

fn check_told(told: &Log<Told>, times: usize) {
    let told = told.take();
    assert_eq!(told.len(), times, "{told:?}");
    assert!(told.iter().all(|told| told.panic && told.message == PAYLOAD), "{told:?}");
}

/// The panic is told once: to the one who awaits.
fn check_end<T>(ended: Result<T, JoinError>, told: &Log<Told>) {
    match ended {
        Ok(_) => panic!("a task that was aborted gave an output"),
        Err(error) => {
            assert!(error.is_panic(), "{error}");
            assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&PAYLOAD));
            check_told(told, 0);
        }
    }
}

pub fn tsk08_a_panic_in_the_drop_of_a_future_that_is_done<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (told, drops) = (record_exceptions(&handle), Counter::new());
        assert_eq!(handle.spawn(Done(Panics(drops.clone()))).await.ok(), Some(7));
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);

        drop(handle.spawn(Done(Panics(drops.clone()))));
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);
        assert_eq!(drops.get(), 2);
        assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
    });
}

pub fn tsk08_a_panic_in_the_drop_of_a_future_that_is_aborted<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (told, drops) = (record_exceptions(&handle), Counter::new());
        // Before its first poll, and while it waits.
        for pause in [false, true] {
            let begun = Counter::new();
            let task = handle.spawn(begins(drops.clone(), begun.clone()));
            if pause {
                assert!(until(&handle, || begun.get() == 1).await, "it was not polled");
            }
            task.abort();
            let ended = task.await;
            // A future that was never polled has made nothing that could panic.
            if drops.get() == 1 {
                drops.sub();
                check_end(ended, &told);
            } else {
                assert!(ended.is_err() && !pause);
            }
        }
        // It is not awaited.
        let begun = Counter::new();
        let task = handle.spawn(begins(drops.clone(), begun.clone()));
        let abort = task.abort_handle();
        drop(task);
        assert!(until(&handle, || begun.get() == 1).await, "it was not polled");
        abort.abort();
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);
        assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
    });
}

pub fn tsk08_a_panic_in_the_drop_of_an_output<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (told, drops) = (record_exceptions(&handle), Counter::new());
        // It is not waited for.
        let output = drops.clone();
        drop(handle.spawn(async move { Panics(output) }));
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);

        // It was there when the handle went.
        let output = drops.clone();
        let task = handle.spawn(async move { Panics(output) });
        assert!(until(&handle, || task.is_finished()).await);
        drop(task);
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);

        // The same where the task had been given an abort handle.
        let output = drops.clone();
        let task = handle.spawn(async move { Panics(output) });
        let _abort = task.abort_handle();
        assert!(until(&handle, || task.is_finished()).await);
        drop(task);
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);

        // A blocking job's, which ends on a thread of its own.
        let output = drops.clone();
        drop(handle.spawn_blocking(move || Panics(output)));
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);
        assert_eq!(drops.get(), 4);
        assert_eq!(handle.spawn_blocking(|| 1).await.ok(), Some(1));
    });
}

pub fn tsk08_a_panic_in_the_drop_of_a_local_tasks_future<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (told, drops) = (record_exceptions(&handle), Counter::new());
        let Ok(task) = handle.try_spawn_local(Done(Panics(drops.clone()))) else { return };
        assert_eq!(task.await.ok(), Some(7));
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);

        let begun = Counter::new();
        let task = handle.spawn_local(begins(drops.clone(), begun.clone()));
        assert!(until(&handle, || begun.get() == 1).await, "it was not polled");
        task.abort();
        let ended = task.await;
        assert!(until(&handle, || drops.get() == 2).await);
        check_end(ended, &told);

        let output = drops.clone();
        let task = handle.spawn_local(async move { Panics(output) });
        assert!(until(&handle, || task.is_finished()).await);
        drop(task);
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        check_told(&told, 1);
    });
}

pub fn tsk08_a_panic_in_the_drop_of_a_job<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (told, drops) = (record_exceptions(&handle), Counter::new());
        // Of what a job captured: it panics as the job would.
        let captured = Panics(drops.clone());
        let ended = handle.spawn_blocking(move || drop(captured)).await;
        assert!(ended.is_err_and(|error| error.is_panic()));
        check_told(&told, 0);
        assert_eq!(drops.get(), 1);
        assert_eq!(handle.spawn_blocking(|| 1).await.ok(), Some(1));
    });
}

pub fn tsk08_a_panic_in_the_drop_of_the_main_future<S: Subject>() {
    let mut subject = make::<S>();
    let drops = Counter::new();
    // It unwinds out of block_on, as a panic of the future itself does.
    let ended = catch_unwind(AssertUnwindSafe(|| subject.block_on(Done(Panics(drops.clone())))));
    assert_eq!(ended.expect_err("the panic was lost").downcast_ref::<&str>(), Some(&PAYLOAD));
    assert_eq!(drops.get(), 1);
    // The loop can be run again.
    let handle = subject.handle().clone();
    let (says, said) = mpsc::channel();
    assert!(handle.call_soon(move || says.send(()).expect("the case to wait")).is_ok());
    assert_eq!(subject.block_on(handle.spawn(async { 1 })).ok(), Some(1));
    assert!(said.recv().is_ok());
}

pub fn tsk08_a_panic_in_the_drop_of_what_a_closed_loop_refuses<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    subject.close();
    let (told, drops) = (record_exceptions(&handle), Counter::new());
    let captured = Panics(drops.clone());
    drop(handle.spawn(Done(captured)));
    check_told(&told, 1);
    assert!(handle.try_spawn_local(Done(Panics(drops.clone()))).is_err());
    check_told(&told, 1);
    let captured = Panics(drops.clone());
    drop(handle.spawn_blocking(move || drop(captured)));
    check_told(&told, 1);
    assert_eq!(drops.get(), 3);
}

pub fn tsk08_panics_in_the_drops_of_a_loops_tasks<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (told, drops, begun) = (record_exceptions(&handle), Counter::new(), Counter::new());
    for _ in 0..3 {
        drop(handle.spawn(begins(drops.clone(), begun.clone())));
    }
    subject.block_on(async { assert!(until(&handle, || begun.get() == 3).await) });
    // Closing tells of each, and comes to its end.
    subject.close();
    assert_eq!(drops.get(), 3);
    check_told(&told, 3);
    assert!(handle.shared().is_closed());
}
