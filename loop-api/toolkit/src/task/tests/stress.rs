//! Many threads, and sequences of operations drawn at random. The seed is in the message of
//! whatever fails.

use std::future::poll_fn;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use super::super::{AbortHandle, JoinHandle};
use super::behaviour::now;
use super::support::{Dropped, Executor};

/// A generator of numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}

/// A task that ends after `polls` polls, and leaves its waker each time.
fn spawn(
    executor: &Executor,
    polls: usize,
    wakers: &Arc<Mutex<Vec<Waker>>>,
) -> (JoinHandle<Dropped>, [Arc<AtomicUsize>; 2]) {
    let (future, future_drops) = Dropped::new();
    let (output, output_drops) = Dropped::new();
    let wakers = Arc::clone(wakers);
    let (mut polls, mut output) = (polls, Some(output));
    let join = executor.spawn(poll_fn(move |cx| {
        let _future = &future;
        if polls == 0 {
            return Poll::Ready(output.take().unwrap());
        }
        polls -= 1;
        match polls % 3 {
            0 => cx.waker().wake_by_ref(),
            _ => wakers.lock().unwrap().push(cx.waker().clone()),
        }
        Poll::Pending
    }));
    (join, [future_drops, output_drops])
}

#[test]
fn any_sequence_of_operations_drops_everything_once() {
    for seed in 1_u64..if cfg!(miri) { 12 } else { 600 } {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let executor = Executor::new();
        let wakers = Arc::default();
        let mut joins: Vec<JoinHandle<Dropped>> = Vec::new();
        let mut aborts: Vec<AbortHandle> = Vec::new();
        let mut counts = Vec::new();
        let mut runnables = Vec::new();
        for _ in 0..random.below(80) {
            let pick = random.below(64);
            match random.below(12) {
                0..=2 => {
                    let (join, count) = spawn(&executor, random.below(6), &wakers);
                    aborts.push(join.abort_handle());
                    joins.push(join);
                    counts.extend(count);
                }
                3..=4 => drop(executor.step()),
                5 => runnables.extend(executor.pop()),
                6 => runnables.truncate(pick % 4),
                7 if !joins.is_empty() => {
                    let mut join = joins.swap_remove(pick % joins.len());
                    if join.is_finished() && pick % 2 == 0 {
                        drop(now(&mut join));
                    }
                }
                8 if !aborts.is_empty() => aborts[pick % aborts.len()].abort(),
                9 if !aborts.is_empty() => drop(aborts.swap_remove(pick % aborts.len())),
                10 | 11 => {
                    let waker = wakers.lock().unwrap().pop();
                    if let Some(waker) = waker {
                        if pick % 2 == 0 { waker.wake() } else { waker.wake_by_ref() }
                    }
                }
                _ if pick == 0 => executor.close(),
                _ => {}
            }
        }
        executor.close();
        assert!(executor.set().is_empty(), "seed {seed}");
        for join in &mut joins {
            assert!(join.is_finished(), "seed {seed}");
            drop(now(join));
        }
        drop((joins, aborts, runnables));
        wakers.lock().unwrap().clear();
        assert!(counts.iter().all(|count| count.load(SeqCst) == 1), "seed {seed}");
    }
}

#[test]
fn threads_that_run_wake_abort_and_join_lose_nothing() {
    let (rounds, tasks) = if cfg!(miri) { (2, 6) } else { (30, 200) };
    for round in 0..rounds {
        let executor = Executor::new();
        let wakers = Arc::<Mutex<Vec<Waker>>>::default();
        let (joins, counts): (Vec<_>, Vec<_>) =
            (0..tasks).map(|task| spawn(&executor, task % 7, &wakers)).unzip();
        let aborts: Vec<_> = joins.iter().step_by(3).map(JoinHandle::abort_handle).collect();
        let left = AtomicUsize::new(2);
        let results = std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        let ran = executor.step();
                        let woken = wakers.lock().unwrap().pop().map(Waker::wake).is_some();
                        if !ran && !woken {
                            // The close comes when about half the rounds have tasks left.
                            if executor.set().is_empty() || round % 2 == 1 {
                                break;
                            }
                            std::thread::yield_now();
                        }
                    }
                    if left.fetch_sub(1, SeqCst) == 1 {
                        executor.close();
                    }
                });
            }
            scope.spawn(|| aborts.iter().for_each(AbortHandle::abort));
            let joiner = scope.spawn(|| {
                joins.into_iter().map(|join| futures_lite::future::block_on(join).is_ok()).collect::<Vec<_>>()
            });
            joiner.join().unwrap()
        });
        assert_eq!(results.len(), tasks);
        if round % 2 == 0 {
            let not_aborted = results.iter().enumerate().filter(|(index, _)| index % 3 != 0);
            assert!(not_aborted.into_iter().all(|(_, ok)| *ok), "round {round}");
        }
        wakers.lock().unwrap().clear();
        assert!(counts.iter().flatten().all(|count| count.load(SeqCst) == 1), "round {round}");
    }
}
