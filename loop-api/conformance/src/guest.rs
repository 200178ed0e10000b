//! A loop inside a loop, as a loop.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::coop;
use loop_api::error::RunError;
use loop_api::io::Interest;
use loop_api::readiness::{Readiness, Source};
use loop_api::time::{Instant, Sleep};
use loop_api::turn::Turn;

/// Turns of the guest before the host has its own.
const TURNS: usize = 16;

/// The loop `G` as a guest of the loop `H`, which waits for the guest's descriptor and for its next
/// deadline, and gives it turns of no length. As a loop it is the guest, so that the suite can run
/// on it.
pub struct Guest<H: EventLoop<Handle: Readiness>, G: EventLoop> {
    /// Deregistered before the host ends.
    source: Option<<H::Handle as Readiness>::Source<OwnedFd>>,
    guest: G,
    host: H,
}

impl<H: EventLoop<Handle: Readiness>, G: Turn + AsFd> Guest<H, G> {
    /// Makes `guest` a guest of `host`. Neither may have anything queued.
    ///
    /// # Errors
    ///
    /// Those of [`Readiness::register`] on the host, for the guest's descriptor, and those of the
    /// guest's first [`Turn::turn`].
    pub fn of(host: H, mut guest: G) -> io::Result<Self> {
        // A turn has a pump of its own, which is woken for callbacks until that of a run comes.
        guest.turn(Some(Duration::ZERO))?;
        let source = Some(host.handle().register(guest.as_fd().try_clone_to_owned()?)?);
        Ok(Guest { source, guest, host })
    }
}

/// Says that the guest's main future is to be polled, and wakes the host.
#[derive(Default)]
struct Main {
    woken: AtomicBool,
    host: Mutex<Option<Waker>>,
}

impl Wake for Main {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        let host = self.host.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(host) = host {
            host.wake();
        }
    }
}

impl<H, G> EventLoop for Guest<H, G>
where
    H: EventLoop<Handle: Readiness>,
    G: Turn + AsFd,
{
    type Handle = G::Handle;

    fn new() -> io::Result<Self> {
        Guest::of(H::new()?, G::new()?)
    }

    fn handle(&self) -> &G::Handle {
        self.guest.handle()
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let Guest { source, guest, host } = self;
        // Closed loops are not driven.
        let source = source.as_ref().ok_or(RunError::Closed)?;
        let (inner, outer) = (guest.handle().clone(), host.handle().clone());
        let _running = outer.shared().running();
        let mut future = pin!(future);
        let mut sleep: Option<Pin<Box<<H::Handle as Handle>::Sleep>>> = None;
        let main = Arc::new(Main::default());
        main.woken.store(true, Ordering::Relaxed);
        let waker = Waker::from(main.clone());

        host.drive(poll_fn(|cx| {
            *main.host.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
            for _ in 0..TURNS {
                if main.woken.swap(false, Ordering::AcqRel) {
                    let mut cx = Context::from_waker(&waker);
                    // Counted as a poll of the guest's own: the host may count nothing.
                    let poll = || inner.enter(|| future.as_mut().poll(&mut cx));
                    if let Poll::Ready(output) = coop::polled(poll) {
                        return Poll::Ready(output);
                    }
                }
                guest.turn(Some(Duration::ZERO)).expect("a turn of the guest");
                if main.woken.load(Ordering::Acquire) {
                    continue;
                }
                let deadline = guest.next_deadline();
                if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    continue;
                }
                // Both are asked, so that both wake the host.
                let due = poll_deadline(&outer, &mut sleep, deadline, cx);
                let ready = source.poll_io(cx, Interest::Readable, has_events).is_ready();
                if !due && !ready {
                    return Poll::Pending;
                }
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }))
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        self.guest.shutdown(timeout);
        self.source = None;
        self.host.shutdown(timeout);
    }
}

/// Whether the guest's next timer is due; if not, the host's sleep wakes the host then.
fn poll_deadline<H: Handle>(
    host: &H,
    sleep: &mut Option<Pin<Box<H::Sleep>>>,
    deadline: Option<Instant>,
    cx: &mut Context<'_>,
) -> bool {
    let Some(deadline) = deadline else {
        *sleep = None;
        return false;
    };
    let sleep = sleep.get_or_insert_with(|| Box::pin(host.sleep_until(deadline)));
    if sleep.deadline() != deadline {
        sleep.as_mut().reset(deadline);
    }
    sleep.as_mut().poll(cx).is_ready()
}

/// `WouldBlock` unless `fd` is readable now.
fn has_events(fd: &OwnedFd) -> io::Result<()> {
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

impl<H: EventLoop<Handle: Readiness>, G: EventLoop> fmt::Debug for Guest<H, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").field("guest", self.guest.handle()).field("host", self.host.handle()).finish()
    }
}
