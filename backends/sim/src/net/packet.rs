//! What travels between hosts.

use std::io::ErrorKind;
use std::net::SocketAddr;

/// Ends of streams are known by numbers that are never used twice.
#[derive(Debug)]
pub(crate) enum Packet {
    /// A client asks for a connection.
    Syn { from: u64, to: u32, addr: SocketAddr, again: bool },
    /// It has one.
    SynAck { to: u64, peer: u64 },
    /// It gets none.
    Refused { to: u64, kind: ErrorKind },
    /// A part of a stream.
    Data { to: u64, from: u64, bytes: Vec<u8> },
    /// Its end.
    Fin { to: u64 },
    /// The connection is gone.
    Reset { to: u64 },
    /// The reader has read, and the writer may go on.
    Window { to: u64, read: usize },
    /// A datagram.
    Datagram(Box<Datagram>),
    /// No socket was there for a datagram.
    Unreachable { to: u64, from: SocketAddr },
}

#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) from_host: u32,
    pub(crate) from: SocketAddr,
    pub(crate) to_host: u32,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

/// A packet on a link.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// The end that sent it, if its packets keep their order.
    pub(crate) end: Option<u64>,
    pub(crate) packet: Packet,
    /// When it was sent, or sent on.
    pub(crate) at: u64,
}

impl Packet {
    /// What it is, the socket it is for, and its size.
    pub(crate) fn summary(&self) -> (&'static str, u64, u64) {
        match self {
            Packet::Syn { from, .. } => ("SYN", *from, 0),
            Packet::SynAck { to, .. } => ("SYN-ACK", *to, 0),
            Packet::Refused { to, .. } => ("refusal", *to, 0),
            Packet::Data { to, bytes, .. } => ("data", *to, bytes.len() as u64),
            Packet::Fin { to } => ("FIN", *to, 0),
            Packet::Reset { to } => ("RST", *to, 0),
            Packet::Window { to, .. } => ("window", *to, 0),
            Packet::Datagram(datagram) => {
                ("datagram", u64::from(datagram.to.port()), datagram.bytes.len() as u64)
            }
            Packet::Unreachable { to, .. } => ("unreachable", *to, 0),
        }
    }
}
