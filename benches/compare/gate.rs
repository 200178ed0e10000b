//! Starts the clients of a slice, and tells when all are done: on any loop, with nothing but
//! wakers.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Shared by the slice's starter and its clients. It is touched once a client and slice, never at
/// each operation.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Which slice it is, from 1.
    slice: u64,
    /// What each client has to do in it.
    share: u64,
    running: usize,
    clients: Vec<Waker>,
    starter: Option<Waker>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has each of `clients` do its part of `times`, at least one; the future ends when all have.
    pub(crate) fn run(&self, clients: usize, times: u64) -> impl Future<Output = ()> + Send + use<> {
        let waiting = {
            let mut state = self.state();
            state.slice += 1;
            state.share = (times / clients as u64).max(1);
            state.running = clients;
            std::mem::take(&mut state.clients)
        };
        waiting.into_iter().for_each(Waker::wake);
        let gate = self.clone();
        poll_fn(move |cx| {
            let mut state = gate.state();
            if state.running == 0 {
                return Poll::Ready(());
            }
            state.starter = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// How much a client has to do, when the slice after `slice` has begun.
    pub(crate) async fn share(&self, slice: &mut u64) -> u64 {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.slice == *slice {
                state.clients.push(cx.waker().clone());
                return Poll::Pending;
            }
            *slice = state.slice;
            Poll::Ready(state.share)
        })
        .await
    }

    /// A client has done its share.
    pub(crate) fn done(&self) {
        let starter = {
            let mut state = self.state();
            state.running -= 1;
            if state.running == 0 { state.starter.take() } else { None }
        };
        if let Some(starter) = starter {
            starter.wake();
        }
    }
}
