//! A listener to the console, by tokio's part for it, which needs no runtime: the system calls its
//! handler on a thread of the system's own.

use std::fmt;
use std::io;
use std::task::{Context, Poll};

use loop_api::Handle;
use loop_api::shared::EndWaiter;
use loop_api::signal::{self, SignalKind};
use tokio::signal::windows;

/// One who listens to an event of the console, until the loop of `H` ends. See
/// [`Signals::signal`](loop_api::signal::Signals::signal).
///
/// The handlers of closing, logging off and shutting down do not return while they are listened to,
/// as the system ends the process when they do: the program has the seconds that the system gives.
pub struct Signal<H: Handle> {
    event: Event,
    handle: H,
    waiter: EndWaiter,
}

enum Event {
    CtrlC(windows::CtrlC),
    CtrlBreak(windows::CtrlBreak),
    CtrlClose(windows::CtrlClose),
    CtrlLogoff(windows::CtrlLogoff),
    CtrlShutdown(windows::CtrlShutdown),
}

impl<H: Handle> Signal<H> {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// As [`Signals::signal`](loop_api::signal::Signals::signal).
    pub fn new(handle: &H, kind: SignalKind) -> io::Result<Self> {
        if handle.shared().is_closed() {
            return Err(loop_api::Closed.into());
        }
        let event = match kind {
            SignalKind::CtrlC => Event::CtrlC(windows::ctrl_c()?),
            SignalKind::CtrlBreak => Event::CtrlBreak(windows::ctrl_break()?),
            SignalKind::CtrlClose => Event::CtrlClose(windows::ctrl_close()?),
            SignalKind::CtrlLogoff => Event::CtrlLogoff(windows::ctrl_logoff()?),
            SignalKind::CtrlShutdown => Event::CtrlShutdown(windows::ctrl_shutdown()?),
            _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "the console has no such event")),
        };
        Ok(Signal { event, handle: handle.clone(), waiter: EndWaiter::default() })
    }
}

impl<H: Handle> signal::Signal for Signal<H> {
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let polled = match &mut self.event {
            Event::CtrlC(event) => event.poll_recv(cx),
            Event::CtrlBreak(event) => event.poll_recv(cx),
            Event::CtrlClose(event) => event.poll_recv(cx),
            Event::CtrlLogoff(event) => event.poll_recv(cx),
            Event::CtrlShutdown(event) => event.poll_recv(cx),
        };
        if polled.is_pending() && self.handle.shared().wait_for_end(&mut self.waiter, cx.waker()).is_err() {
            return Poll::Ready(None);
        }
        polled
    }
}

impl<H: Handle> Unpin for Signal<H> {}

impl<H: Handle> Drop for Signal<H> {
    fn drop(&mut self) {
        self.handle.shared().leave_end(self.waiter);
    }
}

impl<H: Handle> fmt::Debug for Signal<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.event {
            Event::CtrlC(_) => SignalKind::CtrlC,
            Event::CtrlBreak(_) => SignalKind::CtrlBreak,
            Event::CtrlClose(_) => SignalKind::CtrlClose,
            Event::CtrlLogoff(_) => SignalKind::CtrlLogoff,
            Event::CtrlShutdown(_) => SignalKind::CtrlShutdown,
        };
        f.debug_struct("Signal").field("kind", &kind).finish_non_exhaustive()
    }
}
