//! A guest of a host that has nothing but a queue of callbacks.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::Poll;
use std::thread;

use loop_api::time::Instant;
use loop_api::turn::Turn;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Guest, GuestError};

/// Puts a callback into the host's queue, from any thread; it must run on the thread that started
/// the guest.
type RunSoon = dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync;

thread_local! {
    /// What a callback gives a step, by its number. Weak: the guests belong to their [`OnQueue`]s.
    static GUESTS: RefCell<HashMap<u64, Weak<dyn Step>>> = RefCell::new(HashMap::new());
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// A guest that is under way in a host's queue. Dropping it quits early, on its own thread: see
/// [`Guest`].
#[must_use = "dropping it quits the guest before it is done"]
pub struct OnQueue {
    number: u64,
    guest: Option<Rc<dyn Step>>,
}

trait Step {
    fn step(&self);
    fn is_done(&self) -> bool;
}

/// Starts a guest on this thread, whose loop has nothing but a queue of callbacks, such as that of
/// a toolkit, a game engine or another language.
///
/// `run_soon` puts a callback into the queue; the host runs it on this thread. It is called by a
/// thread named `anyloop-guest` alone, which waits for the guest's descriptor and timers while the
/// guest has nothing to do, and then puts one callback there; it does nothing else. So it may
/// block, such as on a queue with an end that is full: the host goes on. Neither the host nor the
/// guest is polled without a reason. When the main future is done, `done` is called in such a
/// callback, with its value or what went wrong.
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
/// Any error of `dup(2)` or `socketpair(2)`, such as too many open files, or of starting a thread
/// (`pthread_create(3)`), such as `WouldBlock` at the limit of threads.
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
    let waiter = Waiter::start(number, guest.as_fd().try_clone_to_owned()?, run_soon)?;
    waiter.wait(Some(Instant::now()));
    let running = Running { waiter, guest, done: Box::new(done) };
    let queued = Rc::new(Queued { is_done: Cell::new(false), running: RefCell::new(Some(running)) });
    let weak: Weak<dyn Step> = Rc::downgrade(&(queued.clone() as Rc<dyn Step>));
    // Before any callback: those run on this thread.
    GUESTS.with_borrow_mut(|guests| guests.insert(number, weak));
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
    is_done: Cell<bool>,
    /// `None` once it is done, and while it is given a step.
    running: RefCell<Option<Running<G, T>>>,
}

struct Running<G: Turn + AsFd, T: 'static> {
    /// Stops before the guest goes.
    waiter: Waiter,
    guest: Guest<G, T>,
    done: Box<dyn FnOnce(Result<T, GuestError>)>,
}

impl<G: Turn + AsFd, T: 'static> Step for Queued<G, T> {
    fn step(&self) {
        // A callback inside a step of the same guest, by a host that runs its queue in there, finds
        // nothing to do.
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
                // Due already, its callback comes behind the host's own. It is not put there from
                // here: a queue that is full would block.
                running.waiter.wait(running.guest.deadline());
                *self.running.borrow_mut() = Some(running);
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
    phase: Arc<Mutex<Phase>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the thread is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waits,
    /// It puts a callback into the host's queue, which may take as long as the host likes.
    Calls,
    /// It is to end.
    Ends,
}

impl Waiter {
    fn start(number: u64, fd: OwnedFd, run_soon: Arc<RunSoon>) -> io::Result<Waiter> {
        let (asks, asked) = mpsc::channel::<Option<Instant>>();
        let (stop, stopped) = UnixStream::pair()?;
        let phase = Arc::new(Mutex::new(Phase::Waits));
        let own = phase.clone();
        let thread = thread::Builder::new().name("anyloop-guest".to_owned()).spawn(move || {
            while let Ok(deadline) = asked.recv() {
                if !wait(&fd, &stopped, deadline) || !go_on(&own, Phase::Calls) {
                    return;
                }
                run_soon(step_of(number));
                if !go_on(&own, Phase::Waits) {
                    return;
                }
            }
        })?;
        Ok(Waiter { asks: Some(asks), stop: Some(stop), phase, thread: Some(thread) })
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
        let was = mem::replace(&mut *lock(&self.phase), Phase::Ends);
        match self.thread.take() {
            // It does not panic itself; a panic of the host's `run_soon` is the host's to handle.
            Some(thread) if was == Phase::Waits => drop(thread.join()),
            // The host may be what it waits for: it ends by itself when its callback, which does
            // nothing any more, is in the queue.
            _ => {}
        }
    }
}

fn lock(phase: &Mutex<Phase>) -> MutexGuard<'_, Phase> {
    phase.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Turns to `next`; false if it is to end.
fn go_on(phase: &Mutex<Phase>, next: Phase) -> bool {
    let mut phase = lock(phase);
    if *phase != Phase::Ends {
        *phase = next;
    }
    *phase != Phase::Ends
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
            // Both descriptors are ours and open: there is no caller who could handle this.
            Err(error) => panic!("the guest's thread cannot wait any more: {error}"),
        }
    }
}
