//! Tasks in sets, and signals between them, on every backend.
#![cfg(all(feature = "macros", feature = "sync"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyloop::sync::{Mutex, Notify, mpsc, oneshot, watch};
use anyloop::task::{self, JoinSet};
use anyloop::time::{Duration, sleep};

#[anyloop::test]
async fn a_set_gives_outputs_in_the_order_of_their_ends() {
    let mut set = JoinSet::new();
    let (first, wait) = oneshot::channel::<()>();
    set.spawn(async move { wait.await.map_or(0, |()| 1) });
    set.spawn(async move {
        first.send(()).unwrap();
        2
    });
    assert_eq!(set.len(), 2);
    assert_eq!(set.join_next().await.unwrap().unwrap(), 2);
    assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
    assert!(set.join_next().await.is_none());
    // Places are used again.
    set.spawn(async { 3 });
    assert_eq!(set.join_all().await, [3]);
}

#[anyloop::test]
async fn a_dropped_set_aborts_its_tasks() {
    struct Count(Arc<AtomicUsize>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut set = JoinSet::new();
    for _ in 0..10 {
        let count = Count(dropped.clone());
        set.spawn(async move {
            let _count = count;
            std::future::pending::<()>().await;
        });
    }
    task::yield_now().await;
    let abort = set.spawn(async {});
    abort.abort();
    set.shutdown().await;
    assert_eq!(dropped.load(Ordering::SeqCst), 10);
    assert!(set.is_empty());
}

#[anyloop::test]
async fn a_set_of_many_loses_none() {
    let mut set = JoinSet::new();
    for n in 0..1000_u64 {
        set.spawn(async move {
            if n % 3 == 0 {
                sleep(Duration::from_micros(n)).await;
            }
            task::yield_now().await;
            n
        });
    }
    let mut sum = 0;
    while let Some(n) = set.join_next().await {
        sum += n.unwrap();
    }
    assert_eq!(sum, 499_500);
}

#[anyloop::test(worker_threads = 2)]
async fn channels_and_locks_work_between_threads() {
    let (sender, mut receiver) = mpsc::channel(4);
    let total = Arc::new(Mutex::new(0));
    for n in 1..=10 {
        let (sender, total) = (sender.clone(), total.clone());
        drop(task::spawn(async move {
            *total.lock().await += n;
            sender.send(n).await.unwrap();
        }));
    }
    drop(sender);
    let mut sum = 0;
    while let Some(n) = receiver.recv().await {
        sum += n;
    }
    assert_eq!((sum, *total.lock().await), (55, 55));
}

#[anyloop::test]
async fn the_last_value_is_seen_and_so_is_the_end() {
    let (sender, mut receiver) = watch::channel(0);
    let watcher = task::spawn(async move {
        receiver.wait_for(|n| *n == 3).await.map(|_| ()).unwrap();
        while receiver.changed().await.is_ok() {}
        *receiver.borrow()
    });
    for n in 1..=4 {
        sender.send(n).unwrap();
        if n == 3 {
            sleep(Duration::from_millis(5)).await;
        }
    }
    drop(sender);
    assert_eq!(watcher.await.unwrap(), 4);
}

#[anyloop::test]
async fn a_signal_reaches_a_task() {
    let notify = Arc::new(Notify::new());
    let waiter = task::spawn({
        let notify = notify.clone();
        async move { notify.notified().await }
    });
    task::yield_now().await;
    notify.notify_one();
    waiter.await.unwrap();
}

#[test]
fn a_message_comes_once_or_its_end_is_told() {
    futures_lite::future::block_on(async {
        let (sender, mut receiver) = oneshot::channel();
        assert_eq!(receiver.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        sender.send(1).unwrap();
        assert_eq!(receiver.try_recv(), Ok(1));
        assert_eq!(receiver.try_recv(), Err(oneshot::error::TryRecvError::Closed));

        let (sender, receiver) = oneshot::channel::<u8>();
        drop(sender);
        assert!(receiver.await.is_err());

        let (mut sender, receiver) = oneshot::channel::<u8>();
        drop(receiver);
        sender.closed().await;
        assert_eq!(sender.send(2), Err(2));

        let (sender, mut receiver) = mpsc::unbounded_channel();
        sender.send(1).unwrap();
        receiver.close();
        assert!(sender.send(2).is_err());
        assert_eq!(receiver.recv().await, Some(1));
        assert_eq!(receiver.recv().await, None);
        assert_eq!(receiver.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    });
}
