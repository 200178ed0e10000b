//! Protocols and transports, in the manner of Twisted and asyncio, over any stream.
//!
//! A [`Protocol`] is told what happens to a connection; it answers by its [`Transport`]. [`run`]
//! carries one connection, over anything that reads and writes; [`serve`] accepts connections and
//! runs a protocol for each.
//!
//! What a protocol sees is always: `connection_made`, any number of `data_received`, at most one
//! `eof_received`, `connection_lost`. With `connection_made` delivered, `connection_lost` comes
//! exactly once, whatever happens: also after a panic of the protocol, which goes to the exception
//! handler and closes the connection, and when the future that runs it is dropped. When writing
//! fails, what the peer had sent before is told first, such as the answer of a server that read no
//! further; then `connection_lost` with the error. `pause_writing` and `resume_writing` alternate,
//! `pause_writing` first.
//!
//! ```
//! use loop_api::protocol::{Protocol, Transport};
//!
//! struct Greeting;
//!
//! impl Protocol for Greeting {
//!     fn connection_made(&mut self, transport: &mut Transport) {
//!         transport.write(b"Ciao EuroPython\n");
//!         transport.close();
//!     }
//! }
//!
//! let mut wire = futures_lite::io::Cursor::new(Vec::new());
//! futures_lite::future::block_on(loop_api::protocol::run(&mut wire, Greeting))?;
//! assert_eq!(wire.into_inner(), b"Ciao EuroPython\n");
//! # std::io::Result::Ok(())
//! ```

use std::io;
use std::panic::Location;

use futures_io::{AsyncRead, AsyncWrite};

mod driver;
mod server;
mod transport;

pub use driver::Run;
pub use server::{Server, serve};
pub use transport::{Transport, TransportHandle};

/// What is told of a connection. Everything has a default that does nothing.
///
/// Its methods must not block; what they write is buffered. A panic in one is reported to the
/// loop's exception handler, and the connection is dropped as by [`Transport::abort`].
///
/// ```
/// use loop_api::protocol::{Protocol, Transport, run};
///
/// /// Sends each byte back, and the last word once the peer has ended.
/// struct Echo;
///
/// impl Protocol for Echo {
///     fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
///         transport.write(data);
///     }
///
///     fn eof_received(&mut self, transport: &mut Transport) -> bool {
///         transport.write(b"!");
///         false // closes, after what is buffered
///     }
/// }
///
/// let mut wire = futures_lite::io::Cursor::new(b"ciao".to_vec());
/// futures_lite::future::block_on(run(&mut wire, Echo))?;
/// assert_eq!(wire.into_inner(), b"ciaociao!");
/// # std::io::Result::Ok(())
/// ```
pub trait Protocol {
    /// The connection is there. A [`handle`](Transport::handle) kept from here writes from
    /// elsewhere.
    fn connection_made(&mut self, transport: &mut Transport) {
        let _ = transport;
    }

    /// Some bytes have come, at least one. Where they are cut says nothing.
    fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
        let _ = (transport, data);
    }

    /// The peer writes no more. True keeps the connection for writing, until
    /// [`close`](Transport::close) or [`write_eof`](Transport::write_eof); false, the default,
    /// closes it after what is buffered.
    fn eof_received(&mut self, transport: &mut Transport) -> bool {
        let _ = transport;
        false
    }

    /// The connection is gone: `None` if it was closed by either side or aborted by this one, or
    /// the error that ended it.
    fn connection_lost(&mut self, error: Option<io::Error>) {
        let _ = error;
    }

    /// More than the high mark is buffered: best write no more until `resume_writing`.
    fn pause_writing(&mut self, transport: &mut Transport) {
        let _ = transport;
    }

    /// No more than the low mark is buffered.
    fn resume_writing(&mut self, transport: &mut Transport) {
        let _ = transport;
    }
}

/// Runs `protocol` on `stream` until the connection is lost.
///
/// The output is the error that ended the connection, if one did; the protocol was told of it
/// before. Dropping the future aborts the connection, and tells the protocol so.
#[track_caller]
pub fn run<S, P>(stream: S, protocol: P) -> Run<S, P>
where
    S: AsyncRead + AsyncWrite + Unpin,
    P: Protocol,
{
    Run::new(stream, protocol, Location::caller())
}

#[cfg(all(test, not(anyloop_loom)))]
mod tests;
