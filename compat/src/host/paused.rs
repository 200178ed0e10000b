//! tokio as part of a simulated world.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use loop_api::host::{Driver, Host, RuntimeContext, Stepped};
use tokio::runtime::{self, Runtime};
use tokio::time::{Instant, advance, sleep_until};

use super::tokio::TokioContext;

/// tokio as part of a simulated world: its timers go by the world's clock, and one sleep is one
/// jump. For crates that need tokio's time or `tokio::spawn`; tokio's sockets, files and processes
/// would be real, and are refused by tokio.
///
/// ```
/// use loop_compat::host::PausedTokio;
/// # use loop_api::host::Host;
///
/// // loop_sim::Builder::new().host(Arc::new(PausedTokio::new()))
/// assert!(PausedTokio::new().open()?.stepped().is_some());
/// # std::io::Result::Ok(())
/// ```
///
/// tokio counts milliseconds: its sleeps end up to one later. What is spawned by `tokio::spawn` runs
/// on the host that runs `block_on`.
#[derive(Debug, Clone, Copy, Default)]
pub struct PausedTokio(());

impl PausedTokio {
    /// With tokio's defaults.
    pub fn new() -> PausedTokio {
        PausedTokio(())
    }
}

impl Host for PausedTokio {
    fn name(&self) -> &'static str {
        "tokio"
    }

    fn open(&self) -> io::Result<Box<dyn Driver>> {
        let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let context = Arc::new(TokioContext(runtime.handle().clone()));
        let begin = {
            let _entered = runtime.enter();
            Instant::now()
        };
        Ok(Box::new(PausedDriver { runtime: RefCell::new(Some(Rc::new(runtime))), context, begin }))
    }
}

struct PausedDriver {
    /// None once it was shut down.
    runtime: RefCell<Option<Rc<Runtime>>>,
    context: Arc<TokioContext>,
    begin: Instant,
}

impl Driver for PausedDriver {
    fn runtime_context(&self) -> Arc<dyn RuntimeContext> {
        self.context.clone()
    }

    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        // Not borrowed meanwhile: what runs in there may do anything.
        let runtime = self.runtime.borrow().clone();
        if let Some(runtime) = runtime {
            runtime.block_on(future);
        }
    }

    #[cfg(unix)]
    fn watch(&self, _: std::os::fd::BorrowedFd<'_>) -> io::Result<Box<dyn loop_api::host::Watch>> {
        let message = "this tokio's clock is a simulator's: for a real loop take TokioHost";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }

    fn stepped(&self) -> Option<&dyn Stepped> {
        Some(self)
    }

    fn shutdown(&self, _: Option<Duration>) -> usize {
        if let Some(runtime) = self.runtime.take().and_then(Rc::into_inner) {
            runtime.shutdown_background();
        }
        0
    }
}

impl Stepped for PausedDriver {
    fn drive(&self, now: Duration, until: Duration, is_ready: &mut dyn FnMut(&Waker) -> bool) -> Duration {
        let mut reached = until;
        let drive = async {
            let late = now.saturating_sub(self.begin.elapsed());
            if !late.is_zero() {
                advance(late).await;
            }
            // Where nothing is left to do, tokio lets its clock jump to the next timer, which may be
            // this one.
            let mut end = pin!(sleep_until(self.begin + until));
            poll_fn(|cx| if is_ready(cx.waker()) { Poll::Ready(()) } else { end.as_mut().poll(cx) }).await;
            reached = self.begin.elapsed();
        };
        self.block_on(pin!(drive));
        reached
    }
}

impl fmt::Debug for PausedDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PausedDriver").finish_non_exhaustive()
    }
}
