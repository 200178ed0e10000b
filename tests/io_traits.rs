//! The facade's streams implement tokio's I/O traits, futures-io's and hyper's, directly.
#![cfg(all(feature = "macros", feature = "io-util"))]

use std::io;

use anyloop::net::{TcpListener, TcpStream};

async fn sockets() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let one = TcpStream::connect(listener.local_addr()?).await?;
    Ok((one, listener.accept().await?.0))
}

/// Whatever is a stream, or half of one, has the traits.
macro_rules! every_stream {
    ($read:path, $write:path) => {
        fn read<T: $read>() {}
        fn write<T: $write>() {}
        use anyloop::net::tcp;
        read::<TcpStream>();
        write::<TcpStream>();
        read::<tcp::ReadHalf<'_>>();
        write::<tcp::WriteHalf<'_>>();
        read::<tcp::OwnedReadHalf>();
        write::<tcp::OwnedWriteHalf>();
        read::<anyloop::io::Async<std::net::TcpStream>>();
        write::<anyloop::io::Async<std::net::TcpStream>>();
        #[cfg(unix)]
        {
            use anyloop::net::{UnixStream, unix};
            read::<UnixStream>();
            write::<UnixStream>();
            read::<unix::ReadHalf<'_>>();
            write::<unix::WriteHalf<'_>>();
            read::<unix::OwnedReadHalf>();
            write::<unix::OwnedWriteHalf>();
        }
    };
}

mod tokio_io {
    use std::future::poll_fn;
    use std::io::{self, IoSlice};
    use std::mem::MaybeUninit;
    use std::pin::Pin;
    use std::task::ready;

    use anyloop::net::TcpStream;
    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

    use super::sockets;

    #[test]
    fn every_stream_has_the_traits() {
        every_stream!(AsyncRead, AsyncWrite);
    }

    #[test]
    fn every_stream_has_the_traits_of_futures_io() {
        every_stream!(futures_lite::AsyncRead, futures_lite::AsyncWrite);
    }

    /// What was sent before it ended is heard, and the other direction is open still.
    async fn half_close(
        mut first: impl AsyncRead + AsyncWrite + Unpin,
        mut second: impl AsyncRead + AsyncWrite + Unpin,
    ) -> io::Result<()> {
        first.write_all(b"last words").await?;
        first.shutdown().await?;
        let mut heard = String::new();
        second.read_to_string(&mut heard).await?;
        assert_eq!(heard, "last words");
        second.write_all(b"answer").await?;
        second.flush().await?;
        second.shutdown().await?;
        heard.clear();
        first.read_to_string(&mut heard).await?;
        assert_eq!(heard, "answer");
        Ok(())
    }

    #[anyloop::test]
    async fn half_close_in_both_orders() -> io::Result<()> {
        let (one, other) = sockets().await?;
        half_close(one, other).await?;
        let (one, other) = sockets().await?;
        half_close(other, one).await?;
        let (one, other) = anyloop::io::duplex(4);
        let (client, server) = sockets().await?;
        // A pipe of four bytes carries them when they are read meanwhile: through sockets, by
        // tokio's own copy.
        let carry = anyloop::spawn(async move {
            let (mut other, mut client) = (other, client);
            tokio::io::copy_bidirectional(&mut other, &mut client).await
        });
        half_close(one, server).await?;
        assert_eq!(carry.await??, (10, 6));
        Ok(())
    }

    #[anyloop::test]
    async fn peer02_a_vectored_write_stays_one() -> io::Result<()> {
        let slices = [IoSlice::new(b"Ciao "), IoSlice::new(b"Euro"), IoSlice::new(b"Pyt")];
        let (mut one, mut other) = sockets().await?;
        assert!(one.is_write_vectored());
        assert_eq!(one.write_vectored(&slices).await?, 12);
        let mut heard = [0; 12];
        other.read_exact(&mut heard).await?;
        assert_eq!(&heard, b"Ciao EuroPyt");
        let (_, mut write) = other.into_split();
        assert_eq!((write.is_write_vectored(), write.write_vectored(&slices).await?), (true, 12));
        let (mut one, _other) = anyloop::io::duplex(64);
        assert_eq!((one.is_write_vectored(), one.write_vectored(&slices).await?), (true, 12));
        Ok(())
    }

    /// Reads once into 64 bytes that tokio does not know to be initialised: how many it then knows
    /// to be.
    async fn initialised(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<(Vec<u8>, usize)> {
        let mut memory = [MaybeUninit::uninit(); 64];
        let mut buf = ReadBuf::uninit(&mut memory);
        buf.put_slice(b">");
        poll_fn(|cx| {
            ready!(Pin::new(&mut *reader).poll_read(cx, &mut buf))?;
            io::Result::Ok((buf.filled().to_vec(), buf.initialized().len())).into()
        })
        .await
    }

    #[anyloop::test]
    async fn nothing_is_zeroed() -> io::Result<()> {
        let (mut one, mut other) = sockets().await?;
        one.write_all(b"ciao").await?;
        assert_eq!(initialised(&mut other).await?, (b">ciao".to_vec(), 5));
        one.write_all(b"half").await?;
        assert_eq!(initialised(&mut other.split().0).await?, (b">half".to_vec(), 5));
        let (mut read, _write) = other.into_split();
        one.write_all(b"own").await?;
        assert_eq!(initialised(&mut read).await?, (b">own".to_vec(), 4));
        let (mut one, mut other) = anyloop::io::duplex(64);
        one.write_all(b"pipe").await?;
        assert_eq!(initialised(&mut other).await?, (b">pipe".to_vec(), 5));
        Ok(())
    }

    #[cfg(unix)]
    #[anyloop::test]
    async fn a_registered_socket_implements_it_too() -> io::Result<()> {
        let (one, other) = std::os::unix::net::UnixStream::pair()?;
        let (mut one, mut other) = (anyloop::io::Async::new(one)?, anyloop::io::Async::new(other)?);
        one.write_all(b"ciao").await?;
        let mut heard = Vec::with_capacity(64);
        assert_eq!(other.read_buf(&mut heard).await?, 4);
        assert_eq!(heard, b"ciao");
        drop(one);
        assert_eq!(other.read_buf(&mut heard).await?, 0);
        Ok(())
    }
}

#[cfg(feature = "hyper")]
mod hyper_rt {
    use std::future::poll_fn;
    use std::io::{self, IoSlice};
    use std::pin::Pin;
    use std::task::ready;

    use anyloop::io::AsyncWriteExt;
    use anyloop::net::TcpStream;
    use hyper::rt::{Read, ReadBuf, Write};

    use super::sockets;

    #[test]
    fn every_stream_has_the_traits() {
        every_stream!(Read, Write);
    }

    /// Reads once, and gives what is then in memory that held sevens.
    async fn read(reader: &mut (impl Read + Unpin)) -> io::Result<[u8; 8]> {
        let mut memory = [7; 8];
        let mut buf = ReadBuf::new(&mut memory);
        poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, buf.unfilled())).await?;
        assert_eq!(buf.filled().len(), memory.iter().take_while(|byte| **byte != 7).count());
        Ok(memory)
    }

    #[anyloop::test]
    async fn nothing_is_zeroed() -> io::Result<()> {
        let (mut one, mut other) = sockets().await?;
        one.write_all(b"ciao").await?;
        assert_eq!(read(&mut other).await?, *b"ciao\x07\x07\x07\x07");
        one.write_all(b"half").await?;
        assert_eq!(read(&mut other.split().0).await?, *b"half\x07\x07\x07\x07");
        Ok(())
    }

    #[anyloop::test]
    async fn vectored_writes_and_the_end() -> io::Result<()> {
        let (mut one, mut other) = sockets().await?;
        let slices = [IoSlice::new(b"Euro"), IoSlice::new(b""), IoSlice::new(b"Pyth")];
        assert!(Write::is_write_vectored(&one));
        let written = poll_fn(|cx| Write::poll_write_vectored(Pin::new(&mut one), cx, &slices)).await?;
        assert_eq!(written, 8);
        assert_eq!(read(&mut other).await?, *b"EuroPyth");
        poll_fn(|cx| {
            ready!(Write::poll_flush(Pin::new(&mut one), cx))?;
            Write::poll_shutdown(Pin::new(&mut one), cx)
        })
        .await?;
        assert_eq!(read(&mut other).await?, [7; 8]);
        // Reading goes on.
        other.write_all(b"answer").await?;
        assert_eq!(read(&mut one).await?, *b"answer\x07\x07");
        Ok(())
    }
}
