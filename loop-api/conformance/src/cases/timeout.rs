//! TSK16 to TSK19: time limits.

use std::future::{Future, pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use crate::Subject;
use crate::support::{Counter, LONG, SHORT, run};
use loop_api::Handle;
use loop_api::error::JoinError;
use loop_api::task::{Abort, Task};

pub fn tsk16_timeout_expires<S: Subject>() {
    run::<S, _>(|handle| async move {
        let start = handle.now();
        assert!(handle.timeout(SHORT, pending::<()>()).await.is_err());
        assert!(handle.now() - start >= SHORT);
    });
}

pub fn tsk16_timeout_gives_what_came_in_time<S: Subject>() {
    run::<S, _>(|handle| async move {
        assert_eq!(handle.timeout(LONG, async { 3 }).await.ok(), Some(3));
        // No time at all is enough for what is ready.
        assert_eq!(handle.timeout(Duration::ZERO, async { 4 }).await.ok(), Some(4));
        assert_eq!(handle.timeout(Duration::MAX, async { 5 }).await.ok(), Some(5));
        // A deadline that is past is due at once.
        let past = handle.now();
        handle.sleep(SHORT).await;
        assert!(handle.timeout_at(past, pending::<()>()).await.is_err());
    });
}

pub fn tsk16_the_inner_of_two_timeouts_may_be_the_shorter<S: Subject>() {
    run::<S, _>(|handle| async move {
        let inner = handle.timeout(SHORT, pending::<()>());
        let outer = handle.timeout(LONG, inner).await;
        assert!(outer.expect("the outer limit was not reached").is_err());
        let inner = handle.timeout(LONG, pending::<()>());
        assert!(handle.timeout(SHORT, inner).await.is_err());
    });
}

pub fn tsk16_timeout_drops_the_future_with_itself<S: Subject>() {
    run::<S, _>(|handle| async move {
        let dropped = Counter::new();
        let on_drop = dropped.on_drop();
        let limited = handle.timeout(SHORT, async move {
            let _on_drop = on_drop;
            pending::<()>().await;
        });
        assert!(limited.await.is_err());
        assert_eq!(dropped.get(), 1);
    });
}

pub fn tsk17_timeout_tells_its_own_end_from_a_foreign_one<S: Subject>() {
    run::<S, _>(|handle| async move {
        let task = handle.spawn(pending::<()>());
        let abort = task.abort_handle();
        let limited = handle.timeout(LONG, task);
        abort.abort();
        // The task was cancelled from elsewhere: that is its output, and no timeout.
        assert!(matches!(limited.await, Ok(Err(JoinError::Cancelled(_)))));
    });
}

pub fn tsk18_a_timeout_of_a_borrowed_task_does_not_end_it<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (go, gone) = (Arc::new(AtomicBool::new(false)), handle.clone());
        let mut task = handle.spawn({
            let go = go.clone();
            async move {
                while !go.load(Ordering::SeqCst) {
                    gone.sleep(Duration::from_millis(1)).await;
                }
                9
            }
        });
        assert!(handle.timeout(SHORT, &mut task).await.is_err());
        go.store(true, Ordering::SeqCst);
        assert_eq!(task.await.ok(), Some(9));
    });
}

pub fn tsk19_a_value_that_comes_with_the_deadline_is_not_lost<S: Subject>() {
    run::<S, _>(|handle| async move {
        // Both are due by the time the timeout is polled again: the value wins.
        let deadline = handle.now() + SHORT;
        let both = poll_fn(move |_| {
            if loop_api::time::Instant::now() >= deadline { Poll::Ready("the value") } else { Poll::Pending }
        });
        let mut limited = std::pin::pin!(handle.timeout_at(deadline, both));
        let pending_first = poll_fn(|cx| Poll::Ready(limited.as_mut().poll(cx).is_pending())).await;
        assert!(pending_first);
        thread::sleep(SHORT * 2);
        assert_eq!(limited.await.ok(), Some("the value"));
    });
}
