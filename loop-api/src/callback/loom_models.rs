//! The queue's race, every interleaving: a push while the pump decides that it is idle.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use loom::thread;

use super::job::Closure;
use super::queue::{Queue, Rest};
use crate::loom_shim::{model, model_with_bug};

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What a pump does at a poll, until it would wait.
fn polls(queue: &Queue, waker: &Waker, woken: &Woken) {
    const ID: u64 = 1;
    let mut batch = VecDeque::new();
    loop {
        woken.0.store(false, Ordering::SeqCst);
        let known = queue.is_registered(ID);
        if known && queue.is_idle() {
            return;
        }
        queue.begin(&mut batch);
        while let Some(job) = batch.pop_front() {
            job.run();
        }
        let mut fresh = (!known).then(|| waker.clone());
        if let Rest::Idle(_) = queue.end(ID, &mut fresh) {
            return;
        }
    }
}

fn push_against_idle() {
    let queue = Arc::new(Queue::default());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let ran = Arc::new(AtomicUsize::new(0));
    let push = || {
        let (queue, ran) = (queue.clone(), ran.clone());
        let count = move || {
            ran.fetch_add(1, Ordering::SeqCst);
        };
        thread::spawn(move || queue.push(Arc::new(Closure::new(count))).unwrap())
    };
    let pushes = [push(), push()];
    polls(&queue, &waker, &woken);
    // Perhaps between the two.
    thread::yield_now();
    if woken.0.load(Ordering::SeqCst) {
        polls(&queue, &waker, &woken);
    }
    pushes.into_iter().for_each(|push| push.join().unwrap());
    // A pump is polled again only if it was woken.
    while woken.0.load(Ordering::SeqCst) {
        polls(&queue, &waker, &woken);
    }
    assert_eq!(ran.load(Ordering::SeqCst), 2, "a callback waits and no pump was woken for it");
}

#[test]
fn loom_push_against_idle() {
    model(push_against_idle);
    model_with_bug("look, then count as idle", push_against_idle);
    model_with_bug("tell, then push", push_against_idle);
    model_with_bug("the taken waker counts as registered", push_against_idle);
}
