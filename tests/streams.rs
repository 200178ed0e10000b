//! Streams and their extension traits, over the in-memory pipe and over every loop's own sockets
//! (NET14, NET17).
#![cfg(all(feature = "macros", feature = "io-util"))]

use std::io::{self, ErrorKind};

use anyloop::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy_bidirectional,
    duplex,
};
use anyloop::net::{TcpListener, TcpStream};

/// What every stream does, whatever carries it.
async fn stream_suite<S: AsyncRead + AsyncWrite + Unpin>(mut one: S, mut other: S) -> io::Result<()> {
    // As many bytes as the buffer holds, or an error that says how it ended.
    one.write_all(b"abcdef").await?;
    one.flush().await?;
    let mut buf = [0; 4];
    other.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"abcd");
    one.shutdown().await?;
    let error = other.read_exact(&mut buf).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    // The end stays the end, and the other direction is open still.
    assert_eq!(other.read(&mut buf).await?, 0);
    assert_eq!(other.read(&mut buf).await?, 0);
    other.write_all(b"first\nsecond\r\nlast").await?;
    other.shutdown().await?;
    let mut lines = BufReader::new(one).lines();
    assert_eq!(lines.next_line().await?.as_deref(), Some("first"));
    assert_eq!(lines.next_line().await?.as_deref(), Some("second"));
    assert_eq!(lines.next_line().await?.as_deref(), Some("last"));
    assert_eq!(lines.next_line().await?, None);
    Ok(())
}

/// A delimiter is looked for no further than the limit.
async fn limits<S: AsyncRead + AsyncWrite + Unpin>(mut one: S, other: S) -> io::Result<()> {
    one.write_all(b"a very long line without an end; then more").await?;
    one.shutdown().await?;
    let mut reader = BufReader::new(other);
    let mut head = Vec::new();
    assert_eq!((&mut reader).take(11).read_until(b'\n', &mut head).await?, 11);
    assert_eq!(head, b"a very long");
    head.clear();
    assert_eq!(reader.read_until(b';', &mut head).await?, 21);
    head.clear();
    assert_eq!(reader.read_until(b';', &mut head).await?, 10);
    assert_eq!(reader.read_until(b';', &mut head).await?, 0);
    Ok(())
}

async fn sockets() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let one = TcpStream::connect(listener.local_addr()?).await?;
    Ok((one, listener.accept().await?.0))
}

#[anyloop::test]
async fn net17_the_pipe_in_memory_is_a_stream_like_others() -> io::Result<()> {
    let (one, other) = duplex(64);
    stream_suite(one, other).await
}

#[anyloop::test]
async fn net17_sockets_do_the_same() -> io::Result<()> {
    let (one, other) = sockets().await?;
    stream_suite(one, other).await
}

#[anyloop::test]
async fn net14_limits_hold_in_memory() -> io::Result<()> {
    let (one, other) = duplex(64);
    limits(one, other).await
}

#[anyloop::test]
async fn net14_limits_hold_on_sockets() -> io::Result<()> {
    let (one, other) = sockets().await?;
    limits(one, other).await
}

#[anyloop::test]
async fn a_small_pipe_carries_much_when_both_ends_work() -> io::Result<()> {
    const TOTAL: usize = 100_000;
    let (mut one, mut near) = duplex(1000);
    let (mut far, mut other) = duplex(70);
    let carrier = anyloop::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
    let writer = anyloop::spawn(async move {
        one.write_all(&vec![7; TOTAL]).await?;
        one.shutdown().await?;
        let mut answer = String::new();
        one.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    });
    let mut all = Vec::new();
    other.read_to_end(&mut all).await?;
    other.write_all(b"all of it").await?;
    other.shutdown().await?;
    assert_eq!((all.len(), all.iter().all(|byte| *byte == 7)), (TOTAL, true));
    assert_eq!(writer.await??, "all of it");
    assert_eq!(carrier.await??, (TOTAL as u64, 9));
    Ok(())
}
