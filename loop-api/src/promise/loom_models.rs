//! The promise's races, every interleaving: settle, poll, cancel and drop against one another. Each
//! model is shown to find the bug it is there for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use loom::future::block_on;
use loom::thread;

use super::{Deferred, DeferredError, promise};
use crate::loom_shim::{model, model_with_bug};

/// Whether the waiter was woken; not part of the model.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Polls while `other` runs, and again when it is done: by then it must have been woken.
fn poll_during<T>(mut deferred: Deferred<T>, other: impl FnOnce() + 'static) -> Result<T, DeferredError> {
    let other = thread::spawn(other);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    let first = Pin::new(&mut deferred).poll(&mut cx);
    other.join().unwrap();
    match first {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => {
            assert!(woken.0.load(Ordering::SeqCst), "lost wake-up");
            deferred.try_result()
        }
    }
}

fn settle_against_poll() {
    let (promise, deferred) = promise();
    assert_eq!(poll_during(deferred, move || promise.settle(7).unwrap()).unwrap(), 7);
}

fn drop_against_poll() {
    let (promise, deferred) = promise::<u8>();
    assert!(poll_during(deferred, move || drop(promise)).unwrap_err().is_abandoned());
}

fn settle_against_cancel() {
    let (promise, mut deferred) = promise();
    let settler = thread::spawn(move || promise.settle(7).is_ok());
    let cancelled = deferred.cancel();
    let settled = settler.join().unwrap();
    assert_ne!(settled, cancelled, "exactly one of them comes first");
    match deferred.try_result() {
        Ok(value) => assert!(settled && value == 7),
        Err(DeferredError::Cancelled) => assert!(cancelled),
        Err(other) => panic!("{other}"),
    }
}

fn cancel_against_cancelled() {
    let (mut promise, deferred) = promise::<u8>();
    let canceller = thread::spawn(move || drop(deferred));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let first = promise.poll_cancelled(&mut Context::from_waker(&waker));
    canceller.join().unwrap();
    assert!(promise.is_cancelled());
    assert!(first.is_ready() || woken.0.load(Ordering::SeqCst), "lost wake-up");
}

fn two_waiters() {
    let (promise, deferred) = promise();
    let (one, two) = {
        let shared = deferred.share();
        (shared.clone(), shared)
    };
    let waiter = thread::spawn(move || block_on(one).unwrap());
    let settler = thread::spawn(move || promise.settle(7).unwrap());
    // One leaves: the other is not harmed.
    drop(two);
    assert_eq!(waiter.join().unwrap(), 7);
    settler.join().unwrap();
}

fn settle_against_chaining() {
    let (first, middle) = promise();
    let (second, mut last) = promise();
    let settler = thread::spawn(move || first.settle(7).unwrap());
    middle.forward_to(second);
    settler.join().unwrap();
    assert_eq!(last.try_result().unwrap(), 7);
}

fn settle_against_cancelled_chain() {
    let (first, middle) = promise();
    let (second, last) = promise();
    middle.forward_to(second);
    let settler = thread::spawn(move || {
        let _late = first.settle(7);
    });
    let cancelled = last.cancel();
    settler.join().unwrap();
    assert_eq!(block_on(last).is_err(), cancelled);
}

#[test]
fn loom_settle_against_poll() {
    model(settle_against_poll);
    model_with_bug("waker taken too early", settle_against_poll);
    model_with_bug("look, then register", settle_against_poll);
}

#[test]
fn loom_drop_against_poll() {
    model(drop_against_poll);
    model_with_bug("waker taken too early", drop_against_poll);
}

#[test]
fn loom_settle_against_cancel() {
    model(settle_against_cancel);
    model_with_bug("settle in two steps", settle_against_cancel);
}

#[test]
fn loom_cancel_against_cancelled() {
    model(cancel_against_cancelled);
    model_with_bug("cancel wakes no waiter", cancel_against_cancelled);
}

#[test]
fn loom_two_waiters() {
    model(two_waiters);
    model_with_bug("a leaver cancels", two_waiters);
}

#[test]
fn loom_settle_against_chaining() {
    model(settle_against_chaining);
    model_with_bug("look, then chain", settle_against_chaining);
}

#[test]
fn loom_settle_against_cancelled_chain() {
    model(settle_against_cancelled_chain);
    model_with_bug("settle in two steps", settle_against_cancelled_chain);
}
