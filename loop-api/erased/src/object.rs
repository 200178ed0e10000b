//! A backend's socket as an erased one keeps it.

use std::io;
use std::sync::Mutex;

use super::unsupported;

/// How a socket becomes one of the standard library's, where it can.
pub(super) type IntoStd<S, Std> = Option<fn(S) -> io::Result<Std>>;

/// A backend's socket as the erased one keeps it.
pub(super) struct Object<S, Std> {
    pub(super) socket: S,
    pub(super) into_std: IntoStd<S, Std>,
    /// Held by the half of the socket that is polled, while both borrow it.
    pub(super) turn: Mutex<()>,
}

impl<S, Std> Object<S, Std> {
    pub(super) fn new(socket: S, into_std: IntoStd<S, Std>) -> Self {
        Object { socket, into_std, turn: Mutex::new(()) }
    }

    pub(super) fn into_std(self) -> io::Result<Std> {
        match self.into_std {
            Some(into_std) => into_std(self.socket),
            None => Err(unsupported(
                "this loop's sockets are not the standard library's, or it was erased without .std_net()",
            )),
        }
    }
}

/// An erased stream that is made of a backend's stream `S`.
pub(super) trait FromObject<S, Std>: Sized {
    fn from_object(object: Object<S, Std>) -> Self;
}
