//! TMR: a loop whose clock the test sets.

use std::cell::Cell;
use std::time::Duration;

use crate::Subject;
use crate::support::{Log, make};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::time::{Instant, set_clock};
use loop_api::turn::Turn;

thread_local! {
    static NOW: Cell<Option<Instant>> = const { Cell::new(None) };
}

fn stepped() -> Instant {
    NOW.get().expect("the clock to be set first")
}

/// The system's clock again, however the case ends.
struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        set_clock(None);
    }
}

pub fn tmr23_stepped_clock_fires_exactly_the_due_timers<S: Subject>()
where
    S::Loop: Turn,
{
    NOW.set(Some(Instant::now()));
    let _reset = Reset;
    set_clock(Some(stepped));
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    let start = handle.now();
    for hours in [3_u64, 1, 2, 1] {
        let line = log.clone();
        handle
            .call_at(start + Duration::from_secs(3600 * hours), move || line.push(("callback", hours)))
            .unwrap();
        let (line, inner) = (log.clone(), handle.clone());
        drop(handle.spawn(async move {
            inner.sleep_until(start + Duration::from_secs(3600 * hours)).await;
            line.push(("sleep", hours));
        }));
    }
    let mut settle = |advance: Duration| {
        NOW.set(Some(stepped() + advance));
        for _ in 0..20 {
            subject.turn(Some(Duration::ZERO)).unwrap();
        }
        let mut fired = log.take();
        fired.sort_unstable();
        fired
    };
    assert_eq!(settle(Duration::ZERO), []);
    assert_eq!(settle(Duration::from_secs(3599)), []);
    assert_eq!(
        settle(Duration::from_secs(1)),
        [("callback", 1), ("callback", 1), ("sleep", 1), ("sleep", 1)]
    );
    assert_eq!(settle(Duration::ZERO), []);
    // Two at once, in the order of their deadlines.
    NOW.set(Some(stepped() + Duration::from_secs(7200)));
    for _ in 0..20 {
        subject.turn(Some(Duration::ZERO)).unwrap();
    }
    let fired = log.take();
    let of =
        |kind| fired.iter().filter(move |(k, _)| *k == kind).map(|(_, hours)| *hours).collect::<Vec<_>>();
    assert_eq!((of("callback"), of("sleep")), (vec![2, 3], vec![2, 3]));
}
