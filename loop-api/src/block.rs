//! Blocking a thread on a future, while another runs the loop.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::error::RunError;
use crate::shared::{IdleWatch, Shared};

/// Wakes the thread that made it.
struct Signal {
    woken: AtomicBool,
    thread: Thread,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

fn signal() -> (Arc<Signal>, Waker) {
    let signal = Arc::new(Signal { woken: AtomicBool::new(false), thread: thread::current() });
    (signal.clone(), Waker::from(signal))
}

thread_local! {
    /// Made once a thread.
    static SIGNAL: RefCell<(Arc<Signal>, Waker)> = RefCell::new(signal());
}

impl Shared {
    /// Blocks this thread on `future`, which is polled here and nowhere else: the wait of
    /// [`Handle::try_block_on`](crate::Handle::try_block_on), inside `enter` and after its checks.
    /// For backends that have another, where that does not work. It also does while a thread ends,
    /// in the destructors of thread-locals.
    ///
    /// # Errors
    ///
    /// [`RunError::Closed`] when the loop closes first; [`RunError::NotRunning`] where only this
    /// thread could run the loop.
    pub fn wait_here<F: Future>(&self, future: F) -> Result<F::Output, RunError> {
        on(self, self.until_closed(future))?
    }
}

/// Waits until `future` is done.
fn on<F: Future>(shared: &Shared, future: F) -> Result<F::Output, RunError> {
    let mut future = Some(future);
    // Borrowed while one waits already, or gone while the thread ends.
    let result = SIGNAL.try_with(|signal| {
        let signal = signal.try_borrow_mut().ok()?;
        future.take().map(|future| wait(shared, future, &signal))
    });
    match (result, future) {
        (Ok(Some(result)), _) => result,
        (_, Some(future)) => wait(shared, future, &signal()),
        (_, None) => unreachable!("the future is taken only where its result is given"),
    }
}

fn wait<F: Future>(
    shared: &Shared,
    future: F,
    (signal, waker): &(Arc<Signal>, Waker),
) -> Result<F::Output, RunError> {
    let mut future = pin!(future);
    let cx = &mut Context::from_waker(waker);
    let mut idle = IdleWatch::new(shared);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Ok(output);
        }
        shared.may_wait()?;
        while !signal.woken.swap(false, Ordering::Acquire) {
            match idle.look() {
                Some(pause) => thread::park_timeout(pause),
                None => thread::park(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_thread_that_alone_could_run_the_loop_is_refused_only_when_it_would_wait() {
        let shared = Shared::new("test").of_this_thread();
        assert_eq!(on(&shared, async { 1 }), Ok(1));
        assert_eq!(on(&shared, pending::<()>()), Err(RunError::NotRunning));
        let _running = shared.running();
        // One that wakes itself.
        let mut polls = 0;
        let twice = poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
        });
        assert_eq!(on(&shared, twice), Ok(()));
    }

    #[test]
    fn a_loop_that_stands_still_is_reported_to_its_handler_and_waited_for() {
        let shared = Shared::new("test").of_this_thread();
        let (tell, told) = mpsc::channel();
        shared.set_exception_handler(Some(Arc::new(move |exception: &crate::shared::Exception| {
            tell.send(exception.message().to_owned()).unwrap();
        })));
        let (promise, deferred) = crate::promise::promise::<u8>();
        thread::scope(|scope| {
            let waits = scope.spawn(|| on(&shared, deferred));
            let message = told.recv().unwrap();
            assert!(message.contains("no thread runs"), "{message}");
            promise.settle(7).unwrap();
            assert!(matches!(waits.join().unwrap(), Ok(Ok(7))));
        });
        assert!(told.try_recv().is_err(), "it is reported once");
    }

    #[test]
    fn a_loop_that_runs_now_and_then_is_not_reported() {
        let shared = Shared::new("test").of_this_thread();
        let mut idle = IdleWatch::new(&shared);
        shared.set_exception_handler(Some(Arc::new(|exception: &crate::shared::Exception| {
            panic!("{}", exception.message());
        })));
        for _ in 0..3 {
            assert!(idle.look().is_some());
            drop(shared.running());
        }
        let running = shared.running();
        assert!(idle.look().is_some() && idle.look().is_some());
        drop(running);
        assert!(idle.look().is_some());
        // Its host runs it turn by turn.
        drop(shared.turning());
        assert_eq!(idle.look(), None);
    }
}
