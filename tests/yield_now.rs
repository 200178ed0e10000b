//! `yield_now`: everything else that is ready has one turn.
#![cfg(any(feature = "native", feature = "smol"))]

use std::cell::Cell;
use std::rc::Rc;

use anyloop::runtime::{Backend, Builder};
use anyloop::task::{spawn_local, yield_now};

/// Those that take turns with the main future: tokio polls it after some number of tasks.
fn backends() -> impl Iterator<Item = Backend> {
    Backend::compiled().iter().copied().filter(|backend| *backend != Backend::Tokio)
}

/// A loop on one thread, of each backend.
fn each(test: impl AsyncFn()) {
    for backend in backends() {
        eprintln!("on {backend}");
        Builder::new().backend(backend).build().unwrap().block_on(test());
    }
}

/// Tasks that yield until they are told to stop, and how many times each ran.
fn yielding(tasks: usize) -> (Vec<Rc<Cell<usize>>>, Rc<Cell<bool>>) {
    let stop = Rc::new(Cell::new(false));
    let runs = (0..tasks).map(|_| Rc::new(Cell::new(0))).collect::<Vec<_>>();
    for runs in &runs {
        let (runs, stop) = (runs.clone(), stop.clone());
        drop(spawn_local(async move {
            while !stop.get() {
                runs.set(runs.get() + 1);
                yield_now().await;
            }
        }));
    }
    (runs, stop)
}

#[test]
fn of_the_main_future_is_one_round_of_all_tasks() {
    each(async || {
        // More than a loop runs in a row, too.
        for tasks in [1, 3, 400] {
            let (runs, stop) = yielding(tasks);
            for round in 1..=20 {
                yield_now().await;
                let ran = runs.iter().map(|runs| runs.get()).collect::<Vec<_>>();
                assert_eq!(ran, vec![round; tasks]);
            }
            stop.set(true);
            yield_now().await;
        }
    });
}

#[test]
fn of_a_task_lets_the_main_future_go_first() {
    each(async || {
        let (runs, stop) = yielding(2);
        for _ in 0..20 {
            let other = runs[0].clone();
            let before = spawn_local(async move { other.get() }).await.unwrap();
            let since = runs[0].get() - before;
            assert!(since <= 1, "a task ran {since} times before the main future, which was woken");
        }
        stop.set(true);
    });
}

#[test]
fn of_tasks_and_the_main_future_takes_turns_in_a_second_run() {
    for backend in backends() {
        eprintln!("on {backend}");
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        let (runs, stop) = runtime.block_on(async { yielding(2) });
        let first = runtime.block_on(async {
            yield_now().await;
            runs.iter().map(|runs| runs.get()).max()
        });
        let second = runtime.block_on(async {
            for _ in 0..10 {
                yield_now().await;
            }
            runs.iter().map(|runs| runs.get()).max()
        });
        // One for what the end of a run left undone.
        let rounds = second.unwrap() - first.unwrap();
        assert!((10..=11).contains(&rounds), "{rounds} rounds");
        stop.set(true);
    }
}
