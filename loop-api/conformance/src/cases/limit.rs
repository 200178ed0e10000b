//! PEER14: the limit of descriptors. On Linux only, where the CPU time can be read while it is
//! reached.

use std::io::{Read, Seek};
use std::net::Shutdown;
use std::time::Duration;

use super::proto::std_client;
use crate::support::{LONG, SHORT, loopback, run, within};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::net::{Net, TcpListener, TcpOptions};

pub fn peer14_at_the_descriptor_limit_accept_waits_and_recovers<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        // What the loop opens once must be open before nothing can be opened.
        let (first, _) =
            futures_lite::future::zip(handle.connect_tcp(addr, TcpOptions::default()), listener.accept())
                .await;
        drop(first);
        let waiting = std_client(addr);
        // Read through one descriptor, opened in time.
        let mut stat = std::fs::File::open("/proc/self/stat").expect("proc to be mounted");
        let mut ballast = Vec::new();
        // Some that cases before this one had are closed when the process's reactor next looks.
        for _ in 0..3 {
            while let Ok(file) = std::fs::File::open("/dev/null") {
                ballast.push(file);
            }
            handle.sleep(SHORT).await;
        }
        let before = cpu_ticks(&mut stat);
        let accepted = within(&handle, Duration::from_millis(600), listener.accept()).await;
        let used = cpu_ticks(&mut stat) - before;
        // Before anything that could fail is asked of the system.
        drop(ballast);
        assert!(accepted.is_none(), "{accepted:?} at the limit");
        // A hundredth of a second each: spinning would have used some sixty.
        assert!(used <= 20, "waiting used {used} of 60 ticks of CPU time");
        let recovered = within(&handle, LONG, listener.accept()).await.expect("it did not recover");
        recovered.expect("a connection");
        waiting.shutdown(Shutdown::Both).expect("to be shut down");
        handle.sleep(SHORT).await;
    });
}

/// The CPU time of this process, in hundredths of a second.
fn cpu_ticks(stat: &mut std::fs::File) -> u64 {
    let mut text = String::new();
    stat.rewind().expect("to go back to the beginning");
    stat.read_to_string(&mut text).expect("a read");
    // utime and stime are the 14th and 15th field; two stand before the closing bracket.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}
