//! What a task does: polls, wakes, aborts, its output and its size.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::super::cell::size_of_task;
use super::super::{AbortHandle, JoinHandle, Runnable, Schedule, TaskSet};
use super::support::{Dropped, Executor, TestHandle};
use crate::CatchUnwind;
use loop_api::error::JoinError;
use loop_api::task::Task;

/// The result of a task that is done.
pub(super) fn now<T>(join: &mut JoinHandle<T>) -> Result<T, JoinError> {
    match Pin::new(join).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the task is not done"),
    }
}

/// A future that gives its waker away, and is ready once `ready` is set.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    pub(super) fn open(&self) {
        let waker = {
            let mut gate = self.0.lock().unwrap();
            gate.0 = true;
            gate.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn waker(&self) -> Option<Waker> {
        self.0.lock().unwrap().1.clone()
    }

    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + 'static {
        let gate = Arc::clone(&self.0);
        poll_fn(move |cx| {
            let mut gate = gate.lock().unwrap();
            if gate.0 {
                return Poll::Ready(());
            }
            gate.1 = Some(cx.waker().clone());
            Poll::Pending
        })
    }
}

#[test]
fn a_task_takes_at_most_80_bytes_beside_its_future_or_output() {
    fn overhead<F: Future>(future: F) -> usize {
        let inner =
            size_of::<F>().next_multiple_of(8).max(size_of::<crate::TaskOutput<F::Output, TestHandle>>());
        size_of_task::<_, Executor>(&CatchUnwind::<F, TestHandle>::new(Location::caller(), future)) - inner
    }
    if cfg!(target_pointer_width = "64") {
        let array = [0_u8; 1000];
        assert!(overhead(async {}) <= 80);
        assert!(overhead(async { 1_u64 }) <= 80);
        let big = async move {
            std::future::ready(()).await;
            array.len()
        };
        assert_eq!(overhead(big), 80, "header 56, schedule 8, location 8, and the wrapper's own 8");
    }
}

#[test]
fn a_set_tells_where_its_tasks_were_spawned_that_are_not_done() {
    let executor = Executor::new();
    let places = [Location::caller(), Location::caller(), Location::caller()];
    let [first, second, third] = places.map(|place| {
        let future = CatchUnwind::<_, TestHandle>::new(place, async {});
        executor.set().spawn(future, executor.clone()).0.expect("the set is open")
    });
    assert_eq!(executor.set().spawned_at(), places);
    assert_eq!(second.spawned_at(), places[1]);
    second.run();
    assert_eq!(executor.set().spawned_at(), [places[0], places[2]]);
    drop((first, third));
    assert!(executor.set().spawned_at().is_empty());
}

#[test]
fn spawning_does_not_poll_and_running_gives_the_output() {
    let executor = Executor::new();
    let polled = Arc::new(Mutex::new(false));
    let flag = Arc::clone(&polled);
    let mut join = executor.spawn(async move {
        *flag.lock().unwrap() = true;
        7
    });
    assert!(!*polled.lock().unwrap());
    assert!(!join.is_finished());
    assert_eq!(executor.set().len(), 1);
    executor.run();
    assert!(join.is_finished());
    assert!(executor.set().is_empty());
    assert_eq!(now(&mut join).unwrap(), 7);
    assert!(now(&mut join).unwrap_err().is_cancelled(), "the output is given once");
}

#[test]
fn a_dropped_handle_detaches_and_the_output_is_dropped_at_once() {
    let executor = Executor::new();
    let gate = Gate::default();
    let (output, drops) = Dropped::new();
    let wait = gate.wait();
    let join = executor.spawn(async move {
        wait.await;
        output
    });
    let abort = join.abort_handle();
    drop(join);
    executor.run();
    assert_eq!(drops.load(SeqCst), 0);
    gate.open();
    executor.run();
    assert_eq!(drops.load(SeqCst), 1);
    assert!(abort.is_finished());
    abort.abort();
    assert!(!abort.is_aborted(), "a task that is done cannot be aborted");
}

#[test]
fn an_output_that_was_not_taken_goes_with_the_handle_not_with_the_abort_handle() {
    let executor = Executor::new();
    let (output, drops) = Dropped::new();
    let join = executor.spawn(async move { output });
    let abort = join.abort_handle();
    executor.run();
    assert_eq!(drops.load(SeqCst), 0);
    drop(join);
    assert_eq!(drops.load(SeqCst), 1);
    drop(abort);
}

#[test]
fn a_join_handle_is_woken_once_and_only_the_last_waker() {
    use std::sync::atomic::AtomicUsize;
    #[derive(Default)]
    struct Count(AtomicUsize);
    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let executor = Executor::new();
    let mut join = pin!(executor.spawn(async { 1 }));
    let counts = [Arc::new(Count::default()), Arc::new(Count::default())];
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        assert!(join.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(join.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(Arc::strong_count(&counts[0]), 1, "a waker that was replaced is not kept");
    executor.run();
    assert_eq!(counts.each_ref().map(|count| count.0.load(SeqCst)), [0, 1]);
    assert_eq!(Arc::strong_count(&counts[1]), 1, "nor one that was woken");
    let waker = Waker::noop();
    assert!(matches!(join.poll(&mut Context::from_waker(waker)), Poll::Ready(Ok(1))));
}

#[test]
fn a_wake_during_the_poll_yields_once() {
    let executor = Executor::new();
    let mut polls = 0;
    let mut join = executor.spawn(poll_fn(move |cx| {
        polls += 1;
        cx.waker().wake_by_ref();
        let owned = cx.waker().clone();
        owned.wake();
        if polls == 3 { Poll::Ready(polls) } else { Poll::Pending }
    }));
    assert!(executor.step());
    assert_eq!((executor.scheduled(), executor.yielded()), (1, 1));
    executor.run();
    assert_eq!(executor.yielded(), 2);
    assert_eq!(now(&mut join).unwrap(), 3);
}

#[test]
fn a_task_that_is_polled_rather_than_run_is_given_back_when_woken() {
    let executor = Executor::new();
    let gate = Gate::default();
    let wait = gate.wait();
    let mut join = executor.spawn(async move {
        futures_lite::future::yield_now().await;
        wait.await;
        7
    });
    let task = executor.pop().unwrap();
    let again = task.poll().expect("it woke itself");
    assert_eq!((executor.scheduled(), executor.yielded()), (0, 0));
    assert!(again.poll().is_none(), "it waits");
    gate.open();
    assert!(executor.pop().unwrap().poll().is_none(), "it is done");
    assert_eq!(now(&mut join).unwrap(), 7);

    let mut join = executor.spawn(futures_lite::future::yield_now());
    drop(executor.pop().unwrap().poll());
    assert!(now(&mut join).unwrap_err().is_cancelled(), "dropping it cancels");
    assert!(executor.set().is_empty());
}

thread_local! {
    static HERE: RefCell<Vec<Runnable>> = const { RefCell::new(Vec::new()) };
}

/// Has a queue of its thread's own.
struct Near(Arc<TaskSet>);

impl Schedule for Near {
    fn schedule(&self, task: Runnable) {
        HERE.with_borrow_mut(|queue| queue.push(task));
    }

    fn local_schedule(&self) -> Option<fn(Runnable)> {
        Some(|task| HERE.with_borrow_mut(|queue| queue.push(task)))
    }

    fn tasks(&self) -> Option<&TaskSet> {
        Some(&self.0)
    }
}

#[test]
fn the_last_waker_of_a_task_may_schedule_it_by_the_short_way() {
    let set = Arc::<TaskSet>::default();
    let (gate, drops) = (Gate::default(), Dropped::new());
    let (guard, count) = drops;
    let wait = gate.wait();
    let (task, join) = set.spawn(
        CatchUnwind::<_, TestHandle>::new(Location::caller(), async move {
            let _guard = guard;
            wait.await;
        }),
        Near(Arc::clone(&set)),
    );
    drop(join);
    task.unwrap().run();
    gate.open();
    let mut tasks = HERE.take();
    assert_eq!(tasks.len(), 1);
    tasks.pop().unwrap().run();
    assert_eq!((count.load(SeqCst), set.len()), (1, 0));

    // Woken when it is done: only the waker's reference is left, and goes.
    let waker = Arc::new(Mutex::new(None::<Waker>));
    let slot = Arc::clone(&waker);
    let (task, join) = set.spawn(
        CatchUnwind::<_, TestHandle>::new(
            Location::caller(),
            poll_fn(move |cx| {
                *slot.lock().unwrap() = Some(cx.waker().clone());
                Poll::Ready(())
            }),
        ),
        Near(Arc::clone(&set)),
    );
    drop(join);
    task.unwrap().run();
    waker.lock().unwrap().take().unwrap().wake();
    assert!(HERE.take().is_empty());
}

#[test]
fn a_waiting_task_is_scheduled_once_and_a_done_one_never() {
    let executor = Executor::new();
    let gate = Gate::default();
    let mut join = executor.spawn(gate.wait());
    executor.run();
    let waker = gate.waker().unwrap();
    let other = waker.clone();
    assert!(waker.will_wake(&other));
    waker.wake_by_ref();
    other.wake();
    assert_eq!(executor.scheduled(), 1);
    executor.run();
    gate.open();
    executor.run();
    now(&mut join).unwrap();
    waker.wake_by_ref();
    drop(join);
    waker.wake();
    assert_eq!(executor.scheduled(), 0);
}

#[test]
fn a_task_aborted_before_its_first_poll_is_never_polled() {
    let executor = Executor::new();
    let (guard, drops) = Dropped::new();
    let mut join = executor.spawn(async move {
        let _guard = guard;
        unreachable!("polled");
    });
    join.abort();
    join.abort();
    assert!(!join.is_finished(), "its future is not gone yet");
    assert_eq!(drops.load(SeqCst), 0, "an abort only asks");
    executor.run();
    assert_eq!(drops.load(SeqCst), 1);
    let result: Result<(), _> = now(&mut join);
    assert!(result.unwrap_err().is_cancelled());
}

#[test]
fn aborting_a_waiting_task_schedules_it_to_be_dropped() {
    let executor = Executor::new();
    let (guard, drops) = Dropped::new();
    let mut join = executor.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    executor.run();
    join.abort_handle().abort();
    assert_eq!((drops.load(SeqCst), executor.scheduled()), (0, 1));
    executor.run();
    assert_eq!((drops.load(SeqCst), executor.set().len()), (1, 0));
    assert!(now(&mut join).unwrap_err().is_cancelled());
}

#[test]
fn a_task_that_aborts_itself_ends_at_its_next_suspension_or_keeps_its_output() {
    let executor = Executor::new();
    let abort_self = |cx: &mut Context<'_>| AbortHandle::of(cx.waker()).unwrap().abort();
    let mut suspends = executor.spawn(poll_fn(move |cx| {
        abort_self(cx);
        Poll::<()>::Pending
    }));
    let mut returns = executor.spawn(poll_fn(move |cx| {
        abort_self(cx);
        Poll::Ready(5)
    }));
    executor.run();
    assert!(now(&mut suspends).unwrap_err().is_cancelled());
    assert_eq!(now(&mut returns).unwrap(), 5);
}

#[test]
fn cancel_asks_at_once_and_waits_until_the_future_is_gone() {
    let executor = Executor::new();
    let (guard, drops) = Dropped::new();
    let join = executor.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    executor.run();
    let mut cancel = pin!(join.cancel());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(cancel.as_mut().poll(&mut cx).is_pending());
    executor.run();
    assert_eq!(drops.load(SeqCst), 1);
    assert!(matches!(cancel.poll(&mut cx), Poll::Ready(Err(JoinError::Cancelled(_)))));
}

#[test]
fn dropping_a_runnable_cancels_its_task() {
    let executor = Executor::new();
    let (guard, drops) = Dropped::new();
    let mut join = executor.spawn(async move { drop(guard) });
    drop(executor.pop().unwrap());
    assert_eq!((drops.load(SeqCst), executor.set().len()), (1, 0));
    assert!(now(&mut join).unwrap_err().is_cancelled());
}

#[test]
fn closing_drops_every_future_and_refuses_new_ones() {
    let executor = Executor::new();
    let gate = Gate::default();
    let (guards, counts): (Vec<_>, Vec<_>) = (0..5).map(|_| Dropped::new()).unzip();
    let mut joins: Vec<_> = guards
        .into_iter()
        .map(|guard| {
            let wait = gate.wait();
            executor.spawn(async move {
                let _guard = guard;
                wait.await;
            })
        })
        .collect();
    executor.step();
    executor.step();
    executor.set().close();
    assert!(counts.iter().all(|count| count.load(SeqCst) == 1));
    assert!(executor.set().is_empty() && executor.set().is_closed());
    assert!(joins.iter_mut().all(|join| now(join).unwrap_err().is_cancelled()));
    assert_eq!(executor.scheduled(), 3);
    executor.run();

    let (guard, count) = Dropped::new();
    let mut late = executor.spawn(async move { drop(guard) });
    assert_eq!((count.load(SeqCst), executor.scheduled()), (1, 0));
    assert!(late.is_finished() && late.abort_handle().is_finished());
    late.abort();
    assert!(now(&mut late).unwrap_err().is_closed());
    assert!(now(&mut late).unwrap_err().is_closed());
}

#[test]
fn closing_from_inside_a_poll_drops_that_future_when_the_poll_ends() {
    let executor = Executor::new();
    let inside = executor.clone();
    let (guard, drops) = Dropped::new();
    let count = Arc::clone(&drops);
    let mut join = executor.spawn(async move {
        let _guard = guard;
        inside.set().close();
        assert_eq!(count.load(SeqCst), 0);
        pending::<()>().await;
    });
    executor.run();
    assert_eq!(drops.load(SeqCst), 1);
    assert!(now(&mut join).unwrap_err().is_cancelled());
}

#[test]
fn a_future_that_spawns_and_wakes_while_closing_drops_it_does_no_harm() {
    struct OnDrop<F: FnMut()>(F);
    impl<F: FnMut()> Drop for OnDrop<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let executor = Executor::new();
    let other = executor.spawn(pending::<()>()).abort_handle();
    let inside = executor.clone();
    let late = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&late);
    let guard = OnDrop(move || {
        *slot.lock().unwrap() = Some(inside.spawn(async {}));
        other.abort();
    });
    let _join = executor.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    executor.run();
    executor.close();
    let mut late = late.lock().unwrap().take().unwrap();
    assert!(now(&mut late).unwrap_err().is_closed());
    assert!(executor.set().is_empty());
}

#[test]
fn a_local_task_aborted_from_another_thread_is_dropped_on_its_own() {
    struct Here(std::thread::ThreadId, Rc<RefCell<u32>>);
    impl Drop for Here {
        fn drop(&mut self) {
            assert_eq!(std::thread::current().id(), self.0);
            *self.1.borrow_mut() += 1;
        }
    }
    let executor = Executor::new();
    let drops = Rc::new(RefCell::new(0));
    let here = Here(std::thread::current().id(), Rc::clone(&drops));
    let gate = Gate::default();
    let wait = gate.wait();
    let join = executor.spawn_local(async move {
        let _here = here;
        wait.await;
    });
    let abort = join.abort_handle();
    executor.run();
    let waker = gate.waker().unwrap();
    // The output is Send though the future is not: so is the handle.
    std::thread::spawn(move || {
        waker.wake();
        abort.abort();
        drop(join);
    })
    .join()
    .unwrap();
    assert_eq!(*drops.borrow(), 0);
    executor.run();
    assert_eq!(*drops.borrow(), 1);
}

#[test]
fn a_waker_keeps_the_memory_but_not_the_future() {
    let executor = Executor::new();
    let gate = Gate::default();
    let (guard, drops) = Dropped::new();
    let wait = gate.wait();
    let join = executor.spawn(async move {
        let _guard = guard;
        wait.await;
    });
    executor.run();
    let waker = gate.waker().unwrap();
    executor.close();
    assert_eq!(drops.load(SeqCst), 1);
    drop((executor, join));
    waker.wake_by_ref();
    drop(waker);
    gate.open();
}

#[test]
fn handles_are_send_and_sync_as_their_output_is() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<JoinHandle<u8>>();
    check::<JoinHandle<std::cell::Cell<u8>>>();
    check::<AbortHandle>();
    check::<super::super::Runnable>();
    check::<super::super::TaskSet>();
}

#[test]
fn a_task_in_no_set_is_dropped_when_nothing_can_wake_it_any_more() {
    let executor = Executor::new();
    let gate = Gate::default();
    let (guard, drops) = Dropped::new();
    let wait = gate.wait();
    let future = CatchUnwind::<_, TestHandle>::new(Location::caller(), async move {
        let _guard = guard;
        wait.await;
    });
    let (runnable, join) = super::super::spawn_unowned(future, executor);
    drop(join);
    runnable.run();
    assert_eq!(drops.load(SeqCst), 0, "the gate has its waker");
    drop(gate.waker());
    gate.0.lock().unwrap().1 = None;
    assert_eq!(drops.load(SeqCst), 1);

    let (guard, drops) = Dropped::new();
    let future = CatchUnwind::<_, TestHandle>::new(Location::caller(), async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let (runnable, join) = super::super::spawn_unowned(future, Executor::new());
    drop(join);
    runnable.run();
    assert_eq!(drops.load(SeqCst), 1);
}
