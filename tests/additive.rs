//! What users see of the types does not depend on the features: these hold with every set of them,
//! and with none.

use std::panic::{RefUnwindSafe, UnwindSafe};

use anyloop::io::Async;
use anyloop::net::{TcpListener, TcpStream, UdpSocket, tcp};
use anyloop::runtime::{Builder, Choice, Handle, NoLoop, Runtime, SharedRuntime};
use anyloop::task::{AbortHandle, JoinHandle, LocalJoinHandle};
use anyloop::time::Sleep;

/// Ambiguous, and so no type at all, if the type has the trait.
macro_rules! lacks {
    ($ty:ty: $($bad:ident),*) => {$({
        trait Ambiguous<A> {
            fn some() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        struct Has;
        impl<T: ?Sized + $bad> Ambiguous<Has> for T {}
        let _ = <$ty as Ambiguous<_>>::some;
    })*};
}

fn shared<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
fn shared_pinned<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
fn send<T: Send>(value: T) -> T {
    value
}

#[test]
fn auto_traits_are_the_same_with_all_features() {
    shared::<Handle>();
    shared::<Builder>();
    shared::<SharedRuntime>();
    shared::<Choice>();
    shared::<NoLoop>();
    shared::<JoinHandle<std::cell::Cell<u8>>>();
    shared::<AbortHandle>();
    shared::<TcpStream>();
    shared::<TcpListener>();
    shared::<UdpSocket>();
    shared::<tcp::ReadHalf<'static>>();
    shared::<tcp::WriteHalf<'static>>();
    shared::<tcp::OwnedReadHalf>();
    shared::<tcp::OwnedWriteHalf>();
    shared::<Async<std::net::TcpStream>>();
    shared_pinned::<Sleep>();
    lacks!(Sleep: Unpin);
    lacks!(Runtime: Send, Sync);
    lacks!(LocalJoinHandle<u8>: Send, Sync);
}

#[cfg(unix)]
#[test]
fn auto_traits_of_unix_sockets_are_the_same_with_all_features() {
    use anyloop::net::{UnixDatagram, UnixListener, UnixStream, unix};
    shared::<UnixStream>();
    shared::<UnixListener>();
    shared::<UnixDatagram>();
    shared::<unix::ReadHalf<'static>>();
    shared::<unix::WriteHalf<'static>>();
    shared::<unix::OwnedReadHalf>();
    shared::<unix::OwnedWriteHalf>();
}

#[cfg(feature = "process")]
#[test]
fn auto_traits_of_children_are_the_same_with_all_features() {
    use anyloop::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
    shared::<Child>();
    shared::<ChildStdin>();
    shared::<ChildStdout>();
    shared::<ChildStderr>();
    drop(send(Command::new("no-such-program").output()));
}

#[cfg(all(unix, feature = "signal"))]
#[test]
fn auto_traits_of_signals_are_the_same_with_all_features() {
    shared::<anyloop::signal::unix::Signal>();
    drop(send(anyloop::signal::ctrl_c()));
}

/// Not another of the name, whatever else is on.
#[test]
fn the_io_traits_are_tokios_with_all_features() {
    fn reads<T: anyloop::io::AsyncRead>() {}
    fn writes<T: anyloop::io::AsyncWrite>() {}
    fn of_tokios<
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + tokio::io::AsyncBufRead + tokio::io::AsyncSeek,
    >() {
        reads::<T>();
        writes::<T>();
        fn buffered<T: anyloop::io::AsyncBufRead + anyloop::io::AsyncSeek>() {}
        buffered::<T>();
    }
    let _ = of_tokios::<std::io::Cursor<Vec<u8>>>;
    fn both<T>()
    where
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + futures_lite::AsyncRead + futures_lite::AsyncWrite,
    {
    }
    both::<TcpStream>();
    both::<Async<std::net::TcpStream>>();
}

#[test]
fn futures_can_be_sent_to_other_threads() {
    #[cfg(feature = "io-util")]
    async fn server(listener: &TcpListener) -> std::io::Result<()> {
        use anyloop::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await?;
        let n = stream.read(&mut [0; 8]).await?;
        stream.read_u16().await?;
        stream.write_all(&[0; 8][..n]).await?;
        stream.peek(&mut [0; 8]).await?;
        stream.readable().await?;
        // The halves have nothing to drop, so that the stream can be used again after their last
        // use.
        let (mut read, mut write) = stream.split();
        anyloop::io::copy(&mut read, &mut write).await?;
        stream.shutdown().await
    }
    #[cfg(feature = "io-util")]
    let _ = |listener: &'static TcpListener| send(server(listener));
    drop(send(TcpStream::connect("127.0.0.1:1")));
    drop(send(TcpListener::bind("127.0.0.1:0")));
    drop(send(UdpSocket::bind(("127.0.0.1", 0))));
    drop(send(anyloop::net::lookup_host("localhost:1")));
}

#[test]
fn what_connects_or_looks_up_owns_what_it_was_given() {
    use anyloop::loop_api::net::{Net, TcpOptions};
    use std::future::Future;
    use std::io::Result;
    use std::net::SocketAddr;

    fn dial<H: Net>(handle: &H, addr: SocketAddr) -> impl Future<Output = Result<H::TcpStream>> + use<'_, H> {
        let options = TcpOptions::new().nodelay(true);
        handle.connect_tcp(addr, options)
    }
    fn look_up<H: Net>(handle: &H) -> impl Future<Output = Result<Vec<SocketAddr>>> + use<'_, H> {
        let host = String::from("localhost");
        handle.lookup_host(host, 80)
    }
    let Ok(mut runtime) = Runtime::new() else { return };
    let handle = runtime.handle().clone();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = runtime.block_on(dial(&handle, listener.local_addr().unwrap())).unwrap();
    assert!(stream.nodelay().unwrap());
    assert!(!runtime.block_on(look_up(&handle)).unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn what_connects_to_a_unix_socket_owns_its_address() {
    use anyloop::loop_api::net::UnixNet;
    use std::future::Future;
    use std::io::{ErrorKind, Result};
    use std::os::unix::net::SocketAddr;

    fn dial<'a, H: UnixNet>(
        handle: &'a H,
        path: &str,
    ) -> impl Future<Output = Result<H::UnixStream>> + use<'a, H> {
        let addr = SocketAddr::from_pathname(path).unwrap();
        handle.connect_unix(addr)
    }
    let Ok(mut runtime) = Runtime::new() else { return };
    let handle = runtime.handle().clone();
    let error = runtime.block_on(dial(&handle, "/nonexistent/socket")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_library_compiles_without_a_backend() {
    // It compiles; where no backend is, it says so.
    match Runtime::new() {
        Ok(mut runtime) => assert_eq!(runtime.block_on(async { 1 }), 1),
        Err(error) => assert!(error.to_string().contains("compiled without a backend"), "{error}"),
    }
}
