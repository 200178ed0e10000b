//! A guest of a host that has nothing but a queue of callbacks.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::{Rc, Weak};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;

use loop_api::time::Instant;
use loop_api::turn::Turn;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Guest, GuestError};

/// Puts a callback into the host's queue, from any thread; it must run on the thread that started the guest.
type RunSoon = dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync;

thread_local! {
    /// What a callback gives a step, by its number. Weak: the guests belong to their [`OnQueue`]s.
    static GUESTS: RefCell<HashMap<u64, Weak<dyn Step>>> = RefCell::new(HashMap::new());
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// A guest that is under way in a host's queue. Dropping it quits early, on its own thread: see [`Guest`].
#[must_use = "dropping it quits the guest before it is done"]
pub struct OnQueue {
    number: u64,
    guest: Option<Rc<dyn Step>>,
}

trait Step {
    fn step(&self);
    fn is_done(&self) -> bool;
}

/// Starts a guest on this thread, whose loop has nothing but a queue of callbacks, such as that of a toolkit, a game engine or another language.
///
/// `run_soon` puts a callback into the queue, from any thread; the host runs it on this one. A thread named `anyloop-guest` waits for the
/// guest's descriptor and timers while the guest has nothing to do, and then puts one callback there; it does nothing else. Neither the host nor
/// the guest is polled without a reason. When the main future is done, `done` is called in such a callback, with its value or what went wrong.
///
/// ```
/// use std::sync::mpsc;
/// use loop_api::{EventLoop, Handle};
/// use loop_compat::guest::{Guest, start_on_queue};
/// use loop_native::NativeLoop;
///
/// let (queue, callbacks) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
/// let (says, said) = mpsc::channel();
/// let native = NativeLoop::new()?;
/// let sleep = native.handle().sleep(std::time::Duration::from_millis(1));
/// let guest = Guest::new(native, async move {
///     sleep.await;
///     6 * 7
/// })?;
/// let run_soon = move |callback| drop(queue.send(callback));
/// let guest = start_on_queue(guest, run_soon, move |result| says.send(result.unwrap()).unwrap())?;
/// while !guest.is_done() {
///     let callback = callbacks.recv().unwrap();
///     callback();
/// }
/// assert_eq!(said.recv(), Ok(42));
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
///
/// What the system said when it was asked for a thread and descriptors.
pub fn start_on_queue<G, T>(
    guest: Guest<G, T>,
    run_soon: impl Fn(Box<dyn FnOnce() + Send>) + Send + Sync + 'static,
    done: impl FnOnce(Result<T, GuestError>) + 'static,
) -> io::Result<OnQueue>
where
    G: Turn + AsFd + 'static,
    T: 'static,
{
    let number = NEXT.replace(NEXT.get() + 1);
    let run_soon: Arc<RunSoon> = Arc::new(run_soon);
    let waiter = Waiter::start(number, guest.as_fd().try_clone_to_owned()?, run_soon.clone())?;
    let running = Running { waiter, guest, done: Box::new(done) };
    let queued =
        Rc::new(Queued { number, is_done: Cell::new(false), running: RefCell::new(Some(running)), run_soon });
    let weak: Weak<dyn Step> = Rc::downgrade(&(queued.clone() as Rc<dyn Step>));
    GUESTS.with_borrow_mut(|guests| guests.insert(number, weak));
    queued.soon();
    Ok(OnQueue { number, guest: Some(queued) })
}

impl OnQueue {
    /// Whether `done` was called.
    pub fn is_done(&self) -> bool {
        self.guest.as_ref().is_none_or(|guest| guest.is_done())
    }
}

impl Drop for OnQueue {
    fn drop(&mut self) {
        let _ = GUESTS.try_with(|guests| guests.borrow_mut().remove(&self.number));
        // Not with the list borrowed: what the guest drops may start another.
        self.guest = None;
    }
}

impl fmt::Debug for OnQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnQueue").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}

struct Queued<G: Turn + AsFd, T: 'static> {
    number: u64,
    is_done: Cell<bool>,
    /// `None` once it is done, and while it is given a step.
    running: RefCell<Option<Running<G, T>>>,
    run_soon: Arc<RunSoon>,
}

struct Running<G: Turn + AsFd, T: 'static> {
    /// Stops before the guest goes.
    waiter: Waiter,
    guest: Guest<G, T>,
    done: Box<dyn FnOnce(Result<T, GuestError>)>,
}

impl<G: Turn + AsFd, T: 'static> Queued<G, T> {
    fn soon(&self) {
        (self.run_soon)(step_of(self.number));
    }
}

impl<G: Turn + AsFd, T: 'static> Step for Queued<G, T> {
    fn step(&self) {
        // A callback inside a step of the same guest, by a host that runs its queue in there, finds nothing to do.
        let Some(mut running) = self.running.take() else { return };
        match running.guest.step() {
            Poll::Ready(result) => {
                let Running { waiter, guest, done } = running;
                drop(waiter);
                drop(guest);
                self.is_done.set(true);
                done(result);
            }
            Poll::Pending => {
                let deadline = running.guest.deadline();
                let busy = deadline.is_some_and(|deadline| deadline <= Instant::now());
                if !busy {
                    running.waiter.wait(deadline);
                }
                *self.running.borrow_mut() = Some(running);
                if busy {
                    // Behind the host's own callbacks.
                    self.soon();
                }
            }
        }
    }

    fn is_done(&self) -> bool {
        self.is_done.get()
    }
}

/// The callback that gives a guest a step; nothing, if it is gone or this is not its thread.
fn step_of(number: u64) -> Box<dyn FnOnce() + Send> {
    Box::new(move || {
        let guest = GUESTS.with_borrow(|guests| guests.get(&number).and_then(Weak::upgrade));
        if let Some(guest) = guest {
            guest.step();
        }
    })
}

/// The thread that waits on the guest's behalf.
struct Waiter {
    /// Until when to wait, once for each wait.
    asks: Option<mpsc::Sender<Option<Instant>>>,
    /// Closed, it ends the wait that is under way.
    stop: Option<UnixStream>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Waiter {
    fn start(number: u64, fd: OwnedFd, run_soon: Arc<RunSoon>) -> io::Result<Waiter> {
        let (asks, asked) = mpsc::channel::<Option<Instant>>();
        let (stop, stopped) = UnixStream::pair()?;
        let thread = thread::Builder::new().name("anyloop-guest".to_owned()).spawn(move || {
            while let Ok(deadline) = asked.recv() {
                if !wait(&fd, &stopped, deadline) {
                    return;
                }
                run_soon(step_of(number));
            }
        })?;
        Ok(Waiter { asks: Some(asks), stop: Some(stop), thread: Some(thread) })
    }

    /// Has it wait once, and put a callback into the queue then.
    fn wait(&self, deadline: Option<Instant>) {
        if let Some(asks) = &self.asks {
            // It ends only when this goes.
            let _ = asks.send(deadline);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.asks = None;
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has no panic of its own, and the host's is its own affair.
            let _ = thread.join();
        }
    }
}

/// Waits until `fd` is readable or the deadline is past; false if it was stopped.
fn wait(fd: &OwnedFd, stop: &UnixStream, deadline: Option<Instant>) -> bool {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        let mut fds = [PollFd::new(fd, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => return fds[1].revents().is_empty(),
            Err(rustix::io::Errno::INTR) => {}
            // Both descriptors are ours and open: there is nobody who could handle this.
            Err(error) => panic!("the guest's thread cannot wait any more: {error}"),
        }
    }
}
