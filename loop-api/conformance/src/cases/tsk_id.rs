//! TSK: which task is which.

use std::future::pending;
use std::panic::resume_unwind;

use loop_api::task::{self, Abort, Id, Task};
use loop_api::{EventLoop, Handle};

use crate::Subject;
use crate::support::{Counter, Log, make, run, until};

/// Says in a log, when it is dropped, which task drops it.
struct Says(Log<Option<Id>>);

impl Drop for Says {
    fn drop(&mut self) {
        self.0.push(task::try_id());
    }
}

/// Starts a task that waits, and says when it is dropped which task that is.
async fn waiting<H: Handle>(handle: &H, log: &Log<Option<Id>>) -> H::Task<()> {
    let (begun, says) = (Counter::new(), Says(log.clone()));
    let begins = begun.clone();
    let task = handle.spawn(async move {
        let _says = says;
        begins.add();
        pending::<()>().await;
    });
    assert!(until(handle, || begun.get() == 1).await, "a task did not begin");
    task
}

pub fn tsk28_a_task_knows_its_id<S: Subject>() {
    run::<S, _>(|handle| async move {
        assert_eq!(task::try_id(), None, "the main future is no task");
        let mut ids = Vec::new();
        for _ in 0..2 {
            let inner = handle.clone();
            let outer = handle.spawn(async move {
                let before = task::id();
                let task = inner.spawn(async { task::id() });
                let id = task.id();
                (before, id, task.await, task::id())
            });
            let (id, abort) = (outer.id(), outer.abort_handle());
            let (before, inner, inside, after) = outer.await.unwrap();
            assert_eq!((before, after, abort.id()), (id, id, id));
            assert_eq!(inside.unwrap(), inner);
            ids.extend([id, inner]);

            let job = handle.spawn_blocking(task::try_id);
            ids.push(job.id());
            assert_eq!(job.await.unwrap(), ids.last().copied());
            // Not every loop has such tasks.
            if let Ok(local) = handle.try_spawn_local(async { task::id() }) {
                ids.push(local.id());
                assert_eq!(local.abort_handle().id(), local.id());
                assert_eq!(Some(local.await.unwrap()), ids.last().copied());
            }
        }
        assert_eq!(task::try_id(), None);
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "two tasks have the same id");
    });
}

pub fn tsk28_an_error_has_the_id_of_its_task<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    subject.block_on(async {
        let task = handle.spawn(pending::<()>());
        let id = task.id();
        assert_eq!(task.cancel().await.unwrap_err().id(), id);

        let task = handle.spawn(async { resume_unwind(Box::new("on purpose")) });
        let id = task.id();
        let ended: Result<(), _> = task.await;
        assert_eq!(ended.unwrap_err().id(), id);

        let job = handle.spawn_blocking(|| resume_unwind(Box::new("on purpose")));
        let id = job.id();
        let ended: Result<(), _> = job.await;
        let error = ended.unwrap_err();
        assert_eq!(error.id(), id);
        assert!(error.to_string().contains(&format!("{id} panicked with message \"on purpose\"")), "{error}");
    });
    let task = handle.spawn(pending::<()>());
    let id = task.id();
    drop(subject);
    assert_eq!(futures_lite::future::block_on(task).unwrap_err().id(), id);
    let refused = handle.spawn(pending::<()>());
    let id = refused.id();
    assert_eq!(refused.abort_handle().id(), id);
    assert_eq!(futures_lite::future::block_on(refused).unwrap_err().id(), id);
}

pub fn tsk28_the_id_is_there_while_a_future_is_dropped<S: Subject>() {
    let mut subject = make::<S>();
    let (handle, log) = (subject.handle().clone(), Log::new());
    let (left,) = subject.block_on(async {
        let says = log.clone();
        let done = handle.spawn(async move {
            let _says = Says(says);
        });
        let id = done.id();
        done.await.unwrap();
        assert_eq!(log.take(), [Some(id)]);

        let aborted = waiting(&handle, &log).await;
        let id = aborted.id();
        let _cancelled = aborted.cancel().await;
        assert_eq!(log.take(), [Some(id)]);
        (waiting(&handle, &log).await,)
    });
    let id = left.id();
    drop(subject);
    assert_eq!(log.take(), [Some(id)]);
}
