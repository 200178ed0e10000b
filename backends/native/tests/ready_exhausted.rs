//! Accepting when descriptors are exhausted. Alone in its file, because the limit is the whole
//! process's.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::net::SocketAddr;
use std::time::Duration;

use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_native::NativeLoop;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

#[test]
fn accept_waits_without_spinning_until_descriptors_are_free() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = handle.listen_tcp(any, &TcpOptions::default()).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();

        let limit = Rlimit { current: Some(256), ..getrlimit(Resource::Nofile) };
        setrlimit(Resource::Nofile, limit).unwrap();
        let mut hoard = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            hoard.push(file);
        }

        let cpu = || clock_gettime(ClockId::ProcessCPUTime);
        let before = cpu();
        let free = async {
            handle.sleep(Duration::from_millis(300)).await;
            let after = cpu();
            let spent = Duration::try_from(after - before).unwrap();
            assert!(spent < Duration::from_millis(100), "it spins: {spent:?} of processor time");
            drop(hoard);
        };
        let (accepted, ()) = futures_lite::future::zip(listener.accept(), free).await;
        let (_, peer) = accepted.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
    });
}
