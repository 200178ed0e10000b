//! Programs that know nothing of anyloop, and call a library that is written on it: whether it
//! works there, by the features that are on.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use anyloop_callers::{Client, connect};

/// A server that gives lines back, on threads of its own.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut answers = stream.try_clone().unwrap();
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if writeln!(answers, "{line}").is_err() {
                        break;
                    }
                }
            });
        }
    });
    addr
}

async fn use_the_library() {
    let addr = server();
    let mut client = Client::new(addr, Duration::from_millis(1));
    for line in ["one", "two", "three"] {
        assert_eq!(client.ask(line).await.unwrap(), line);
    }
    assert_eq!(client.ask_in_background("four").await.unwrap(), "four");
}

/// Where the caller is.
#[derive(PartialEq)]
enum Place {
    /// In a tokio runtime.
    Tokio,
    /// Anywhere else.
    Elsewhere,
}

/// Runs a program in which the library has to work, or else the message to name the line that mends
/// it.
fn program(place: Place, program: impl FnOnce()) {
    let works = cfg!(feature = "global") || (cfg!(feature = "tokio") && place == Place::Tokio);
    let result = catch_unwind(AssertUnwindSafe(program));
    if works {
        return result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
    let panic = result.expect_err("it works without a loop");
    let message = panic.downcast::<String>().expect("a message");
    advises(&message);
}

fn advises(message: &str) {
    assert!(message.contains("Cargo.toml") && message.contains("features = [\"global\"]"), "{message}");
    assert_eq!(message.contains("features = [\"tokio\"]"), cfg!(not(feature = "tokio")), "{message}");
}

fn on_tokio(builder: &mut tokio::runtime::Builder, main: impl Future) {
    builder.enable_all().build().unwrap().block_on(main);
}

#[test]
fn tokio_on_many_threads() {
    program(Place::Tokio, || on_tokio(&mut tokio::runtime::Builder::new_multi_thread(), use_the_library()));
}

#[test]
fn a_task_of_tokios() {
    program(Place::Tokio, || {
        on_tokio(&mut tokio::runtime::Builder::new_multi_thread(), async {
            if let Err(error) = tokio::spawn(use_the_library()).await {
                std::panic::resume_unwind(error.into_panic());
            }
        });
    });
}

#[test]
fn tokio_on_one_thread() {
    program(Place::Tokio, || on_tokio(&mut tokio::runtime::Builder::new_current_thread(), use_the_library()));
}

/// Adopted, it lacks what it was built without; not adopted, it needs nothing.
#[cfg(not(feature = "tokio"))]
#[test]
fn tokio_without_its_io_and_time() {
    program(Place::Tokio, || {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(use_the_library());
    });
}

#[test]
fn smol() {
    program(Place::Elsewhere, || smol::block_on(use_the_library()));
}

#[test]
fn a_task_of_smols() {
    program(Place::Elsewhere, || {
        smol::block_on(async {
            // Its executor's thread would end with the panic.
            let task = smol::spawn(async { catch_future(use_the_library()).await });
            if let Err(panic) = task.await {
                std::panic::resume_unwind(panic);
            }
        });
    });
}

#[test]
fn an_executor_without_io() {
    program(Place::Elsewhere, || futures_lite::future::block_on(use_the_library()));
}

#[test]
fn a_bare_thread() {
    program(Place::Elsewhere, || {
        let client = Client::new(server(), Duration::from_millis(1));
        let answer = client.ask_in_background("alone");
        assert_eq!(futures_lite::future::block_on(answer).unwrap(), "alone");
    });
}

#[test]
fn a_panic_names_the_line_that_wants_a_loop() {
    let client = Client::new(server(), Duration::from_millis(1));
    let asked = catch_unwind(AssertUnwindSafe(|| drop(client.ask_in_background("alone"))));
    assert_eq!(asked.is_ok(), cfg!(feature = "global"));
    if let Err(panic) = asked {
        let message = panic.downcast::<String>().expect("a message");
        // The library's, not anyloop's.
        assert!(message.contains("callers/src/lib.rs:"), "{message}");
    }
}

#[test]
fn what_may_fail_gives_an_error() {
    let addr = server();
    let result = futures_lite::future::block_on(connect(addr));
    assert_eq!(result.is_ok(), cfg!(feature = "global"), "{result:?}");
    if let Err(error) = result {
        advises(&error.to_string());
    }
}

async fn catch_future<F: Future>(future: F) -> thread::Result<F::Output> {
    futures_lite::FutureExt::catch_unwind(AssertUnwindSafe(future)).await
}

#[cfg(not(feature = "global"))]
#[test]
fn bak10_without_a_loop_the_error_advises() {
    let error = anyloop::runtime::Handle::try_current().unwrap_err().to_string();
    if anyloop::runtime::Backend::compiled().is_empty() {
        advises(&error);
    } else {
        assert!(error.contains("Runtime::block_on"), "{error}");
    }
    let panic = catch_unwind(|| anyloop::spawn(async {})).unwrap_err();
    let told = panic.downcast::<String>().unwrap();
    assert!(told.starts_with(&error) && told.contains(file!()), "{told}");
}

#[cfg(not(feature = "global"))]
#[test]
fn peer10_what_is_not_spawned_without_a_loop_is_dropped() {
    let dropped = std::sync::Arc::new(());
    let held = dropped.clone();
    assert!(anyloop::task::try_spawn(async move { drop(held) }).is_err());
    assert_eq!(std::sync::Arc::strong_count(&dropped), 1);
}
