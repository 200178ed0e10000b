//! Every wrapper over every other, over a pipe in memory and over every loop's own sockets.

use futures_lite::future::block_on;
use loop_api::EventLoop;
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_compat::io::{
    FuturesAsyncReadCompatExt, FuturesIo, HyperIo, HyperReadCompatExt, TokioAsyncReadCompatExt,
    TokioAsyncWriteCompatExt, TokioIo,
};
use tokio::io::DuplexStream;

use crate::transfer::everything_through;

/// A pipe of tokio's, both ends in what `wrap` makes of them.
fn through<T: crate::transfer::All>(wrap: impl Fn(TokioIo<DuplexStream>) -> T) {
    block_on(everything_through(async || {
        let (one, other) = tokio::io::duplex(900);
        (wrap(TokioIo::new(one)), wrap(TokioIo::new(other)))
    }));
}

#[test]
fn tokios_as_the_others() {
    through(|io| io);
}

#[test]
fn futures_ios_as_the_others() {
    through(FuturesIo::new);
}

#[test]
fn hypers_as_the_others() {
    through(HyperIo::new);
}

#[test]
fn there_and_back_is_the_same() {
    through(|io| TokioIo::new(FuturesIo::new(io)));
    through(|io| TokioIo::new(HyperIo::new(io)));
    through(|io| FuturesIo::new(HyperIo::new(FuturesIo::new(io))));
    through(|io| HyperIo::new(FuturesIo::new(TokioIo::new(HyperIo::new(io)))));
}

#[test]
fn one_kind_here_and_another_there() {
    block_on(everything_through(async || {
        let (one, other) = tokio::io::duplex(900);
        (HyperIo::new(TokioIo::new(one)), FuturesIo::new(TokioIo::new(other)))
    }));
}

fn on_its_own_sockets<L: EventLoop>(it: L)
where
    L::Handle: Net,
{
    crate::run(it, |handle| async move {
        let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let sockets = async || {
            let one = handle.connect_tcp(addr, TcpOptions::default()).await.expect("a connection");
            (one, listener.accept().await.expect("its other end").0)
        };
        everything_through(async || {
            let (one, other) = sockets().await;
            (FuturesIo::new(one), FuturesIo::new(other))
        })
        .await;
        everything_through(async || {
            let (one, other) = sockets().await;
            (TokioIo::new(FuturesIo::new(one)), HyperIo::new(FuturesIo::new(other)))
        })
        .await;
    });
}

#[test]
fn native_sockets() {
    on_its_own_sockets(loop_native::NativeLoop::new().expect("a loop"));
}

#[test]
fn tokio_sockets() {
    on_its_own_sockets(loop_tokio::TokioLoop::new().expect("a loop"));
}

#[test]
fn smol_sockets() {
    on_its_own_sockets(loop_smol::SmolLoop::new().expect("a loop"));
}

#[test]
fn compat_is_the_short_form() {
    let io: TokioIo<DuplexStream> = tokio::io::duplex(8).0.compat_write();
    let io: HyperIo<TokioIo<DuplexStream>> = HyperReadCompatExt::compat(io);
    let mut io: FuturesIo<HyperIo<TokioIo<DuplexStream>>> = FuturesAsyncReadCompatExt::compat(io);
    let _: &TokioIo<DuplexStream> = io.get_ref().get_ref();
    let _: &mut DuplexStream = io.get_mut().get_mut().get_mut();
    let io: DuplexStream = io.into_inner().into_inner().into_inner();
    let _: TokioIo<DuplexStream> = TokioAsyncReadCompatExt::compat(io);
}

#[test]
fn seeking_and_buffered_reading_pass() {
    block_on(async {
        use futures_lite::{AsyncBufReadExt, AsyncSeekExt};
        use std::io::{Cursor, SeekFrom};
        let tokios = TokioIo::new(Cursor::new(b"one\ntwo\nthree\n".to_vec()));
        let mut both = TokioIo::new(FuturesIo::new(tokios));
        let mut line = String::new();
        both.read_line(&mut line).await.expect("a line");
        assert_eq!(line, "one\n");
        assert_eq!(both.seek(SeekFrom::Current(4)).await.expect("a place"), 8);
        line.clear();
        tokio::io::AsyncBufReadExt::read_line(&mut both, &mut line).await.expect("a line");
        assert_eq!(line, "three\n");
        assert_eq!(tokio::io::AsyncSeekExt::seek(&mut both, SeekFrom::End(-6)).await.expect("a place"), 8);
        assert_eq!(tokio::io::AsyncSeekExt::stream_position(&mut both).await.expect("a place"), 8);
        assert!(both.seek(SeekFrom::Current(-9)).await.is_err());
        assert_eq!(both.seek(SeekFrom::Start(0)).await.expect("a place after an error"), 0);
    });
}
