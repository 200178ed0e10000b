//! What the system says of a descriptor just now.

use std::io;

use loop_api::io::Interest;
use loop_api::readiness::AsSource;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What a descriptor is ready for, as `poll(2)` tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// Something can be read.
    pub readable: bool,
    /// Something can be written.
    pub writable: bool,
    /// The other side writes no more.
    pub read_closed: bool,
    /// The other side reads no more.
    pub write_closed: bool,
    /// There is urgent data.
    pub priority: bool,
    /// There is an error to be taken.
    pub error: bool,
}

fn asked<T: AsSource>(io: &T, flags: PollFlags) -> io::Result<Option<PollFlags>> {
    let mut asked = [PollFd::new(io, flags)];
    Ok(match poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? {
        0 => None,
        _ => Some(asked[0].revents()),
    })
}

/// Whether `io` is ready in a direction, asked without touching its data.
///
/// # Errors
///
/// `WouldBlock` if it is not; any error of `poll(2)`.
pub fn is_ready<T: AsSource>(io: &T, interest: Interest) -> io::Result<()> {
    let flags = match interest {
        Interest::Readable => PollFlags::IN,
        Interest::Writable => PollFlags::OUT,
    };
    // What is closed or failed counts as ready too: it shows in what is returned.
    match asked(io, flags)? {
        None => Err(io::ErrorKind::WouldBlock.into()),
        Some(_) => Ok(()),
    }
}

/// What `io` is ready for, in both directions, asked without touching its data.
///
/// # Errors
///
/// Any error of `poll(2)`.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// let state = loop_toolkit::socket::state(&socket)?;
/// assert!(state.writable && !state.readable);
/// # Ok(())
/// # }
/// ```
pub fn state<T: AsSource>(io: &T) -> io::Result<State> {
    let flags = PollFlags::IN | PollFlags::OUT;
    #[cfg(unix)]
    let flags = flags | PollFlags::PRI;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let flags = flags | PollFlags::RDHUP;
    let Some(is) = asked(io, flags)? else { return Ok(State::default()) };
    let (hung_up, error) = (is.contains(PollFlags::HUP), is.contains(PollFlags::ERR));
    let read_end = hung_up;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let read_end = read_end || is.contains(PollFlags::RDHUP);
    Ok(State {
        readable: is.contains(PollFlags::IN),
        writable: is.contains(PollFlags::OUT),
        read_closed: read_end,
        write_closed: hung_up || error,
        priority: cfg!(unix) && is.contains(PollFlags::PRI),
        error,
    })
}
