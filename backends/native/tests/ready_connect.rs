//! Connecting and resolving by the contract's helpers, on the native loop.

use std::io::ErrorKind;
use std::net::SocketAddr;

use loop_api::EventLoop;
use loop_api::net::{self, Net, TcpListener, TcpOptions, TcpStream, resolve};
use loop_native::{NativeHandle, NativeLoop};

fn run<T>(test: impl AsyncFnOnce(NativeHandle) -> T) -> T {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(test(handle))
}

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// An address without a listener.
fn no_listener() -> SocketAddr {
    std::net::TcpListener::bind(any()).unwrap().local_addr().unwrap()
}

#[test]
fn a_refused_connection_names_the_address() {
    run(async |handle| {
        let addr = no_listener();
        let error = handle.connect_tcp(addr, TcpOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().starts_with(&format!("cannot connect to {addr}: ")), "{error}");
    });
}

#[test]
fn addresses_are_tried_in_order_until_one_answers() {
    run(async |handle| {
        let listener = handle.listen_tcp(any(), &TcpOptions::default()).unwrap();
        let addr = listener.local_addr().unwrap();
        let (refused, last) = (no_listener(), no_listener());
        let options = TcpOptions::default();
        let stream = net::connect_any(&handle, &[refused, addr][..], options.clone()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);
        let error = net::connect_any(&handle, &[refused, last][..], options.clone()).await.unwrap_err();
        assert!(error.to_string().contains(&last.to_string()), "{error}");
        let error = net::connect_any(&handle, "localhost", options.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn a_staggered_connect_goes_on_at_once_when_an_attempt_fails() {
    run(async |handle| {
        let listener = handle.listen_tcp(any(), &TcpOptions::default()).unwrap();
        let addr = listener.local_addr().unwrap();
        let options = TcpOptions::default();
        let stream =
            net::connect_staggered(&handle, &[no_listener(), addr][..], options.clone()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), addr);

        let preferred = no_listener();
        let error = net::connect_staggered(&handle, &[preferred, no_listener()][..], options.clone())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(&preferred.to_string()), "{error}");
        let error =
            net::connect_staggered(&handle, &[][..] as &[SocketAddr], options.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn names_are_looked_up_and_failures_name_the_host() {
    run(async |handle| {
        let local: Vec<_> = resolve(&handle, "localhost:80").await.unwrap().collect();
        assert!(!local.is_empty());
        assert!(local.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 80), "{local:?}");
        // No name has a zero byte in it: the resolver says so without asking the network.
        let error = resolve(&handle, ("no\0host", 80)).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot resolve host \"no\\0host\": "), "{error}");
    });
}

// Linux drops what does not fit in a backlog, so that connecting hangs: an address that does not
// answer.
#[cfg(target_os = "linux")]
mod silent {
    use std::time::{Duration, Instant};

    use loop_api::Handle;

    use super::*;

    #[test]
    fn a_staggered_connect_does_not_wait_for_an_address_that_does_not_answer() {
        run(async |handle| {
            let mut small = TcpOptions::default();
            small.backlog = Some(0);
            let full = handle.listen_tcp(any(), &small).unwrap();
            let silent_addr = full.local_addr().unwrap();
            let mut held = Vec::new();
            for _ in 0..8 {
                let connect = handle.connect_tcp(silent_addr, TcpOptions::default());
                let limit = async {
                    handle.sleep(Duration::from_millis(50)).await;
                    None
                };
                match futures_lite::FutureExt::or(async { Some(connect.await) }, limit).await {
                    Some(stream) => held.push(stream.unwrap()),
                    None => break,
                }
            }
            let listener = handle.listen_tcp(any(), &TcpOptions::default()).unwrap();
            let addr = listener.local_addr().unwrap();
            let start = Instant::now();
            let options = TcpOptions::default();
            let stream =
                net::connect_staggered(&handle, &[silent_addr, addr][..], options.clone()).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), addr);
            let took = start.elapsed();
            assert!(took >= Duration::from_millis(250), "it began too early: {took:?}");
            assert!(took < Duration::from_secs(10), "it waited for the address that is silent: {took:?}");
        });
    }
}
