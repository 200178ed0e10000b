//! What runs in the signal's handler. The one file of this folder with unsafe code.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::AsFd;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use std::os::unix::net::UnixStream;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::{os::fd::OwnedFd, sync::Arc};

use loop_api::signal::SignalKind;
use rustix::process::getpid;
use signal_hook_registry::{FORBIDDEN, SigId, register, unregister};

/// Where a listener reads that the signal came: an eventfd on Linux, a pair of sockets elsewhere.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) type Receiver = Arc<OwnedFd>;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) type Receiver = UnixStream;

#[cfg(any(target_os = "linux", target_os = "android"))]
fn channel() -> io::Result<(Arc<OwnedFd>, Receiver)> {
    use rustix::event::{EventfdFlags, eventfd};
    let event = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    Ok((event.clone(), event))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn channel() -> io::Result<(UnixStream, Receiver)> {
    let (sender, receiver) = UnixStream::pair()?;
    sender.set_nonblocking(true)?;
    receiver.set_nonblocking(true)?;
    Ok((sender, receiver))
}

/// The action of one listener in the handler, until it is dropped.
#[derive(Debug)]
pub(super) struct Registration(SigId);

impl Drop for Registration {
    fn drop(&mut self) {
        unregister(self.0);
    }
}

/// Has each signal of this kind written to a descriptor from now on.
pub(super) fn listen(kind: SignalKind) -> io::Result<(Registration, Receiver)> {
    let signal = kind.as_raw_value();
    if FORBIDDEN.contains(&signal) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "signal {signal} cannot be listened to: SIGKILL and SIGSTOP never come to a handler, and \
                 SIGILL, SIGFPE and SIGSEGV are about the thread that they stop"
            ),
        ));
    }
    let (sender, receiver) = channel()?;
    let process = getpid();
    let action = move || {
        // A forked child shares the descriptor, and its signals are not this process's.
        if getpid() == process {
            // Full means that the listener is told already.
            let _ = rustix::io::write(sender.as_fd(), &1_u64.to_ne_bytes());
        }
    };
    // SAFETY: the action may run in a signal handler, where only what is async-signal-safe is
    // allowed. It makes two system calls, getpid and write, which are; it allocates nothing, takes
    // no lock and does not panic, and signal-hook-registry restores errno. The descriptor is open
    // while the action can run, as the action owns it, and it does not block.
    let id = unsafe { register(signal, action) }.map_err(|error| refused(signal, error))?;
    Ok((Registration(id), receiver))
}

/// Says which signal it was: a number alone helps no caller.
#[cold]
fn refused(signal: i32, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("signal {signal} cannot be listened to on this system: {error}"))
}

/// Takes what was written; `WouldBlock` if nothing was.
pub(super) fn take(receiver: &Receiver) -> io::Result<()> {
    // More than this is a signal more, which is the same as none more.
    let mut buf = [0; 64];
    match rustix::io::read(receiver, &mut buf)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
