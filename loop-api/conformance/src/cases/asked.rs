//! TMR25, RND: what a program asks of the loop so that a simulator can decide it.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::Subject;
use crate::support::{LONG, SHORT, run};
use loop_api::Handle;

pub fn tmr25_the_time_of_day_goes_on_with_the_clock<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (day, moment) = (handle.wall_clock(), handle.now());
        assert!(day > SystemTime::UNIX_EPOCH);
        handle.sleep(SHORT).await;
        let slept = handle.now() - moment;
        let passed = handle.wall_clock().duration_since(day).expect("a clock that was not set meanwhile");
        // The system's may be made a little slower or faster, to be right again.
        assert!(passed >= SHORT / 2 && passed <= slept * 2 + LONG, "{passed:?} in {slept:?}");
    });
}

pub fn tmr25_the_time_of_day_is_the_systems<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = handle.wall_clock();
        let late = SystemTime::now().duration_since(told).expect("a time that is past");
        assert!(late < LONG, "{late:?} late");
    });
}

/// As many as make it certain that each bit is seen both ways.
fn numbers<H: Handle>(handle: &H) -> Vec<u64> {
    (0..200).map(|_| handle.random_u64()).collect()
}

pub fn rnd01_random_numbers_differ<S: Subject>() {
    run::<S, _>(|handle| async move {
        let drawn = numbers(&handle);
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
        assert_eq!(drawn.iter().fold(0, |all, n| all | n), u64::MAX, "a bit is never one");
        assert_eq!(drawn.iter().fold(u64::MAX, |all, n| all & n), 0, "a bit is never zero");
        // The next does not follow from the one before by a fixed step.
        let steps: BTreeSet<u64> = drawn.windows(2).map(|two| two[1].wrapping_sub(two[0])).collect();
        assert_eq!(steps.len(), drawn.len() - 1);
    });
}

pub fn rnd02_a_job_draws_other_numbers_than_its_loop<S: Subject>() {
    run::<S, _>(|handle| async move {
        let job = handle.clone();
        let (here, there) = (numbers(&handle), handle.spawn_blocking(move || numbers(&job)));
        let there = there.await.expect("the job to end");
        let here: BTreeSet<u64> = here.into_iter().collect();
        assert!(there.iter().all(|number| !here.contains(number)));
    });
}
