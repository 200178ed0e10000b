//! A direction beside a model of it, by any sequence of calls on one thread: the tests draw them,
//! and so does the fuzz target.

use std::array;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Wake, Waker};

use super::Direction;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// What the bits say.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    ready: bool,
    cut: bool,
    closed: bool,
    events: u64,
}

/// Waiters below this have a name.
const NAMED: usize = 4;
const WAITERS: usize = 8;

/// Makes the calls that `draw` decides, which gives a number below its argument, until it gives
/// none. Panics where the direction does otherwise than the model.
pub(crate) fn beside_a_model(mut draw: impl FnMut(u64) -> Option<u64>) -> Option<()> {
    let direction = Direction::new();
    let counts: [Arc<Count>; WAITERS] = array::from_fn(|_| Arc::default());
    let wakers = counts.clone().map(Waker::from);
    let mut ids = [0; NAMED];
    let mut state = State { ready: true, cut: false, closed: false, events: 0 };
    let (mut waiting, mut woken) = (BTreeSet::new(), [0; WAITERS]);
    let (mut seen, mut seen_state) = (direction.look(), state);
    loop {
        let mut wake = Vec::new();
        match draw(20)? {
            0..3 => (seen, seen_state) = (direction.look(), state),
            3..6 => {
                direction.blocked(seen);
                state.ready &= state != seen_state;
            }
            6 => {
                direction.short_transfer(seen);
                state.ready &= seen_state.cut || state != seen_state;
            }
            7 => assert!(direction.failed(seen, ErrorKind::Interrupted.into()).is_ok()),
            8..11 => {
                let cut = draw(4)? == 0;
                direction.event(cut, &mut wake);
                state = State { ready: true, cut: state.cut | cut, events: state.events + 1, ..state };
            }
            11..17 => {
                let waiter = draw(WAITERS as u64)? as usize;
                let waits = match ids.get_mut(waiter) {
                    Some(id) => direction.wait(id, &wakers[waiter]),
                    None => direction.wait_unnamed(&wakers[waiter]),
                };
                assert_eq!(waits, !state.ready && !state.closed);
                if waits {
                    waiting.insert(waiter);
                }
            }
            17 => {
                let waiter = draw(NAMED as u64)? as usize;
                if ids[waiter] != 0 {
                    direction.leave(ids[waiter]);
                    waiting.remove(&waiter);
                }
            }
            18 => direction.wake_all(&mut wake),
            _ => {
                if draw(8)? == 0 {
                    direction.close(&mut wake);
                    state.closed = true;
                }
            }
        }
        if !wake.is_empty() {
            assert_eq!(wake.len(), waiting.len());
            waiting.iter().for_each(|&waiter| woken[waiter] += 1);
            waiting.clear();
            wake.into_iter().for_each(Waker::wake);
        }
        let now = direction.look();
        assert_eq!((now.is_ready(), now.is_closed()), (state.ready && !state.closed, state.closed));
        assert_eq!(direction.is_awaited(), !waiting.is_empty());
        assert!(waiting.is_empty() || !state.ready, "an event was lost");
        assert_eq!(counts.each_ref().map(|count| count.0.load(SeqCst)), woken);
    }
}
