//! Values that come later, from A to B to A.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::mpsc;

use loop_api::promise::{Deferred, DeferredError, promise};
use loop_api::{EventLoop, JoinError};
use loop_compat::value::{IntoDeferred, deferred_on, to_futures, to_tokio};
use support::block_on;

/// Counts what each thread allocates.
struct Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ending = ALLOCATED.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocated<R>(f: impl FnOnce() -> R) -> (usize, R) {
    let before = ALLOCATED.get();
    let value = f();
    (ALLOCATED.get() - before, value)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn panicked(error: &DeferredError) -> bool {
    let failure = error.failure().and_then(|failure| failure.downcast_ref::<JoinError>());
    failure.is_some_and(JoinError::is_panic)
}

#[test]
fn cmp06_what_is_native_already_is_the_same_at_no_cost() {
    let (promise, deferred) = promise();
    let (count, mut same): (_, Deferred<u8>) = allocated(|| deferred.into_deferred());
    assert_eq!(count, 0);
    promise.settle(1).unwrap();
    assert_eq!(same.try_result().unwrap(), 1);

    let (count, _) = allocated(|| vec![1]);
    assert_eq!(count, 1, "the counter counts");
    let (_sender, receiver) = tokio::sync::oneshot::channel::<u8>();
    let (count, _deferred) = allocated(|| receiver.into_deferred());
    assert_eq!(count, 2, "one for the deferred, one for what settles it");
}

#[test]
fn cmp05_a_value_through_tokio_and_back() {
    let (promise, deferred) = promise();
    let back = to_tokio(deferred).into_deferred_result();
    let settles = std::thread::spawn(move || promise.settle("ciao").unwrap());
    assert_eq!(block_on(back).unwrap(), "ciao");
    settles.join().unwrap();

    let (sender, receiver) = tokio::sync::oneshot::channel();
    let back = to_tokio(receiver.into_deferred());
    sender.send(7).unwrap();
    assert_eq!(block_on(back).unwrap().unwrap(), 7);
}

#[test]
fn cmp05_a_value_through_futures_and_back() {
    let (promise, deferred) = promise();
    let back = to_futures(deferred).into_deferred_result();
    let settles = std::thread::spawn(move || promise.settle("ciao").unwrap());
    assert_eq!(block_on(back).unwrap(), "ciao");
    settles.join().unwrap();

    let (sender, receiver) = futures_channel::oneshot::channel();
    let back = to_futures(receiver.into_deferred());
    sender.send(7).unwrap();
    assert_eq!(block_on(back).unwrap().unwrap(), 7);
}

#[test]
fn cmp05_an_error_survives_both_ways() {
    let (promise, deferred) = promise::<u8>();
    let mut back = to_futures(to_tokio(deferred).into_deferred_result()).into_deferred_result();
    let error: Box<dyn std::error::Error + Send + Sync> = std::io::Error::other("no luck").into();
    promise.fail(error).unwrap();
    let error = back.try_result().unwrap_err();
    let failure = error.failure().unwrap().downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(failure.to_string(), "no luck", "the same error, of the same type");

    let (sender, receiver) = tokio::sync::oneshot::channel::<Result<u8, std::io::Error>>();
    let mut deferred = receiver.into_deferred_result();
    sender.send(Err(std::io::Error::other("none"))).unwrap();
    assert_eq!(deferred.try_result().unwrap_err().failure().unwrap().to_string(), "none");
}

#[test]
fn cmp05_a_cancel_survives_both_ways() {
    // From the waiting end to the one that settles.
    let (mut first, deferred) = promise::<u8>();
    let back = to_futures(to_tokio(deferred).into_deferred_result());
    assert!(!first.is_cancelled());
    drop(back);
    block_on(first.cancelled());
    assert_eq!(first.settle(1), Err(1));

    let (mut sender, receiver) = tokio::sync::oneshot::channel::<u8>();
    let deferred = to_tokio(receiver.into_deferred()).into_deferred_result();
    assert!(!sender.is_closed());
    assert!(deferred.cancel());
    block_on(sender.closed());

    // And what was cancelled at the settling end says so at the other.
    let (first, deferred) = promise::<u8>();
    let mut back = to_tokio(deferred).into_deferred_result();
    first.complete(Err(DeferredError::Cancelled)).unwrap();
    assert!(back.try_result().unwrap_err().is_cancelled());
}

#[test]
fn cmp05_a_task_of_tokios() {
    let runtime = runtime();
    let mut value = runtime.spawn(async { 7 }).into_deferred();
    let mut panics = runtime.spawn(async { panic!("on purpose") }).into_deferred();
    let aborted = runtime.spawn(std::future::pending::<u8>());
    let abort = aborted.abort_handle();
    let mut aborted = aborted.into_deferred();
    let endless = runtime.spawn(std::future::pending::<u8>());
    let endless_ends = endless.abort_handle();
    let endless = endless.into_deferred();

    assert!(value.try_result().unwrap_err().is_pending());
    abort.abort();
    assert!(endless.cancel());
    runtime.block_on(async { tokio::task::yield_now().await });
    assert_eq!(value.try_result().unwrap(), 7);
    assert!(panicked(&panics.try_result().unwrap_err()));
    assert!(aborted.try_result().unwrap_err().is_cancelled());
    assert!(endless_ends.is_finished(), "cancelling the deferred aborts the task");

    // Back: a task of the other runtime that waits.
    let (promise, deferred) = promise();
    let task = runtime.spawn(deferred);
    promise.settle(8).unwrap();
    assert_eq!(runtime.block_on(task).unwrap().unwrap(), 8);
    let (promise, deferred) = loop_api::promise::promise::<u8>();
    runtime.spawn(deferred).abort();
    runtime.block_on(async { tokio::task::yield_now().await });
    assert!(promise.is_cancelled(), "aborting the task cancels the deferred");
}

#[test]
fn cmp05_a_task_of_smols() {
    let executor = async_executor::Executor::new();
    let turn = || while executor.try_tick() {};
    let mut value = executor.spawn(async { 7 }).into_deferred();
    let mut panics = executor.spawn(async { panic!("on purpose") }).into_deferred();
    let (dropped, drops) = mpsc::channel::<()>();
    let endless = executor.spawn(async move {
        let _held = dropped;
        std::future::pending::<u8>().await
    });
    let endless = endless.into_deferred();
    turn();
    assert_eq!(value.try_result().unwrap(), 7);
    assert!(panicked(&panics.try_result().unwrap_err()));
    assert_eq!(drops.try_recv(), Err(mpsc::TryRecvError::Empty));
    assert!(endless.cancel());
    turn();
    assert_eq!(drops.try_recv(), Err(mpsc::TryRecvError::Disconnected), "cancelling ends the task");

    let mut cut_off = executor.spawn(std::future::pending::<u8>()).into_deferred();
    drop(executor);
    assert!(cut_off.try_result().unwrap_err().is_cancelled(), "the executor is gone, and its task");
}

fn any_future_on<L: EventLoop>(mut event_loop: L) {
    let handle = event_loop.handle().clone();
    let deferred = deferred_on(&handle, async { 7 });
    assert_eq!(event_loop.block_on(deferred).unwrap(), 7);

    let (dropped, drops) = mpsc::channel::<()>();
    let endless = deferred_on(&handle, async move {
        let _held = dropped;
        std::future::pending::<u8>().await
    });
    drop(endless);
    let others = deferred_on(&handle, futures_lite::future::yield_now());
    event_loop.block_on(others).unwrap();
    assert_eq!(
        drops.try_recv(),
        Err(mpsc::TryRecvError::Disconnected),
        "dropping the deferred ends the task"
    );
}

#[test]
fn cmp05_any_future_on_each_loop() {
    any_future_on(loop_native::NativeLoop::new().unwrap());
    any_future_on(loop_tokio::TokioLoop::new().unwrap());
    any_future_on(loop_smol::SmolLoop::new().unwrap());
}

#[test]
fn cmp08_a_foreign_runtime_that_ends_first() {
    let runtime = runtime();
    let (sender, receiver) = tokio::sync::oneshot::channel::<u8>();
    let task = runtime.spawn(async move {
        std::future::pending::<()>().await;
        let _never = sender.send(1);
    });
    let mut receiver = receiver.into_deferred();
    let mut task = task.into_deferred();
    drop(runtime);
    assert!(receiver.try_result().unwrap_err().is_abandoned());
    assert!(task.try_result().unwrap_err().is_cancelled());

    // The other way: the loop that was to settle is gone.
    let mut event_loop = loop_native::NativeLoop::new().unwrap();
    let never = deferred_on(event_loop.handle(), std::future::pending::<u8>());
    let receiver = to_tokio(never);
    event_loop.block_on(async {});
    drop(event_loop);
    assert!(block_on(receiver).unwrap().unwrap_err().is_abandoned());
}

#[test]
fn cmp08_a_destination_that_is_gone_is_harmless() {
    let (sender, receiver) = tokio::sync::oneshot::channel::<String>();
    drop(receiver.into_deferred());
    assert_eq!(sender.send("too late".to_owned()), Err("too late".to_owned()), "the sender keeps it");

    let (promise, deferred) = promise::<String>();
    drop(to_tokio(deferred));
    assert_eq!(promise.settle("too late".to_owned()), Err("too late".to_owned()));

    // The waiting task's loop ends with the value under way.
    let mut event_loop = loop_native::NativeLoop::new().unwrap();
    let (sender, receiver) = futures_channel::oneshot::channel::<u8>();
    let waits = receiver.into_deferred();
    drop(loop_api::Handle::spawn(event_loop.handle(), waits));
    event_loop.block_on(futures_lite::future::yield_now());
    drop(event_loop);
    assert_eq!(sender.send(1), Err(1));
}

#[test]
fn a_budget_that_is_spent_does_not_stop_a_value() {
    // The receiver is woken inside a poll that has no budget left; polling it there must not be
    // refused forever.
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let mut deferred = receiver.into_deferred();
    runtime().block_on(async move {
        let mut sender = Some(sender);
        std::future::poll_fn(|cx| {
            while let std::task::Poll::Ready(spent) = tokio::task::coop::poll_proceed(cx) {
                spent.made_progress();
            }
            sender.take().unwrap().send(1).unwrap();
            std::task::Poll::Ready(())
        })
        .await;
    });
    assert_eq!(deferred.try_result().unwrap(), 1);
}

#[test]
fn values_cross_threads_without_being_lost() {
    // Settled and cancelled at the same time from two threads, over and over: one of the two wins,
    // and no task waits forever.
    for round in 0..2000_u32 {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let back = to_futures(receiver.into_deferred());
        let sends = std::thread::spawn(move || sender.send(round));
        if round % 2 == 0 {
            assert_eq!(block_on(back).unwrap().unwrap(), round);
            sends.join().unwrap().unwrap();
        } else {
            drop(back);
            // Taken by the hand or given back: both are ends.
            let _either = sends.join().unwrap();
        }
    }
}

/// On a stack on which a call for each link would not do.
fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 << 10).spawn(f).unwrap().join().unwrap();
}

/// A chain through both kinds of oneshot.
fn chain(mut deferred: Deferred<u8>) -> Deferred<u8> {
    for _ in 0..10_000 {
        deferred = to_tokio(deferred).into_deferred_result::<u8, DeferredError>();
        deferred = to_futures(deferred).into_deferred_result::<u8, DeferredError>();
    }
    deferred
}

#[test]
fn a_chain_is_as_long_as_it_likes() {
    on_a_small_stack(|| {
        let (promise, deferred) = promise();
        let mut last = chain(deferred);
        promise.settle(7).unwrap();
        assert_eq!(last.try_result().unwrap(), 7);
    });
    on_a_small_stack(|| {
        let (promise, deferred) = promise();
        drop(chain(deferred));
        assert!(promise.is_cancelled());
    });
    on_a_small_stack(|| {
        let (promise, deferred) = promise();
        let mut last = chain(deferred);
        drop(promise);
        assert!(last.try_result().unwrap_err().is_abandoned());
    });
}

#[test]
fn a_waker_that_panics_at_the_end_of_a_chain_is_not_the_settlers() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: std::sync::Arc<Self>) {
            panic!("a waker's");
        }
    }
    let (first, deferred) = promise();
    let mut receiver = to_tokio(deferred);
    let waker = std::task::Waker::from(std::sync::Arc::new(Panics));
    let polled = std::pin::Pin::new(&mut receiver).poll(&mut std::task::Context::from_waker(&waker));
    assert!(polled.is_pending());
    first.settle(7).unwrap();
    assert_eq!(receiver.try_recv().unwrap().unwrap(), 7);
    // The next chain on this thread goes on as ever.
    let (second, deferred) = promise();
    let mut there_and_back = to_tokio(deferred).into_deferred_result::<u8, DeferredError>();
    second.settle(8).unwrap();
    assert_eq!(there_and_back.try_result().unwrap(), 8);
}
