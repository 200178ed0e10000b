//! Server models: the same short request served one by one, by a thread each, by a pool of threads,
//! and by each loop.
//!
//! A connection is one request: 64 bytes, a handler that waits and then works a little, 64 bytes
//! back, closed. The answer begins with how long the handler waited and how long it worked, in
//! nanoseconds.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::runtime::{Backend, Builder};

use crate::job::{Job, Start};
use crate::names;
use crate::wire::BYTES;

/// How long a handler waits, as for a database or another server. Long enough that many wait at
/// once where a model lets them.
const WAIT: Duration = Duration::from_millis(50);
const POOL: usize = 16;

/// How many connections wait to be accepted: as many as the system lets.
const BACKLOG: i32 = 4096;

/// Readies a contestant.
pub(super) fn start(name: &str, job: &Job) -> Start {
    match name {
        names::SYNC => server(|listener| one_by_one(&listener)),
        names::THREADS => server(|listener| thread_each(&listener)),
        names::POOL => server(pool),
        names::NATIVE => any(Backend::Native),
        names::TOKIO => any(Backend::Tokio),
        names::SMOL => any(Backend::Smol),
        _ => Start::lacks(names::label(name), job),
    }
}

fn server(serve: impl FnOnce(TcpListener) + 'static) -> Start {
    Start::server(|listener| {
        // Again, with a longer line than the standard library's.
        rustix::net::listen(&listener, BACKLOG).expect("a listener");
        serve(listener);
    })
}

fn one_by_one(listener: &TcpListener) {
    while let Ok((stream, _)) = listener.accept() {
        // A client that has gone is no concern of the next.
        let _gone = handle(stream);
    }
}

fn thread_each(listener: &TcpListener) {
    while let Ok((stream, _)) = listener.accept() {
        // Where there can be no more threads the connection is closed, and the client hears so.
        let _refused = std::thread::Builder::new().spawn(move || {
            let _gone = handle(stream);
        });
    }
}

fn pool(listener: TcpListener) {
    let listener = Arc::new(listener);
    let worker = || {
        let listener = listener.clone();
        std::thread::spawn(move || one_by_one(&listener))
    };
    for thread in (0..POOL).map(|_| worker()).collect::<Vec<_>>() {
        thread.join().expect("a worker goes on");
    }
}

fn handle(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; BYTES];
    stream.read_exact(&mut request)?;
    let began = Instant::now();
    std::thread::sleep(WAIT);
    stream.write_all(&answer(&request, began))
}

fn any(backend: Backend) -> Start {
    let mut runtime = Builder::new().backend(backend).build().expect("the loop starts");
    server(move |listener| {
        runtime.block_on(async {
            let listener = anyloop::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                drop(anyloop::spawn(async {
                    let _gone = handle_async(stream).await;
                }));
            }
        });
    })
}

async fn handle_async(mut stream: anyloop::net::TcpStream) -> io::Result<()> {
    let mut request = [0; BYTES];
    stream.read_exact(&mut request).await?;
    let began = Instant::now();
    anyloop::time::sleep(WAIT).await;
    stream.write_all(&answer(&request, began)).await
}

/// The work: a few microseconds of it.
fn answer(request: &[u8; BYTES], began: Instant) -> [u8; BYTES] {
    let waited = began.elapsed();
    let working = Instant::now();
    let mut sum = 0u64;
    for round in 0..150 {
        for byte in black_box(request) {
            sum = sum.rotate_left(5).wrapping_add(u64::from(*byte) ^ round);
        }
    }
    let mut answer = *request;
    answer[16..24].copy_from_slice(&sum.to_le_bytes());
    answer[..8].copy_from_slice(&(waited.as_nanos() as u64).to_le_bytes());
    answer[8..16].copy_from_slice(&(working.elapsed().as_nanos() as u64).to_le_bytes());
    answer
}
