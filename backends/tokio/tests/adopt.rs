//! A library on anyloop works inside a program that only knows tokio.

use std::time::{Duration, Instant};

use loop_api::{EventLoop, Handle, LocalError, RunError};
use loop_tokio::{TokioHandle, TokioLoop, adopt};

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn current() -> TokioHandle {
    TokioHandle::try_current().expect("a tokio runtime is running here")
}

fn same(a: &TokioHandle, b: &TokioHandle) -> bool {
    std::ptr::eq(a.shared(), b.shared())
}

#[test]
fn there_is_no_loop_outside() {
    assert!(TokioHandle::try_current().is_none());
}

#[test]
fn a_running_runtime_is_adopted_and_twice_gives_the_same_loop() {
    for runtime in [current_thread(), multi_thread()] {
        let explicit = adopt(runtime.handle().clone());
        runtime.block_on(async {
            let here = current();
            assert!(here.shared().is_adopted());
            assert!(same(&here, &explicit));
            let (in_task, in_job) = (
                tokio::spawn(async { current() }).await.unwrap(),
                tokio::task::spawn_blocking(current).await.unwrap(),
            );
            assert!(same(&here, &in_task) && same(&here, &in_job));
        });
    }
}

#[test]
fn a_local_runtime_is_adopted() {
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    let seven = runtime.block_on(async { current().spawn(async { 7 }).await.unwrap() });
    assert_eq!(seven, 7);
}

#[test]
fn two_runtimes_are_two_loops() {
    let (a, b) = (current_thread(), current_thread());
    let (a, b) = (a.block_on(async { current() }), b.block_on(async { current() }));
    assert!(!same(&a, &b));
}

#[test]
fn tasks_timers_and_jobs_work_in_an_adopted_runtime() {
    for runtime in [current_thread(), multi_thread()] {
        runtime.block_on(async {
            let handle = current();
            let start = Instant::now();
            handle.sleep(Duration::from_millis(5)).await;
            assert!(start.elapsed() >= Duration::from_millis(5));
            assert_eq!(handle.spawn(async { 1 }).await.unwrap(), 1);
            assert_eq!(handle.spawn_blocking(|| 2).await.unwrap(), 2);
            let local = handle.try_spawn_local(async {});
            assert_eq!(local.err(), Some(LocalError::Unsupported));
        });
    }
}

#[test]
fn without_io_a_socket_is_an_error_that_names_the_remedy() {
    use loop_api::net::{Net, UdpOptions};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let error = runtime
        .block_on(async { current().bind_udp(([127, 0, 0, 1], 0).into(), &UdpOptions::default()) })
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    assert!(error.to_string().contains("enable_io"), "{error}");
}

#[cfg(all(unix, feature = "signal"))]
#[test]
fn without_io_listening_to_a_signal_is_an_error_that_names_the_remedy() {
    use loop_api::signal::{SignalKind, Signals};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let error = runtime.block_on(async { current().signal(SignalKind::hangup()) }).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    assert!(error.to_string().contains("enable_io"), "{error}");
}

#[test]
fn an_adopted_loop_is_closed_when_its_runtime_ends() {
    for runtime in [current_thread(), multi_thread()] {
        let handle = runtime.block_on(async { current() });
        let sleep = handle.sleep(Duration::ZERO);
        assert!(!handle.shared().is_closed());
        drop(runtime);
        assert!(handle.shared().is_closed());
        assert_eq!(handle.try_block_on(async {}), Err(RunError::Closed));
        let error = futures_lite::future::block_on(handle.spawn(async {})).unwrap_err();
        assert!(error.is_closed());
        // It never ends, but it does not panic either.
        assert!(futures_lite::future::block_on(futures_lite::future::poll_once(sleep)).is_none());
    }
}

#[test]
fn a_handler_outlives_the_handles_of_an_adopted_loop() {
    let runtime = current_thread();
    let (tell, told) = std::sync::mpsc::channel();
    runtime.block_on(async move {
        let tell = std::sync::Mutex::new(tell);
        current().shared().set_exception_handler(Some(std::sync::Arc::new(move |exception| {
            tell.lock().unwrap().send(exception.message().to_owned()).unwrap();
        })));
        drop(current().spawn(async { panic!("unseen") }));
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    });
    assert_eq!(told.recv_timeout(Duration::from_secs(10)).unwrap(), "unseen");
}

#[test]
fn the_loop_of_our_own_runtime_is_found_not_adopted() {
    for mut tokio in [TokioLoop::new().unwrap(), TokioLoop::builder().worker_threads(2).build().unwrap()] {
        let handle = tokio.handle().clone();
        assert!(same(&adopt(handle.runtime().clone()), &handle));
        tokio.block_on(async {
            assert!(same(&current(), &handle));
            let in_task = handle.spawn(async { current() }).await.unwrap();
            let in_foreign_task = tokio::spawn(async { current() }).await.unwrap();
            let in_job = handle.spawn_blocking(current).await.unwrap();
            assert!(same(&in_task, &handle) && same(&in_foreign_task, &handle) && same(&in_job, &handle));
            assert!(!handle.shared().is_adopted());
        });
    }
}

#[test]
fn a_handle_works_on_foreign_threads() {
    let runtime = multi_thread();
    let handle = adopt(runtime.handle().clone());
    std::thread::spawn(move || {
        let sleep = handle.sleep(Duration::from_millis(1));
        handle.block_on(sleep);
        assert_eq!(handle.block_on(handle.spawn(async { 3 })).unwrap(), 3);
        handle.enter(|| assert!(same(&current(), &handle)));
    })
    .join()
    .unwrap();
}

#[test]
fn blocking_a_thread_that_runs_an_adopted_runtime_is_refused() {
    for runtime in [current_thread(), multi_thread()] {
        runtime.block_on(async {
            let handle = current();
            assert_eq!(handle.try_block_on(async {}), Err(RunError::Nested));
            assert_eq!(TokioLoop::new().unwrap().try_block_on(async {}), Err(RunError::Nested));
            // The question took nothing of what this future may do before it has to yield.
            assert!(tokio::task::coop::has_budget_remaining());
            let task = handle.spawn(async { current().try_block_on(async {}) });
            assert_eq!(task.await.unwrap(), Err(RunError::Nested));
            let job = handle.spawn_blocking(|| current().try_block_on(async { 5 }));
            assert_eq!(job.await.unwrap(), Ok(5));
        });
        // Entering is not running.
        let _entered = runtime.enter();
        assert_eq!(current().try_block_on(async { 6 }), Ok(6));
        assert_eq!(TokioLoop::new().unwrap().try_block_on(async { 7 }), Ok(7));
    }
}

#[test]
#[cfg(feature = "test-util")]
fn the_clock_of_an_adopted_runtime_is_stopped_with_tokios() {
    use loop_api::time::Instant;

    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let handle = current();
        handle.sleep(Duration::from_secs(3600)).await;
        let start = Instant::now();
        assert_eq!(start, handle.now());
        handle.sleep_until(start + Duration::from_secs(60)).await;
        assert_eq!(start.elapsed().as_secs(), 60);
    });
    // Outside of it the thread's time is the system's.
    assert!(Instant::now() <= Instant::from_std(std::time::Instant::now()));
}
