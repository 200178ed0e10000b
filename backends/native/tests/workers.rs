//! The loop with worker threads.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_lite::future::{self, yield_now};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, Stream, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_native::NativeLoop;

fn with_workers(workers: usize) -> NativeLoop {
    NativeLoop::builder().worker_threads(workers).build().unwrap()
}

#[test]
fn tasks_that_wait_for_each_other_run_side_by_side() {
    let mut native = with_workers(3);
    let handle = native.handle().clone();
    let barrier = Arc::new(std::sync::Barrier::new(3));
    let threads = Arc::new(Mutex::new(HashSet::new()));
    native.block_on(async {
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let (barrier, threads) = (barrier.clone(), threads.clone());
                handle.spawn(async move {
                    // Blocks the worker: only if all three are awake do they get on.
                    barrier.wait();
                    threads.lock().unwrap().insert(thread::current().id());
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(threads.lock().unwrap().len(), 3);
}

#[test]
fn no_task_is_lost_among_many_that_spawn_yield_and_sleep() {
    for workers in [1, 2, 4] {
        let mut native = with_workers(workers);
        let handle = native.handle().clone();
        let done = Arc::new(AtomicUsize::new(0));
        native.block_on(async {
            let roots: Vec<_> = (0..50)
                .map(|number: u64| {
                    let (inner, done) = (handle.clone(), done.clone());
                    handle.spawn(async move {
                        let mut leaves = Vec::new();
                        for leaf in 0..40 {
                            let (sleep, done) = (inner.sleep(Duration::from_micros(leaf * 7)), done.clone());
                            leaves.push(inner.spawn(async move {
                                if (leaf + number) % 3 == 0 {
                                    sleep.await;
                                } else {
                                    yield_now().await;
                                }
                                done.fetch_add(1, Ordering::Relaxed);
                            }));
                        }
                        for leaf in leaves {
                            leaf.await.unwrap();
                        }
                    })
                })
                .collect();
            for root in roots {
                root.await.unwrap();
            }
        });
        assert_eq!(done.load(Ordering::Relaxed), 2000);
    }
}

#[test]
fn a_quiet_loop_wakes_for_each_of_many_single_tasks() {
    let mut native = with_workers(2);
    let handle = native.handle().clone();
    for number in 0..300 {
        let task = handle.spawn(async move { number });
        assert_eq!(future::block_on(task).unwrap(), number);
        if number % 50 == 0 {
            // All asleep.
            thread::sleep(Duration::from_millis(1));
        }
    }
    native.block_on(yield_now());
}

#[test]
fn connections_are_served_on_all_workers() {
    let mut native = with_workers(2);
    let handle = native.handle().clone();
    native.block_on(async {
        let listener = handle.listen_tcp("127.0.0.1:0".parse().unwrap(), &TcpOptions::default()).unwrap();
        let address = listener.local_addr().unwrap();
        let (inner, clients) = (handle.clone(), 20);
        let server = handle.spawn(async move {
            for _ in 0..clients {
                let (mut stream, _) = listener.accept().await.unwrap();
                drop(inner.spawn(async move {
                    let mut buffer = [0; 512];
                    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                        stream.write_all(&buffer[..count]).await.unwrap();
                    }
                }));
            }
        });
        let tasks: Vec<_> = (0..clients)
            .map(|client| {
                let inner = handle.clone();
                handle.spawn(async move {
                    let mut stream = inner.connect_tcp(address, TcpOptions::default()).await.unwrap();
                    for round in 0..50 {
                        let sent = [client as u8 ^ round; 100];
                        stream.write_all(&sent).await.unwrap();
                        let mut got = [0; 100];
                        stream.read_exact(&mut got).await.unwrap();
                        assert_eq!(got, sent);
                    }
                    stream.shutdown(std::net::Shutdown::Both).unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        server.await.unwrap();
    });
}

#[test]
fn a_loop_with_busy_workers_closes() {
    for _ in 0..50 {
        let native = with_workers(2);
        let handle = native.handle().clone();
        for _ in 0..10 {
            let inner = handle.clone();
            drop(handle.spawn(async move {
                loop {
                    yield_now().await;
                    drop(inner.spawn(inner.sleep(Duration::from_micros(50))));
                }
            }));
        }
        drop(native);
        assert!(handle.shared().is_closed());
        assert!(future::block_on(handle.spawn(async {})).is_err());
    }
}
