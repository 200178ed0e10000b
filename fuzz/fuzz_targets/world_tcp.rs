//! TCP in a simulated world: whatever both ends do, each reads the beginning of what the other wrote,
//! and all of it if neither was unkind.
#![no_main]

use std::net::Shutdown;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use loop_api::net::{Net, Stream, TcpListener, TcpOptions, TcpStream};
use loop_api::{EventLoop, Handle};
use loop_sim::SimLoop;

fuzz_target!(|data: &[u8]| {
    SimLoop::builder().seed(u64::from(data.len() as u32)).build().block_on(both_ends(data));
});

/// One end of a connection, and what went through it.
struct End<S> {
    stream: Option<S>,
    wrote: Vec<u8>,
    read: Vec<u8>,
}

impl<S: TcpStream> End<S> {
    fn new(stream: S) -> Self {
        End { stream: Some(stream), wrote: Vec::new(), read: Vec::new() }
    }

    fn write(&mut self, len: usize) {
        let Some(stream) = &self.stream else { return };
        let from = self.wrote.len();
        let bytes: Vec<u8> = (from..from + len).map(|at| (at ^ at >> 8) as u8).collect();
        if let Ok(n) = stream.try_write(&bytes) {
            self.wrote.extend_from_slice(&bytes[..n]);
        }
    }

    fn read(&mut self, len: usize) -> Option<usize> {
        let mut buf = vec![0; len];
        let n = self.stream.as_ref()?.try_read(&mut buf).ok()?;
        self.read.extend_from_slice(&buf[..n]);
        Some(n)
    }
}

async fn both_ends(data: &[u8]) {
    let host = loop_sim::SimHandle::current();
    let listener = host.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::new()).expect("a listener");
    let addr = listener.local_addr().expect("its address");
    let client = host.connect_tcp(addr, TcpOptions::new()).await.expect("it listens");
    let (server, _) = listener.accept().await.expect("it connected");
    let mut ends = [End::new(client), End::new(server)];
    let mut draw = fuzz::numbers(data);
    // Whether nothing was done that may lose bytes.
    let mut kind = true;
    let mut step = || Some((draw(2)? as usize, draw(16)?, draw(u64::from(u16::MAX))? as usize));
    while let Some((side, call, len)) = step() {
        let end = &mut ends[side];
        match call {
            0..6 => end.write(len),
            6..12 => drop(end.read(len)),
            12 | 13 => {
                if let Some(stream) = &end.stream {
                    drop(stream.shutdown(Shutdown::Write));
                }
            }
            14 => {
                kind = false;
                if let Some(stream) = &end.stream {
                    drop(if len % 2 == 0 {
                        stream.shutdown(Shutdown::Both)
                    } else {
                        stream.set_zero_linger()
                    });
                }
            }
            _ => {
                kind = false;
                end.stream = None;
            }
        }
        host.sleep(Duration::from_micros(len as u64)).await;
    }
    // What is still on its way arrives, and makes room for what waits to be sent.
    let mut quiet = 0;
    while quiet < 3 {
        host.sleep(Duration::from_secs(1)).await;
        let moved = ends.iter_mut().any(|end| end.read(1 << 16).is_some_and(|n| n > 0));
        quiet = if moved { 0 } else { quiet + 1 };
    }
    let [client, server] = &ends;
    for (reader, writer) in [(client, server), (server, client)] {
        assert!(writer.wrote.starts_with(&reader.read), "other bytes than were written");
        assert!(!kind || reader.read.len() == writer.wrote.len(), "bytes were lost");
    }
}
