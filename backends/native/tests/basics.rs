//! The loop on one thread: tasks, sleeps, wakes from other threads.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use loop_api::{EventLoop, Handle, LocalError, RunError};
use loop_native::NativeLoop;

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn tasks_start_in_spawn_order_whether_spawned_before_or_inside() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = |number: usize| {
        let seen = seen.clone();
        async move { seen.lock().unwrap().push(number) }
    };
    for number in 0..100 {
        drop(handle.spawn(record(number)));
    }
    native.block_on(async {
        for number in 100..200 {
            drop(handle.spawn(record(number)));
        }
        handle.spawn(async {}).await.unwrap();
    });
    assert_eq!(*seen.lock().unwrap(), (0..200).collect::<Vec<_>>());
}

#[test]
fn sleeps_end_in_order_and_never_early() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let start = Instant::now();
        let tasks: Vec<_> = [7, 3, 5, 3, 0, 1]
            .into_iter()
            .map(|millis| {
                let deadline = start + Duration::from_millis(millis);
                let (seen, sleep) = (seen.clone(), handle.sleep_until(deadline.into()));
                handle.spawn_local(async move {
                    sleep.await;
                    assert!(start.elapsed() >= Duration::from_millis(millis));
                    seen.borrow_mut().push(millis);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*seen.borrow(), [0, 1, 3, 3, 5, 7]);
    });
}

#[test]
fn a_wake_from_another_thread_ends_the_wait() {
    let mut native = NativeLoop::new().unwrap();
    for _ in 0..200 {
        let woken = Arc::new(Mutex::new((false, None::<Waker>)));
        let other = thread::spawn({
            let woken = woken.clone();
            move || {
                let mut woken = woken.lock().unwrap();
                woken.0 = true;
                if let Some(waker) = woken.1.take() {
                    waker.wake();
                }
            }
        });
        native.block_on(poll_fn(|cx| {
            let mut woken = woken.lock().unwrap();
            woken.1 = Some(cx.waker().clone());
            if woken.0 { Poll::Ready(()) } else { Poll::Pending }
        }));
        other.join().unwrap();
    }
}

#[test]
fn spawning_from_another_thread_wakes_the_loop() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let (sender, receiver) = mpsc::channel();
    let other = thread::spawn(move || {
        for number in 0..500 {
            let task = handle.spawn(async move { number });
            sender.send(handle.block_on(task).unwrap()).unwrap();
        }
        handle.stop();
    });
    native.run_forever().unwrap();
    other.join().unwrap();
    assert_eq!(receiver.iter().collect::<Vec<_>>(), (0..500).collect::<Vec<_>>());
}

#[test]
fn a_shorter_sleep_on_another_thread_shortens_the_wait() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let long = handle.sleep(Duration::from_secs(3600));
    let task = thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        handle.block_on(handle.sleep(Duration::from_millis(1)));
        handle.stop();
    });
    assert!(native.try_block_on(long).is_err());
    task.join().unwrap();
}

#[test]
fn a_task_that_yields_for_ever_starves_no_timer() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let busy = handle.spawn(async {
            loop {
                yield_now().await;
            }
        });
        handle.sleep(Duration::from_millis(3)).await;
        busy.abort();
    });
}

#[test]
fn local_tasks_are_refused_outside_the_run() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    assert_eq!(handle.try_spawn_local(async {}).err(), Some(LocalError::NotLoopThread));
    native.close();
    assert_eq!(handle.try_spawn_local(async {}).err(), Some(LocalError::Closed));
    assert_eq!(native.try_block_on(async {}), Err(RunError::Closed));
}

#[test]
fn many_loops_leave_no_descriptor_open() {
    let mut handles = Vec::new();
    for _ in 0..2000 {
        let mut native = NativeLoop::new().unwrap();
        let handle = native.handle().clone();
        // A task that keeps its own loop alive, and one that never ends.
        let inner = handle.clone();
        drop(handle.spawn(async move {
            inner.sleep(Duration::MAX).await;
        }));
        native.block_on(yield_now());
        handles.push(handle);
    }
    assert!(handles.iter().all(|handle| handle.shared().is_closed()));
}

#[test]
fn a_sleep_is_small() {
    // While it waits it takes 40 bytes more in its loop's wheel.
    assert!(size_of::<loop_native::NativeSleep>() <= 24);
}
