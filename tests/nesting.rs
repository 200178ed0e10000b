//! Loops that nest on a thread: the innermost is current, whichever backend it is of.
#![cfg(any(feature = "native", feature = "tokio", feature = "smol"))]

use std::time::Duration;

use anyloop::loop_api::Handle as _;
use anyloop::runtime::{Backend, Builder, Handle, Runtime};

mod support;

type Make = fn(Backend) -> Runtime;

/// Every way to make a loop that is compiled in.
fn kinds() -> Vec<(String, Make, Backend)> {
    let mut kinds: Vec<(String, Make, Backend)> = Vec::new();
    for &backend in Backend::compiled() {
        let mut add = |name: &str, make: Make| kinds.push((format!("{backend}{name}"), make, backend));
        add("", |backend| Builder::new().backend(backend).build().unwrap());
        add(" with workers", |backend| Builder::new().backend(backend).worker_threads(1).build().unwrap());
        #[cfg(feature = "compat")]
        add(" with tokio", |backend| support::with_tokio(backend).build().unwrap());
    }
    #[cfg(all(feature = "dyn", feature = "native"))]
    kinds.push((
        "erased".to_owned(),
        |_| {
            use anyloop::EventLoop;
            use anyloop::erased::ErasedLoop;
            Runtime::from_erased(ErasedLoop::of(loop_native::NativeLoop::new().unwrap(), |h| h.net()))
        },
        Backend::Native,
    ));
    kinds
}

#[track_caller]
fn is_current(expected: &Handle, what: &str) {
    let found = Handle::try_current().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(
        std::ptr::eq(found.shared(), expected.shared()),
        "{what}: the current loop is {found:?}, and not {expected:?}"
    );
}

/// All ways to be in `inner` on a thread that is in another loop, after each of which that one is
/// current again.
fn go_inside(inner: &mut Runtime, outer: &Handle, what: &str) {
    let handle = inner.handle().clone();
    handle.within(|| is_current(&handle, &format!("{what}, inside enter")));
    is_current(outer, &format!("{what}, after enter"));
    handle.within(|| outer.within(|| is_current(outer, &format!("{what}, entered again inside"))));
    let guard = handle.enter();
    is_current(&handle, &format!("{what}, while a guard lives"));
    let again = outer.enter();
    is_current(outer, &format!("{what}, while a second guard lives"));
    drop(again);
    is_current(&handle, &format!("{what}, after the second guard"));
    drop(guard);
    is_current(outer, &format!("{what}, after the guard"));
    inner.block_on(async {
        is_current(&handle, &format!("{what}, in the main future"));
        // It goes to the loop that runs, or is not done.
        anyloop::time::sleep(Duration::from_millis(1)).await;
        let task = anyloop::spawn({
            let (handle, what) = (handle.clone(), format!("{what}, in a task"));
            async move { is_current(&handle, &what) }
        });
        task.await.unwrap();
        let job = anyloop::task::spawn_blocking({
            let (handle, what) = (handle.clone(), format!("{what}, in a job"));
            move || is_current(&handle, &what)
        });
        job.await.unwrap();
        let listener = anyloop::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (client, server) =
            futures_lite::future::zip(anyloop::net::TcpStream::connect(addr), listener.accept()).await;
        client.and(server).unwrap();
        is_current(&handle, &format!("{what}, after awaiting"));
    });
    is_current(outer, &format!("{what}, after block_on"));
    #[cfg(feature = "tokio")]
    tokio_inside(outer, what);
}

/// A plain tokio runtime on a thread that is in another loop.
#[cfg(feature = "tokio")]
fn tokio_inside(outer: &Handle, what: &str) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let id = tokio.handle().id();
    tokio.block_on(async {
        let adopted = Handle::current();
        assert!(
            adopted.shared().is_adopted(),
            "{what}: tokio inside is not adopted, but {adopted:?} is current"
        );
        anyloop::time::sleep(Duration::from_millis(1)).await;
        let task = anyloop::spawn(async { tokio::runtime::Handle::current().id() });
        assert_eq!(task.await.unwrap(), id, "{what}");
        outer.within(|| is_current(outer, &format!("{what}, entered inside tokio inside")));
    });
    is_current(outer, &format!("{what}, after tokio's block_on"));
    let entered = tokio.enter();
    assert!(Handle::current().shared().is_adopted(), "{what}: tokio was entered inside");
    drop(entered);
    is_current(outer, &format!("{what}, after tokio was left"));
}

#[test]
fn the_innermost_loop_is_current_inside_enter() {
    for (outer_name, make_outer, outer_backend) in kinds() {
        for (inner_name, make_inner, inner_backend) in kinds() {
            let what = format!("{inner_name} inside enter of {outer_name}");
            let outer = make_outer(outer_backend);
            let mut inner = make_inner(inner_backend);
            outer.handle().within(|| go_inside(&mut inner, outer.handle(), &what));
        }
    }
}

#[test]
fn the_innermost_loop_is_current_inside_a_job() {
    for (outer_name, make_outer, outer_backend) in kinds() {
        for (inner_name, make_inner, inner_backend) in kinds() {
            let what = format!("{inner_name} inside a job of {outer_name}");
            let mut outer = make_outer(outer_backend);
            let handle = outer.handle().clone();
            let job = outer.spawn_blocking(move || {
                let mut inner = make_inner(inner_backend);
                go_inside(&mut inner, &handle, &what);
                handle.block_on(async {
                    inner.handle().within(|| is_current(inner.handle(), &what));
                    is_current(&handle, &what);
                });
            });
            outer.block_on(job).unwrap();
        }
    }
}

#[test]
fn an_entered_loop_is_current_inside_another_that_runs() {
    for (outer_name, make_outer, outer_backend) in kinds() {
        for (inner_name, make_inner, inner_backend) in kinds() {
            let what = format!("{inner_name} entered where {outer_name} runs");
            let mut outer = make_outer(outer_backend);
            let inner = make_inner(inner_backend);
            let (there, here) = (inner.handle().clone(), outer.handle().clone());
            let look = move || {
                there.within(|| is_current(&there, &what));
                is_current(&here, &what);
            };
            outer.block_on(async {
                look();
                anyloop::spawn(async move { look() }).await.unwrap();
            });
        }
    }
}

/// tokio's own guards panic there.
#[test]
fn guards_may_be_dropped_in_any_order_but_on_tokio() {
    let kinds: Vec<_> = kinds().into_iter().filter(|(name, ..)| !name.contains("tokio")).collect();
    for (first_name, make_first, first_backend) in &kinds {
        for (second_name, make_second, second_backend) in &kinds {
            let what = format!("{first_name}, then {second_name}");
            let mut around = Builder::new().build().unwrap();
            let (first, second) = (make_first(*first_backend), make_second(*second_backend));
            let is_around = around.handle().clone();
            around.block_on(async {
                let (guard, later) = (first.enter(), second.enter());
                drop(guard);
                is_current(second.handle(), &format!("{what}, the first dropped"));
                drop(later);
                is_current(&is_around, &format!("{what}, both dropped"));
            });
            let (guard, later, last) = (first.enter(), second.enter(), first.enter());
            drop(later);
            is_current(first.handle(), &format!("{what}, the second dropped"));
            drop(last);
            is_current(first.handle(), &format!("{what}, the last dropped"));
            drop(guard);
            assert!(cfg!(feature = "global") || Handle::try_current().is_err(), "{what}");
        }
    }
}

/// A guard keeps what it entered for itself: the loop may be dropped, and a guard forgotten.
#[test]
fn a_guard_outlives_what_it_was_made_of() {
    for (name, make, backend) in kinds() {
        std::thread::spawn(move || {
            let runtime = make(backend);
            let handle = runtime.handle().clone();
            std::mem::forget(runtime.enter());
            drop(runtime);
            is_current(&handle, &format!("{name}, forgotten"));
            let other = make(backend);
            let guard = other.enter();
            is_current(other.handle(), &name);
            drop(guard);
            is_current(&handle, &format!("{name}, forgotten, after another"));
        })
        .join()
        .unwrap();
    }
}

/// What tokio's own threads for blocking jobs find on a loop with tokio inside.
#[cfg(feature = "compat")]
#[test]
fn tokios_jobs_on_a_loop_with_tokio_find_that_loop() {
    for &backend in Backend::compiled() {
        for workers in [None, Some(1)] {
            let mut builder = support::with_tokio(backend);
            if let Some(count) = workers {
                builder.worker_threads(count);
            }
            let mut runtime = builder.build().unwrap();
            let handle = runtime.handle().clone();
            let job = async move {
                let job = tokio::task::spawn_blocking(move || {
                    is_current(&handle, "a job of tokio's");
                    let task = anyloop::spawn(async {
                        anyloop::time::sleep(Duration::from_millis(1)).await;
                        6 * 7
                    });
                    let other = Builder::new().backend(backend).build().unwrap();
                    other.handle().within(|| is_current(other.handle(), "entered in a job of tokio's"));
                    is_current(&handle, "after that");
                    handle.block_on(task).unwrap()
                });
                job.await.unwrap()
            };
            assert_eq!(runtime.block_on(job), 42, "{backend}");
        }
    }
}

/// tokio's context, entered by compat, is not a loop that was entered.
#[cfg(feature = "compat")]
#[test]
fn tokios_context_does_not_hide_the_loop() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        let handle = runtime.handle().clone();
        runtime.block_on(anyloop::compat::tokio(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            is_current(&handle, "in a future inside tokio's context");
            anyloop::time::sleep(Duration::from_millis(1)).await;
        }));
        runtime.handle().within(|| {
            let _tokio = anyloop::compat::enter_tokio().unwrap();
            is_current(runtime.handle(), "where a thread is inside tokio's context");
        });
    }
}

/// The loops of a program that runs on tokio already.
#[cfg(feature = "tokio")]
#[test]
fn loops_inside_a_tokio_runtime_are_current() {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for (name, make, backend) in kinds() {
        let job = move || {
            let adopted = Handle::current();
            assert!(adopted.shared().is_adopted());
            let mut inner = make(backend);
            go_inside(&mut inner, &adopted, &format!("{name} inside a job of a plain tokio"));
        };
        tokio.block_on(async { tokio::task::spawn_blocking(job).await.unwrap() });
    }
    // Only entered, it does not refuse that a loop runs inside.
    let _entered = tokio.enter();
    for (name, make, backend) in kinds() {
        let adopted = Handle::current();
        go_inside(&mut make(backend), &adopted, &format!("{name} where a plain tokio is entered"));
    }
}
