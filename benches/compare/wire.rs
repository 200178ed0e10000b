//! What the clients and the contestants say to each other.

/// A request's bytes, and an answer's.
pub(crate) const BYTES: usize = 64;
/// What a client asks for, again and again on one connection.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
/// What it gets, under hyper's head, which is always equally long.
pub(crate) const BODY: &[u8] = b"Hello there\n";
