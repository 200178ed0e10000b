//! What a descriptor is waited for, and what it is ready for: tokio's `Interest` and `Ready`.

use std::fmt;
use std::io;
use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

const READABLE: u8 = 1;
const WRITABLE: u8 = 2;
const READ_CLOSED: u8 = 4;
const WRITE_CLOSED: u8 = 8;
const PRIORITY: u8 = 16;
const ERROR: u8 = 32;

/// What to wait for. `READABLE | WRITABLE` is whichever comes first.
///
/// ```
/// use anyloop::io::Interest;
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable());
/// assert_eq!(both.remove(Interest::READABLE), Some(Interest::WRITABLE));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Interest(u8);

impl Interest {
    /// That something can be read, or the other side has closed.
    pub const READABLE: Interest = Interest(READABLE);
    /// That something can be written, or the other side reads no more.
    pub const WRITABLE: Interest = Interest(WRITABLE);
    /// That there is an error to be taken. It is told beside one of the others: no loop waits for
    /// it alone, and to ask so is `Unsupported`.
    pub const ERROR: Interest = Interest(ERROR);
    /// That there is urgent data. It is told beside one of the others: no loop waits for it alone,
    /// and to ask so is `Unsupported`.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const PRIORITY: Interest = Interest(PRIORITY);

    /// Whether [`READABLE`](Self::READABLE) is in it.
    pub const fn is_readable(self) -> bool {
        self.0 & READABLE != 0
    }

    /// Whether [`WRITABLE`](Self::WRITABLE) is in it.
    pub const fn is_writable(self) -> bool {
        self.0 & WRITABLE != 0
    }

    /// Whether [`ERROR`](Self::ERROR) is in it.
    pub const fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }

    /// Whether [`PRIORITY`](Self::PRIORITY) is in it.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const fn is_priority(self) -> bool {
        self.0 & PRIORITY != 0
    }

    /// Both.
    #[must_use = "it gives the sum, and changes neither"]
    pub const fn add(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }

    /// What is left without `other`, if anything is.
    #[must_use = "it gives the rest, and changes neither"]
    pub fn remove(self, other: Interest) -> Option<Interest> {
        match self.0 & !other.0 {
            0 => None,
            left => Some(Interest(left)),
        }
    }

    /// What of a state satisfies it.
    pub(crate) const fn mask(self) -> Ready {
        let mut mask = self.0 & ERROR;
        if self.is_readable() {
            mask |= READABLE | READ_CLOSED;
        }
        if self.is_writable() {
            mask |= WRITABLE | WRITE_CLOSED;
        }
        if self.0 & PRIORITY != 0 {
            mask |= PRIORITY | READ_CLOSED;
        }
        Ready(mask)
    }
}

/// The error of those who wait for what no loop waits for.
#[cold]
pub(crate) fn alone() -> io::Error {
    let message = "no loop waits for errors or urgent data alone: ask for Interest::READABLE or WRITABLE too";
    io::Error::new(io::ErrorKind::Unsupported, message)
}

impl BitOr for Interest {
    type Output = Interest;

    fn bitor(self, other: Interest) -> Interest {
        self.add(other)
    }
}

impl BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Interest) {
        *self = self.add(other);
    }
}

/// The names of the bits that are set, as both types show themselves.
fn names(f: &mut fmt::Formatter<'_>, bits: u8) -> fmt::Result {
    let all = [
        (READABLE, "READABLE"),
        (WRITABLE, "WRITABLE"),
        (READ_CLOSED, "READ_CLOSED"),
        (WRITE_CLOSED, "WRITE_CLOSED"),
        (PRIORITY, "PRIORITY"),
        (ERROR, "ERROR"),
    ];
    let mut between = "";
    for (_, name) in all.into_iter().filter(|(bit, _)| bits & bit != 0) {
        write!(f, "{between}{name}")?;
        between = " | ";
    }
    if bits == 0 { f.write_str("EMPTY") } else { Ok(()) }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(f, self.0)
    }
}

/// What a descriptor is ready for.
///
/// ```
/// use anyloop::io::Ready;
/// let ready = Ready::READABLE | Ready::READ_CLOSED;
/// assert!(ready.is_readable() && ready.is_read_closed() && !ready.is_writable());
/// assert!((ready - Ready::ALL).is_empty());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ready(u8);

impl Ready {
    /// Nothing.
    pub const EMPTY: Ready = Ready(0);
    /// Something can be read.
    pub const READABLE: Ready = Ready(READABLE);
    /// Something can be written.
    pub const WRITABLE: Ready = Ready(WRITABLE);
    /// The other side writes no more.
    pub const READ_CLOSED: Ready = Ready(READ_CLOSED);
    /// The other side reads no more.
    pub const WRITE_CLOSED: Ready = Ready(WRITE_CLOSED);
    /// There is urgent data.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const PRIORITY: Ready = Ready(PRIORITY);
    /// There is an error to be taken.
    pub const ERROR: Ready = Ready(ERROR);
    /// Everything.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub const ALL: Ready = Ready(READABLE | WRITABLE | READ_CLOSED | WRITE_CLOSED | PRIORITY | ERROR);
    /// Everything.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub const ALL: Ready = Ready(READABLE | WRITABLE | READ_CLOSED | WRITE_CLOSED | ERROR);

    /// Whether it is nothing.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a read gives something, be it the end.
    pub fn is_readable(self) -> bool {
        self.0 & (READABLE | READ_CLOSED) != 0
    }

    /// Whether a write gives something, be it an error.
    pub fn is_writable(self) -> bool {
        self.0 & (WRITABLE | WRITE_CLOSED) != 0
    }

    /// Whether the other side writes no more.
    pub fn is_read_closed(self) -> bool {
        self.0 & READ_CLOSED != 0
    }

    /// Whether the other side reads no more.
    pub fn is_write_closed(self) -> bool {
        self.0 & WRITE_CLOSED != 0
    }

    /// Whether there is urgent data.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn is_priority(self) -> bool {
        self.0 & PRIORITY != 0
    }

    /// Whether there is an error to be taken.
    pub fn is_error(self) -> bool {
        self.0 & ERROR != 0
    }

    #[cfg(unix)]
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// The inverse of `bits`.
    #[cfg(unix)]
    pub(crate) const fn from_bits(bits: u8) -> Ready {
        Ready(bits)
    }
}

impl From<loop_toolkit::socket::State> for Ready {
    fn from(state: loop_toolkit::socket::State) -> Ready {
        let bit = |yes: bool, bit| if yes { bit } else { 0 };
        Ready(
            bit(state.readable, READABLE)
                | bit(state.writable, WRITABLE)
                | bit(state.read_closed, READ_CLOSED)
                | bit(state.write_closed, WRITE_CLOSED)
                | bit(state.priority, PRIORITY)
                | bit(state.error, ERROR),
        )
    }
}

impl BitOr for Ready {
    type Output = Ready;

    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        self.0 |= other.0;
    }
}

impl BitAnd for Ready {
    type Output = Ready;

    fn bitand(self, other: Ready) -> Ready {
        Ready(self.0 & other.0)
    }
}

impl Sub for Ready {
    type Output = Ready;

    fn sub(self, other: Ready) -> Ready {
        Ready(self.0 & !other.0)
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(f, self.0)
    }
}
