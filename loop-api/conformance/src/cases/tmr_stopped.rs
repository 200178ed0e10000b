//! TMR: a clock that a test stops. A loop without one says what to do instead.

use std::future::Future;
use std::io;
use std::thread;
use std::time::Duration;

use loop_api::Handle;
use loop_api::time::{Instant, TestClock};

use crate::support::{Log, SHORT, run};
use crate::{HandleOf, Subject};

const HOUR: Duration = Duration::from_secs(3600);

/// Runs `main` with the loop's clock stopped. Where it cannot be, the error is to say what helps.
fn stopped<S: Subject, F: Future>(main: impl FnOnce(HandleOf<S>) -> F) {
    run::<S, _>(|handle| async move {
        // A host that makes the turns has made one.
        futures_lite::future::yield_now().await;
        match handle.test_clock().and_then(TestClock::pause) {
            Ok(()) => drop(main(handle).await),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{error}");
                let said = error.to_string();
                assert!(said.contains("simulator") || said.contains("leave out"), "{said}");
            }
        }
    });
}

/// Starts tasks that write their hours into a log when their sleeps have ended.
async fn sleepers<H: Handle>(handle: &H, log: &Log<(u32, u64)>, hours: [u32; 3]) -> Vec<H::Task<()>> {
    let start = handle.now();
    let tasks = hours.map(|hours| {
        let (handle, log) = (handle.clone(), log.clone());
        handle.clone().spawn(async move {
            handle.sleep(HOUR * hours).await;
            log.push((hours, (handle.now() - start).as_secs() / 3600));
        })
    });
    // All are registered before the clock moves.
    futures_lite::future::yield_now().await;
    tasks.into_iter().collect()
}

pub fn tmr24_a_stopped_clock_moves_by_hand<S: Subject>() {
    stopped::<S, _>(|handle| async move {
        let clock = || handle.test_clock().expect("it was there");
        let start = handle.now();
        thread::sleep(Duration::from_millis(2));
        assert_eq!((handle.now(), Instant::now()), (start, start));
        let log = Log::new();
        let tasks = sleepers(&handle, &log, [3, 1, 2]).await;
        clock().advance(HOUR - Duration::from_secs(1)).await.expect("to move");
        assert!(log.is_empty());
        clock().advance(HOUR + Duration::from_secs(2)).await.expect("to move");
        futures_lite::future::yield_now().await;
        // Tokio rounds up to whole milliseconds.
        let passed = handle.now() - start;
        assert!((2 * HOUR..=2 * HOUR + Duration::from_secs(2)).contains(&passed), "{passed:?}");
        assert_eq!(log.take(), [(1, 2), (2, 2)]);
        drop(tasks);
        clock().resume().expect("to go on");
        let resumed = handle.now();
        handle.sleep(Duration::from_millis(1)).await;
        let slept = handle.now() - resumed;
        assert!((Duration::from_millis(1)..HOUR / 2).contains(&slept), "{slept:?}");
        assert!(log.is_empty());
    });
}

pub fn tmr24_a_stopped_clock_goes_on_to_the_next_deadline<S: Subject>() {
    stopped::<S, _>(|handle| async move {
        let (start, log) = (handle.now(), Log::new());
        for task in sleepers(&handle, &log, [3, 1, 2]).await {
            task.await.expect("to end");
        }
        assert_eq!(log.take(), [(1, 1), (2, 2), (3, 3)]);
        let passed = Instant::now() - start;
        assert!((3 * HOUR..4 * HOUR).contains(&passed), "{passed:?}");
    });
}

pub fn tmr24_a_stopped_clock_waits_for_a_blocking_job<S: Subject>() {
    stopped::<S, _>(|handle| async move {
        let start = handle.now();
        let job = handle.spawn_blocking(|| thread::sleep(SHORT));
        let sleep = handle.spawn({
            let handle = handle.clone();
            async move { handle.sleep(HOUR).await }
        });
        job.await.expect("to end");
        assert!(handle.now() - start < HOUR, "the clock went on while a job ran");
        sleep.await.expect("to end");
        assert!(handle.now() - start >= HOUR);
    });
}
