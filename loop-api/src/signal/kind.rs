//! Which signal.

#[cfg(unix)]
use std::os::raw::c_int;

#[cfg(unix)]
use rustix::process::Signal as Known;

/// A kind of signal. On unix it is the signal's number; on Windows it is one of the events of a
/// console.
///
/// ```
/// # #[cfg(unix)] {
/// use loop_api::signal::SignalKind;
///
/// assert_eq!(SignalKind::interrupt(), SignalKind::ctrl_c());
/// assert_eq!(SignalKind::from_raw(SignalKind::hangup().as_raw_value()), SignalKind::hangup());
/// # }
/// ```
#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(c_int);

#[cfg(unix)]
macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident $known:ident;)*) => {$(
        $(#[$meta])*
        pub const fn $name() -> Self {
            SignalKind(Known::$known.as_raw())
        }
    )*};
}

#[cfg(unix)]
impl SignalKind {
    /// The signal of this number, such as one that only this system has.
    pub const fn from_raw(signum: c_int) -> Self {
        SignalKind(signum)
    }

    /// Its number.
    pub const fn as_raw_value(&self) -> c_int {
        self.0
    }

    /// What Ctrl-C in a terminal sends: `SIGINT`.
    pub const fn ctrl_c() -> Self {
        SignalKind::interrupt()
    }

    kinds! {
        /// `SIGALRM`: a timer of the system has expired. Without a listener it ends the process.
        alarm ALARM;
        /// `SIGCHLD`: a child has ended or stopped. Without a listener it does nothing.
        child CHILD;
        /// `SIGHUP`: the terminal is gone; servers read their configuration again. Without a
        /// listener it ends the process.
        hangup HUP;
        /// `SIGINFO`: a request for the state of the process. Without a listener it does nothing.
        #[cfg(any(
            target_vendor = "apple",
            target_os = "dragonfly",
            target_os = "freebsd",
            target_os = "netbsd",
            target_os = "openbsd"
        ))]
        info INFO;
        /// `SIGINT`: Ctrl-C. Without a listener it ends the process.
        interrupt INT;
        /// `SIGIO`: a descriptor is ready. Without a listener it ends the process on Linux, and
        /// does nothing on other systems.
        #[cfg(not(target_os = "haiku"))]
        io IO;
        /// `SIGPIPE`: a write to a pipe without a reader. Rust programs ignore it from their start.
        pipe PIPE;
        /// `SIGQUIT`: Ctrl-\. Without a listener it ends the process with a core dump.
        quit QUIT;
        /// `SIGTERM`: a request to end. Without a listener it ends the process.
        terminate TERM;
        /// `SIGUSR1`. Without a listener it ends the process.
        user_defined1 USR1;
        /// `SIGUSR2`. Without a listener it ends the process.
        user_defined2 USR2;
        /// `SIGWINCH`: the terminal has another size. Without a listener it does nothing.
        window_change WINCH;
    }
}

#[cfg(unix)]
impl From<c_int> for SignalKind {
    fn from(signum: c_int) -> Self {
        SignalKind::from_raw(signum)
    }
}

#[cfg(unix)]
impl From<SignalKind> for c_int {
    fn from(kind: SignalKind) -> Self {
        kind.as_raw_value()
    }
}

/// A kind of signal: one of the events of a console.
#[cfg(not(unix))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignalKind {
    /// Ctrl-C.
    CtrlC,
    /// Ctrl-Break.
    CtrlBreak,
    /// The console is being closed.
    CtrlClose,
    /// The user logs off.
    CtrlLogoff,
    /// The system shuts down.
    CtrlShutdown,
}

#[cfg(not(unix))]
impl SignalKind {
    /// What Ctrl-C in a console sends.
    pub const fn ctrl_c() -> Self {
        SignalKind::CtrlC
    }
}
