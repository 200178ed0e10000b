//! What the type-erased loop says and does on its own account, over the native loop.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, StdNet, Stream, TcpListener, TcpOptions};
use loop_api::readiness::{Readiness, Source};
use loop_api::turn::Turn;
use loop_api::{EventLoop, Handle};
use loop_erased::{ErasedHandle, ErasedLoop, TcpStream};
use loop_native::NativeLoop;

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn erased() -> ErasedLoop {
    ErasedLoop::of(NativeLoop::new().unwrap(), |handle| handle.std_net().readiness())
}

async fn pair(handle: &ErasedHandle) -> (TcpStream, TcpStream) {
    let listener = handle.listen_tcp(any(), &TcpOptions::default()).unwrap();
    let addr = listener.local_addr().unwrap();
    let client = handle.connect_tcp(addr, TcpOptions::default()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

#[test]
fn what_was_not_named_is_unsupported_and_the_message_says_what_to_call() {
    let mut erased = ErasedLoop::of(NativeLoop::new().unwrap(), |handle| handle);
    let handle = erased.handle().clone();
    let error = handle.listen_tcp(any(), &TcpOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains(".net()"), "{error}");
    let connect = erased.block_on(handle.connect_tcp(any(), TcpOptions::default()));
    assert_eq!(connect.unwrap_err().kind(), ErrorKind::Unsupported);
    let socket = std::net::UdpSocket::bind(any()).unwrap();
    assert!(handle.register(socket).unwrap_err().to_string().contains(".readiness()"));
    assert!(erased.turn(None).unwrap_err().to_string().contains("with_turn"));
    assert!(ErasedLoop::new().unwrap_err().to_string().contains("ErasedLoop::of"));

    // A network without the standard library's sockets.
    let handle = ErasedHandle::new(NativeLoop::new().unwrap().handle().clone());
    let std = std::net::TcpListener::bind(any()).unwrap();
    assert!(handle.tcp_listener_from_std(std).unwrap_err().to_string().contains(".std_net()"));
}

#[test]
fn it_is_current_in_tasks_jobs_and_destructors() {
    struct Asks(Arc<Mutex<Vec<bool>>>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(ErasedHandle::try_current().is_some());
        }
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut erased = erased();
    let handle = erased.handle().clone();
    erased.block_on(async {
        let asks = Asks(seen.clone());
        handle.spawn(async move { drop(asks) }).await.unwrap();
        let asks = Asks(seen.clone());
        handle.spawn_local(async move { drop(asks) }).await.unwrap();
        let asks = Asks(seen.clone());
        handle.spawn_blocking(move || drop(asks)).await.unwrap();
        // This one ends with the loop.
        let asks = Asks(seen.clone());
        let _detached = handle.spawn(async move {
            std::future::pending::<()>().await;
            drop(asks);
        });
    });
    drop(erased);
    assert_eq!(*seen.lock().unwrap(), [true; 4]);
    assert!(ErasedHandle::try_current().is_none());
}

#[test]
fn an_unseen_panic_is_reported_with_the_place_of_its_spawn() {
    let mut erased = erased();
    let handle = erased.handle().clone();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = seen.clone();
    handle.set_exception_handler(Some(Arc::new(move |exception| {
        told.lock().unwrap().push(exception.location().map(|at| (at.file(), at.line())));
    })));
    let line = line!() + 1;
    drop(handle.spawn(async { panic!("not awaited") }));
    erased.block_on(async { handle.spawn(async {}).await }).unwrap();
    assert_eq!(*seen.lock().unwrap(), [Some((file!(), line))]);
}

#[test]
fn halves_find_their_way_back_and_so_does_the_stream() {
    let mut erased = erased();
    let handle = erased.handle().clone();
    erased.block_on(async {
        let (client, server) = pair(&handle).await;
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        let (client_read, server_write) = TcpStream::reunite(client_read, server_write).unwrap_err();
        let client = TcpStream::reunite(client_read, client_write).unwrap();
        let mut server = TcpStream::reunite(server_read, server_write).unwrap();
        let client = ErasedHandle::tcp_stream_into_std(client).unwrap();
        let mut client = handle.tcp_stream_from_std(client).unwrap();
        client.write_all(b"!").await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 1);
    });
}

#[test]
fn a_registered_socket_is_given_back() {
    use loop_api::io::Interest::Readable;
    let mut erased = erased();
    let handle = erased.handle().clone();
    let socket = std::net::UdpSocket::bind(any()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let addr = socket.local_addr().unwrap();
    let socket = erased.block_on(async {
        let source = handle.register(socket).unwrap();
        source.get_ref().send_to(b"to itself", addr).unwrap();
        let mut buf = [0; 16];
        assert_eq!(source.io(Readable, |socket| socket.recv(&mut buf)).await.unwrap(), 9);
        source.into_inner().unwrap()
    });
    assert_eq!(socket.local_addr().unwrap(), addr);
}
