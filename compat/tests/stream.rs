//! Streams, sinks, readers and writers of tokio's on an executor that is not tokio's.

mod support;

use std::io::IoSlice;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_channel::mpsc;
use futures_core::Stream;
use futures_lite::{StreamExt, stream};
use futures_sink::Sink;
use loop_compat::{Tokio, tokio as tokio_compat};
use support::block_on;
use tokio_stream::wrappers::{BroadcastStream, ReceiverStream};

fn in_tokio() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// A sink that wants a runtime at every call, with the channel under it.
struct Wants(mpsc::Sender<u32>);

impl Sink<u32> for Wants {
    type Error = mpsc::SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        assert!(in_tokio(), "poll_ready");
        self.0.poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, item: u32) -> Result<(), Self::Error> {
        assert!(in_tokio(), "start_send");
        self.0.start_send(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        assert!(in_tokio(), "poll_flush");
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        assert!(in_tokio(), "poll_close");
        Pin::new(&mut self.0).poll_close(cx)
    }
}

impl Drop for Wants {
    fn drop(&mut self) {
        assert!(in_tokio() || std::thread::panicking(), "drop");
    }
}

// Today's adapter wraps neither: a stream is polled, and a sink called, outside the context.
#[test]
fn acceptance_a10_streams_find_the_context_and_keep_their_size() {
    let numbers = stream::iter(0..3).then(|n| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        n
    });
    let mut numbers = Box::pin(tokio_compat(numbers));
    assert_eq!(tokio_compat(stream::iter(0..3)).size_hint(), (3, Some(3)));
    assert_eq!(block_on(numbers.next()), Some(0));
    assert_eq!(block_on(numbers.collect::<Vec<_>>()), [1, 2]);
}

#[test]
fn acceptance_a10_sinks_find_the_context_at_every_call() {
    let (sender, receiver) = mpsc::channel(1);
    let mut sink = pin!(tokio_compat(Wants(sender)));
    let gets = std::thread::spawn(move || block_on(receiver.collect::<Vec<_>>()));
    block_on(async {
        for n in 0..5 {
            std::future::poll_fn(|cx| sink.as_mut().poll_ready(cx)).await.unwrap();
            sink.as_mut().start_send(n).unwrap();
            std::future::poll_fn(|cx| sink.as_mut().poll_flush(cx)).await.unwrap();
        }
        std::future::poll_fn(|cx| sink.as_mut().poll_close(cx)).await.unwrap();
    });
    assert_eq!(gets.join().unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn acceptance_a10_streams_of_tokio_stream() {
    let (sender, receiver) = tokio::sync::mpsc::channel(2);
    let (says, said) = tokio::sync::broadcast::channel(8);
    let mut received = tokio_compat(ReceiverStream::new(receiver));
    let mut heard = tokio_compat(BroadcastStream::new(said));
    let sends = std::thread::spawn(move || {
        for n in 0..4 {
            sender.blocking_send(n).unwrap();
            says.send(n).unwrap();
        }
    });
    let got = block_on(async {
        let first: Vec<_> = (&mut received).collect().await;
        let second: Vec<_> = (&mut heard).map(Result::unwrap).collect().await;
        (first, second)
    });
    sends.join().unwrap();
    assert_eq!(got, (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
}

// Today's adapter passes the first slice on, and says that it takes no more.
#[test]
fn acceptance_a10_vectored_writes_stay_one_write() {
    struct Lists(Vec<usize>);
    impl tokio::io::AsyncWrite for Lists {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<std::io::Result<usize>> {
            self.0.push(buf.len());
            Poll::Ready(Ok(buf.len()))
        }
        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bufs: &[IoSlice<'_>],
        ) -> Poll<std::io::Result<usize>> {
            let all = bufs.iter().map(|buf| buf.len()).sum();
            self.0.push(all);
            Poll::Ready(Ok(all))
        }
        fn is_write_vectored(&self) -> bool {
            true
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    use tokio::io::AsyncWrite;
    let mut writer = tokio_compat(tokio_compat(Lists(Vec::new())));
    assert!(writer.is_write_vectored());
    let slices = [IoSlice::new(b"hello"), IoSlice::new(b", "), IoSlice::new(b"world")];
    let mut cx = Context::from_waker(Waker::noop());
    let wrote = Pin::new(&mut writer).poll_write_vectored(&mut cx, &slices);
    assert!(matches!(wrote, Poll::Ready(Ok(12))));
    assert_eq!(writer.0, [12]);
}

#[test]
fn cmp01_a_wrapped_socket_is_polled_where_it_is() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (near, far) = block_on(tokio_compat(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let far = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
        std::io::Result::Ok((Tokio::new(listener.accept().await?.0), Tokio::new(far)))
    }))
    .unwrap();
    let echoes = std::thread::spawn(move || {
        block_on(async move {
            let (mut read, mut write) = tokio::io::split(far);
            tokio::io::copy(&mut read, &mut write).await.unwrap();
        });
    });
    let echoed = block_on(async move {
        let mut near = near;
        near.write_all(b"ciao").await?;
        near.shutdown().await?;
        let mut echoed = Vec::new();
        near.read_to_end(&mut echoed).await?;
        std::io::Result::Ok(echoed)
    });
    assert_eq!(echoed.unwrap(), b"ciao");
    echoes.join().unwrap();
}
