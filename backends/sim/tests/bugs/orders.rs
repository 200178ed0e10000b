//! Bugs that an order of tasks shows.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use futures_lite::future;
use loop_api::{EventLoop, Handle};
use loop_sim::NetConfig;

use super::{find, here, ms, run_all, world};

#[test]
fn a_lost_update() {
    find("lost", NetConfig::default(), |sim| {
        let value = Arc::new(Mutex::new(0));
        let add = |value: Arc<Mutex<u32>>| async move {
            let read = *value.lock().unwrap();
            future::yield_now().await;
            *value.lock().unwrap() = read + 1;
        };
        run_all(sim, [add(value.clone()), add(value.clone())]);
        assert_eq!(*value.lock().unwrap(), 2, "an update was lost");
    });
}

#[test]
fn money_that_is_spent_twice() {
    find("overdrawn", NetConfig::default(), |sim| {
        let balance = Arc::new(Mutex::new(100_i64));
        let spend = |balance: Arc<Mutex<i64>>| async move {
            let enough = *balance.lock().unwrap() >= 80;
            // The payment is made in between.
            here().sleep(ms(world().random(3))).await;
            if enough {
                *balance.lock().unwrap() -= 80;
            }
        };
        let late = |balance| async move {
            here().sleep(ms(world().random(20))).await;
            spend(balance).await;
        };
        run_all(sim, [late(balance.clone()), late(balance.clone())]);
        assert!(*balance.lock().unwrap() >= 0, "overdrawn");
    });
}

#[test]
fn a_wake_that_is_lost_between_a_look_and_a_wait() {
    find("can never happen", NetConfig::default(), |sim| {
        let (set, waiter) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(None::<std::task::Waker>)));
        let (is_set, waits) = (set.clone(), waiter.clone());
        let consumer = sim.handle().spawn(async move {
            if is_set.load(SeqCst) == 0 {
                future::yield_now().await;
                let mut waited = false;
                future::poll_fn(|cx| {
                    if std::mem::replace(&mut waited, true) {
                        return std::task::Poll::Ready(());
                    }
                    *waits.lock().unwrap() = Some(cx.waker().clone());
                    std::task::Poll::Pending
                })
                .await;
            }
        });
        let producer = sim.handle().spawn(async move {
            set.store(1, SeqCst);
            if let Some(waker) = waiter.lock().unwrap().take() {
                waker.wake();
            }
        });
        sim.block_on(async { (producer.await.unwrap(), consumer.await.unwrap()) });
    });
}

/// A lock of one place, by which others wait in a queue of wakers.
#[derive(Default)]
struct Lock(Mutex<(bool, Vec<std::task::Waker>)>);

impl Lock {
    async fn lock(&self) {
        future::poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if !std::mem::replace(&mut state.0, true) {
                return std::task::Poll::Ready(());
            }
            state.1.push(cx.waker().clone());
            std::task::Poll::Pending
        })
        .await
    }

    fn unlock(&self) {
        let wakers = {
            let mut state = self.0.lock().unwrap();
            state.0 = false;
            std::mem::take(&mut state.1)
        };
        wakers.into_iter().for_each(std::task::Waker::wake);
    }
}

#[test]
fn a_deadlock_of_two_locks() {
    find("can never happen", NetConfig::default(), |sim| {
        let (one, other) = (Arc::new(Lock::default()), Arc::new(Lock::default()));
        let both = |first: Arc<Lock>, second: Arc<Lock>| async move {
            first.lock().await;
            future::yield_now().await;
            second.lock().await;
            second.unlock();
            first.unlock();
        };
        run_all(sim, [both(one.clone(), other.clone()), both(other, one)]);
    });
}

/// A queue with place for one.
#[derive(Default)]
struct Channel(Mutex<(Option<u32>, Vec<std::task::Waker>)>);

impl Channel {
    /// Waits until `f` gives something, which wakes the others.
    async fn until<T>(&self, mut f: impl FnMut(&mut Option<u32>) -> Option<T>) -> T {
        future::poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            match f(&mut state.0) {
                Some(done) => {
                    std::mem::take(&mut state.1).into_iter().for_each(std::task::Waker::wake);
                    std::task::Poll::Ready(done)
                }
                None => {
                    state.1.push(cx.waker().clone());
                    std::task::Poll::Pending
                }
            }
        })
        .await
    }

    async fn send(&self, n: u32) {
        self.until(|place| place.is_none().then(|| *place = Some(n))).await;
    }

    async fn receive(&self) -> u32 {
        self.until(Option::take).await
    }
}

#[test]
fn a_deadlock_by_a_full_channel() {
    find("can never happen", NetConfig::default(), |sim| {
        let (jobs, results) = (Arc::new(Channel::default()), Arc::new(Channel::default()));
        let (to, from) = (jobs.clone(), results.clone());
        let asks = sim.handle().spawn(async move {
            to.send(1).await;
            to.send(2).await;
            // It reads only now: until then there is place for one result.
            from.receive().await + from.receive().await
        });
        let told = results.clone();
        let works = sim.handle().spawn(async move {
            told.send(0).await;
            jobs.receive().await + jobs.receive().await
        });
        let reports = sim.handle().spawn(async move { results.send(0).await });
        sim.block_on(async { (asks.await.unwrap(), works.await.unwrap(), reports.await.unwrap()) });
    });
}

#[test]
fn a_queue_that_starves_the_oldest() {
    find("waited for too long", NetConfig::default(), |sim| {
        let queue = Arc::new(Mutex::new(Vec::new()));
        let waiting = queue.clone();
        let worker = sim.handle().spawn(async move {
            for _ in 0..200 {
                let newest = queue.lock().unwrap().pop();
                if let Some(since) = newest {
                    world().always("waited for too long", here().now() - since < ms(250));
                }
                here().sleep(ms(5)).await;
            }
        });
        let asks = sim.handle().spawn(async move {
            for _ in 0..200 {
                waiting.lock().unwrap().push(here().now());
                here().sleep(ms(1 + world().random(9))).await;
            }
        });
        sim.block_on(async { (worker.await.unwrap(), asks.await.unwrap()) });
    });
}
