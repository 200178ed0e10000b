//! What blocks, on every loop.

use std::future::poll_fn;
use std::io::{self, Cursor, ErrorKind, IoSlice, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Poll;

use futures_lite::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, future};
use loop_api::{EventLoop, Handle};
use loop_compat::io::Unblock;

use crate::transfer::everything_through;

/// Reads what is sent to it, in a call that lasts until then; the first one is interrupted.
struct Slow(Receiver<io::Result<Vec<u8>>>, bool);

impl Read for Slow {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if !std::mem::replace(&mut self.1, true) {
            return Err(ErrorKind::Interrupted.into());
        }
        match self.0.recv() {
            Ok(Ok(bytes)) => {
                buf[..bytes.len()].copy_from_slice(&bytes);
                Ok(bytes.len())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(0),
        }
    }
}

fn slow() -> (Sender<io::Result<Vec<u8>>>, Slow) {
    let (sender, receiver) = channel();
    (sender, Slow(receiver, false))
}

/// Fails after `capacity` bytes.
#[derive(Debug)]
struct Full {
    capacity: usize,
    calls: Vec<usize>,
}

impl Write for Full {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.calls.push(buf.len());
        if self.capacity < buf.len() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.capacity -= buf.len();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.calls.push(0);
        Ok(())
    }
}

/// Panics when it is read.
struct Bomb;

impl Read for Bomb {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        panic!("read at last")
    }
}

async fn suite<H: Handle>(handle: H) {
    dropped_reads_lose_nothing(&handle).await;
    errors_come_to_the_next_caller(&handle).await;
    a_file_is_read_written_and_sought(&handle).await;
    // Both directions of one socket, each with a descriptor of its own: a read that waits holds up
    // no write.
    everything_through(async || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let one = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
        let (other, _) = listener.accept().expect("its other end");
        (duplex(&handle, one), duplex(&handle, other))
    })
    .await;
}

async fn dropped_reads_lose_nothing<H: Handle>(handle: &H) {
    let (sender, reader) = slow();
    let mut reader = Unblock::new(handle.clone(), reader);
    let mut buf = [0; 4];
    // Begun, and dropped while it waits.
    assert!(future::poll_once(reader.read(&mut buf)).await.is_none());
    assert!(future::poll_once(reader.read(&mut buf)).await.is_none());
    sender.send(Ok(b"abcdefg".to_vec())).expect("a reader");
    reader.read_exact(&mut buf).await.expect("what came meanwhile");
    assert_eq!(&buf, b"abcd");
    assert_eq!(reader.fill_buf().await.expect("what is left"), b"efg");
    reader.consume(3);
    // An error too is kept, and so is the end.
    assert!(future::poll_once(reader.read(&mut buf)).await.is_none());
    sender.send(Err(ErrorKind::WouldBlock.into())).expect("a reader");
    assert_eq!(reader.get_mut().await.map(drop).map_err(|error| error.kind()), Ok(()));
    assert_eq!(reader.read(&mut buf).await.expect_err("its error").kind(), ErrorKind::WouldBlock);
    assert!(future::poll_once(reader.read(&mut buf)).await.is_none());
    drop(sender);
    assert_eq!(reader.read(&mut buf).await.expect("the end"), 0);
    assert_eq!(reader.read(&mut buf).await.expect("the end again"), 0);
}

async fn errors_come_to_the_next_caller<H: Handle>(handle: &H) {
    let mut writer = Unblock::new(handle.clone(), Full { capacity: 14, calls: Vec::new() });
    let slices = [IoSlice::new(b"Ciao "), IoSlice::new(b"Euro"), IoSlice::new(b"Pyt")];
    assert_eq!(writer.write_vectored(&slices).await.expect("a write"), 12);
    writer.flush().await.expect("a flush");
    writer.flush().await.expect("nothing to flush");
    assert_eq!(writer.get_mut().await.expect("the writer").calls, [12, 0], "a vectored write stays one");
    assert_eq!(writer.write(b"hon").await.expect("to be taken in"), 3);
    assert_eq!(writer.flush().await.expect_err("its error").kind(), ErrorKind::StorageFull);
    assert_eq!(writer.write(b"hon").await.expect("to be taken in"), 3);
    assert_eq!(writer.into_inner().await.expect_err("its error").kind(), ErrorKind::StorageFull);

    let mut bomb = Unblock::new(handle.clone(), Bomb);
    assert!(bomb.read(&mut [0]).await.expect_err("the panic").to_string().contains("read at last"));
    assert!(bomb.read(&mut [0]).await.expect_err("it is gone").to_string().contains("did not give it back"));
}

async fn a_file_is_read_written_and_sought<H: Handle>(handle: &H) {
    let mut file = Unblock::new(handle.clone(), Cursor::new(b"0123456789".to_vec()));
    let mut two = [0; 2];
    file.read_exact(&mut two).await.expect("two bytes");
    // From where the reader is, not from where reading ahead is.
    assert_eq!(file.seek(SeekFrom::Current(1)).await.expect("a place"), 3);
    file.write_all(b"three").await.expect("a write");
    // A seek waits for the write before it.
    assert_eq!(file.seek(SeekFrom::Start(2)).await.expect("a place"), 2);
    let mut rest = String::new();
    file.read_to_string(&mut rest).await.expect("the rest");
    assert_eq!(rest, "2three89");
    assert!(file.seek(SeekFrom::Current(-100)).await.is_err());
    // One that was dropped moved it; the same again is another.
    drop(future::poll_once(file.seek(SeekFrom::Start(9))).await);
    assert_eq!(file.get_mut().await.expect("the file").stream_position().expect("a place"), 9);
    file.get_mut().await.expect("the file").set_position(0);
    assert_eq!(file.seek(SeekFrom::Start(9)).await.expect("a place"), 9);
    assert_eq!(file.get_mut().await.expect("the file").position(), 9);
    let read = poll_fn(|cx| Pin::new(&mut file).poll_read(cx, &mut [])).await;
    assert_eq!(read.expect("an empty read"), 0);
}

/// One socket, as a reader and a writer that block.
fn duplex<H: Handle>(handle: &H, socket: TcpStream) -> Duplex<H> {
    let second = socket.try_clone().expect("a second descriptor");
    Duplex { read: Unblock::new(handle.clone(), socket), write: Unblock::new(handle.clone(), second) }
}

struct Duplex<H: Handle> {
    read: Unblock<H, TcpStream>,
    write: Unblock<H, TcpStream>,
}

macro_rules! duplex {
    (read $trait:path, $method:ident($($arg:ident: $ty:ty),*) -> $output:ty) => {
        impl<H: Handle> $trait for Duplex<H> {
            fn $method(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>, $($arg: $ty),*) -> Poll<io::Result<$output>> {
                <_ as $trait>::$method(Pin::new(&mut self.read), cx, $($arg),*)
            }
        }
    };
    (write $trait:path, $close:ident) => {
        impl<H: Handle> $trait for Duplex<H> {
            fn poll_write(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                <_ as $trait>::poll_write(Pin::new(&mut self.write), cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
                <_ as $trait>::poll_flush(Pin::new(&mut self.write), cx)
            }

            /// What blocks has no closing of its own.
            fn $close(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
                std::task::ready!(<_ as $trait>::$close(Pin::new(&mut self.write), cx))?;
                let mut socket = std::pin::pin!(self.write.get_mut());
                let socket = std::task::ready!(Future::poll(socket.as_mut(), cx))?;
                Poll::Ready(socket.shutdown(std::net::Shutdown::Write))
            }
        }
    };
}

duplex!(read futures_io::AsyncRead, poll_read(buf: &mut [u8]) -> usize);
duplex!(read tokio::io::AsyncRead, poll_read(buf: &mut tokio::io::ReadBuf<'_>) -> ());
duplex!(read hyper::rt::Read, poll_read(buf: hyper::rt::ReadBufCursor<'_>) -> ());
duplex!(write futures_io::AsyncWrite, poll_close);
duplex!(write tokio::io::AsyncWrite, poll_shutdown);
duplex!(write hyper::rt::Write, poll_shutdown);

fn on<L: EventLoop>(it: L) {
    crate::run(it, suite);
}

#[test]
fn on_native() {
    on(loop_native::NativeLoop::new().expect("a loop"));
}

#[test]
fn on_tokio() {
    on(loop_tokio::TokioLoop::new().expect("a loop"));
}

#[test]
fn on_smol() {
    on(loop_smol::SmolLoop::new().expect("a loop"));
}
