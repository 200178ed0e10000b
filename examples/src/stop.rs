//! How a program is told to stop.

use std::io;

#[cfg(unix)]
use anyloop::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use anyloop::signal::windows::{CtrlC, ctrl_c};

/// Listens to Ctrl-C and, on unix, to `SIGTERM`, by which a service manager stops a program.
#[derive(Debug)]
pub struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: CtrlC,
}

impl Stop {
    /// Listens from now on; the system no longer ends the program by itself.
    ///
    /// # Errors
    ///
    /// Any error of installing the handlers.
    pub fn listen() -> io::Result<Stop> {
        Ok(Stop {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(windows)]
            interrupt: ctrl_c()?,
        })
    }

    /// Waits until the program is told to stop.
    pub async fn asked(&mut self) {
        #[cfg(unix)]
        anyloop::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}
