//! TMR: timers.

use crate::conformance::Subject;
use crate::conformance::support::{LONG, SHORT, run};
use crate::handle::Handle;

pub fn tmr01_sleep_is_never_early<S: Subject>() {
    run::<S, _>(|handle| async move {
        for micros in [0, 1, 700, 1_000, 1_500, 20_000] {
            let delay = std::time::Duration::from_micros(micros);
            let start = std::time::Instant::now();
            handle.sleep(delay).await;
            let took = start.elapsed();
            assert!(took >= delay, "a sleep of {delay:?} was done after {took:?}");
            assert!(took < delay + LONG, "a sleep of {delay:?} took {took:?}");
        }
        let deadline = handle.now() + SHORT;
        handle.sleep_until(deadline).await;
        assert!(handle.now() >= deadline);
    });
}
