//! The same random sequences of calls on both ends of a connection, in a world and on the kernel's
//! own TCP: the outcomes are the same.

use std::net::Shutdown;
use std::time::Duration;

use loop_api::net::{Net, Stream, TcpListener, TcpOptions, TcpStream};
use loop_api::{EventLoop, Handle};
use loop_sim::{Rng, SimLoop};

#[derive(Debug, Clone, Copy)]
enum Call {
    Write(usize),
    Read,
    Shutdown(Shutdown),
    ZeroLinger,
    Drop,
}

fn draw(rng: &mut Rng) -> (usize, Call) {
    let call = match rng.below(16) {
        0..=4 => Call::Write(1 + rng.below(300) as usize),
        5..=10 => Call::Read,
        11 | 12 => Call::Shutdown(Shutdown::Write),
        13 => Call::Shutdown(Shutdown::Both),
        14 => Call::ZeroLinger,
        _ => Call::Drop,
    };
    (rng.below(2) as usize, call)
}

fn outcome<T: std::fmt::Debug>(result: std::io::Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// What each call gave; between calls everything arrives.
fn outcomes<L: EventLoop>(mut event_loop: L, seed: u64) -> Vec<String>
where
    L::Handle: Net,
{
    let host = event_loop.handle().clone();
    event_loop.block_on(async move {
        let listener = host.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::new()).unwrap();
        let client = host.connect_tcp(listener.local_addr().unwrap(), TcpOptions::new()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let (mut ends, mut rng, mut log) = ([Some(client), Some(server)], Rng::new(seed), Vec::new());
        let mut stream = [0_u8; 4096];
        for _ in 0..14 {
            let (side, call) = draw(&mut rng);
            let Some(end) = &ends[side] else { continue };
            let result = match call {
                Call::Write(n) => outcome(end.try_write(&vec![7; n])),
                Call::Read => outcome(end.try_read(&mut stream)),
                // Whether it is an error once the peer is gone differs from system to system.
                Call::Shutdown(how) => {
                    let _ = end.shutdown(how);
                    String::new()
                }
                Call::ZeroLinger => outcome(end.set_zero_linger()),
                Call::Drop => {
                    ends[side] = None;
                    String::new()
                }
            };
            log.push(format!("{side} {call:?} {result}"));
            host.sleep(Duration::from_millis(3)).await;
        }
        log
    })
}

#[test]
fn a_worlds_tcp_does_what_the_kernels_does() {
    let mut wrong = Vec::new();
    for seed in 0..60 {
        let real = outcomes(loop_native::NativeLoop::new().unwrap(), seed);
        let simulated = outcomes(SimLoop::builder().build(), seed);
        if real != simulated {
            wrong.push(format!("seed {seed}\n  kernel {real:#?}\n  world {simulated:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What happens to connects, and to what waits on a socket while its peer goes.
fn waits<L: EventLoop>(mut event_loop: L) -> Vec<String>
where
    L::Handle: Net,
{
    use futures_lite::{AsyncReadExt, AsyncWriteExt};
    let host = event_loop.handle().clone();
    event_loop.block_on(async move {
        let mut log = Vec::new();
        let listener = host.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::new()).unwrap();
        let addr = listener.local_addr().unwrap();
        for how in ["drop", "reset", "half-close"] {
            let mut client = host.connect_tcp(addr, TcpOptions::new()).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            let (reads, later) =
                (async { client.read(&mut [0; 8]).await }, host.sleep(Duration::from_millis(2)));
            let peer = async {
                later.await;
                match how {
                    "reset" => server.set_zero_linger().unwrap(),
                    "half-close" => return server.close().await.map(|()| Some(server)),
                    _ => {}
                }
                drop(server);
                Ok(None)
            };
            let (read, _server) = futures_lite::future::zip(reads, peer).await;
            log.push(format!("{how}: read {}", outcome(read)));
            // A write may be taken before it is known that none will read it.
            let mut written = Vec::new();
            for _ in 0..3 {
                written.push(outcome(client.try_write(b"hello")));
                host.sleep(Duration::from_millis(3)).await;
            }
            log.push(format!("{how}: writes {written:?}"));
        }
        drop(listener);
        log.push(format!("connect {}", outcome(host.connect_tcp(addr, TcpOptions::new()).await.map(drop))));
        log
    })
}

#[test]
fn waiting_ends_as_on_the_kernels() {
    assert_eq!(waits(SimLoop::builder().build()), waits(loop_native::NativeLoop::new().unwrap()));
}

#[test]
fn a_host_without_address_and_a_link_that_is_cut_are_told_as_a_kernel_does() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let (a, b) = (world.host("a"), world.host("b"));
    world.fault(loop_sim::Fault::cut("a", "b")).unwrap();
    let addr = (b.ip(), 7000).into();
    let task = a.spawn(async move {
        let here = loop_sim::SimHandle::current();
        let start = here.now();
        let nowhere = here.connect_tcp(([10, 9, 9, 9], 1).into(), TcpOptions::new()).await.unwrap_err();
        let after = here.now() - start;
        let cut = here.connect_tcp(addr, TcpOptions::new()).await.unwrap_err();
        (nowhere.kind(), after, cut.kind(), here.now() - start - after)
    });
    let (nowhere, after, cut, given_up) = sim.block_on(task).unwrap();
    assert_eq!((nowhere, after.as_secs()), (std::io::ErrorKind::HostUnreachable, 3));
    // 1 + 2 + 4 + ... + 64 seconds.
    assert_eq!((cut, given_up.as_secs()), (std::io::ErrorKind::TimedOut, 127));
}
