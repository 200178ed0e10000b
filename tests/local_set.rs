//! A `LocalSet` before a loop runs: its tasks wait until the set is run.
#![cfg(any(feature = "native", feature = "tokio", feature = "smol"))]

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::thread;

use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::task::{self, LocalSet, spawn_local};

fn each(test: impl Fn(Runtime)) {
    for &backend in Backend::compiled() {
        eprintln!("on {backend}");
        test(Builder::new().backend(backend).build().unwrap());
    }
}

#[test]
fn early_tasks_start_in_their_order_when_the_set_is_awaited() {
    each(|mut runtime| {
        let (set, order) = (LocalSet::new(), Rc::new(RefCell::new(Vec::new())));
        for n in 0..5 {
            let order = order.clone();
            drop(set.spawn_local(async move { order.borrow_mut().push(n) }));
        }
        assert!(order.borrow().is_empty());
        runtime.block_on(set);
        assert_eq!(*order.borrow(), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn an_early_task_is_one_task_to_its_handles() {
    each(|mut runtime| {
        let set = LocalSet::new();
        let early = set.spawn_local(async { task::id() });
        let panics = set.spawn_local(async { std::panic::resume_unwind(Box::new(())) });
        assert!(!early.is_finished() && !early.abort_handle().is_finished());
        let (id, panic_id, abort) = (early.id(), panics.id(), early.abort_handle());
        assert_eq!(abort.id(), id);
        set.block_on(&mut runtime, async {
            let late = set.spawn_local(async { 2 });
            assert_eq!(early.await.unwrap(), id);
            assert!(abort.is_finished());
            let error: anyloop::JoinError = panics.await.unwrap_err();
            assert!(error.is_panic());
            assert_eq!(error.id(), panic_id);
            assert_eq!(late.await.unwrap(), 2);
        });
    });
}

#[test]
fn it_is_awaited_from_a_task_that_started_before_it() {
    each(|mut runtime| {
        let set = LocalSet::new();
        let early = set.spawn_local(async { 1 });
        runtime.block_on(async {
            // Polled while the task is not started yet.
            let waits = spawn_local(async { early.await.unwrap() });
            task::yield_now().await;
            assert!(!waits.is_finished());
            set.run_until(async {}).await;
            assert_eq!(waits.await.unwrap(), 1);
        });
    });
}

#[test]
fn an_aborted_early_task_never_runs() {
    each(|mut runtime| {
        let (set, ran) = (LocalSet::new(), Rc::new(Cell::new(false)));
        let (one, other) = (ran.clone(), ran.clone());
        let aborted = set.spawn_local(async move { one.set(true) });
        aborted.abort();
        let elsewhere = set.spawn_local(async move { other.set(true) });
        let abort = elsewhere.abort_handle();
        thread::spawn(move || abort.abort()).join().unwrap();
        // One that runs, and is aborted by a handle from before.
        let runs = set.spawn_local(pending::<()>());
        let abort = runs.abort_handle();
        set.block_on(&mut runtime, async {
            assert!(aborted.await.unwrap_err().is_cancelled());
            assert!(elsewhere.await.unwrap_err().is_cancelled());
            task::yield_now().await;
            abort.abort();
            assert!(runs.await.unwrap_err().is_cancelled());
        });
        assert!(!ran.get());
        assert_eq!(Rc::strong_count(&ran), 1);
    });
}

#[test]
fn a_set_that_is_dropped_drops_its_early_tasks() {
    let (set, held) = (LocalSet::new(), Rc::new(()));
    let kept = held.clone();
    let task = set.spawn_local(async move { drop(kept) });
    assert_eq!(Rc::strong_count(&held), 2);
    drop(set);
    assert_eq!(Rc::strong_count(&held), 1);
    assert!(task.is_finished());
    assert!(futures_lite::future::block_on(task).unwrap_err().is_cancelled());
}

#[test]
fn the_set_that_was_entered_last_takes_what_is_spawned_where_no_loop_runs() {
    each(|mut runtime| {
        let (outer, inner) = (LocalSet::new(), LocalSet::new());
        let outer_entered = outer.enter();
        let inner_entered = inner.enter();
        let of_inner = spawn_local(async { "inner" });
        drop(inner_entered);
        let of_outer = spawn_local(async { "outer" });
        assert_eq!(inner.block_on(&mut runtime, of_inner).unwrap(), "inner");
        runtime.block_on(async {
            // Where a loop runs, that has it.
            assert_eq!(spawn_local(async { "loop" }).await.unwrap(), "loop");
            assert!(!of_outer.is_finished());
        });
        drop(outer_entered);
        if !cfg!(feature = "global") {
            assert!(task::try_spawn_local(async {}).is_err());
        }
        assert_eq!(outer.block_on(&mut runtime, of_outer).unwrap(), "outer");
    });
}
