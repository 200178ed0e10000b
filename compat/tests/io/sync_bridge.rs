//! Streams of a loop on threads that block.

use std::io::{BufRead, BufReader, ErrorKind, IoSlice, Read, Write};
use std::thread;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_compat::io::SyncIoBridge;

/// A blocking job and the loop, on the two ends of one connection; and what the loop's own thread
/// is told.
fn serves_a_blocking_job<L: EventLoop>(it: L)
where
    L::Handle: Net,
{
    crate::run(it, |handle| async move {
        let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let one = handle.connect_tcp(addr, TcpOptions::default()).await.expect("a connection");
        let mut other = listener.accept().await.expect("its other end").0;

        let mut one = SyncIoBridge::new(one);
        let refused = one.read(&mut [0]).expect_err("a refusal");
        assert_eq!(refused.kind(), ErrorKind::Deadlock);
        assert!(refused.to_string().contains("spawn_blocking"), "no advice in: {refused}");

        let job = handle.spawn_blocking(move || {
            let mut reader = BufReader::new(one);
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let mut one = reader.into_inner();
            let answer = [IoSlice::new(b"heard: "), IoSlice::new(line.as_bytes())];
            assert_eq!(one.write_vectored(&answer)?, 7 + line.len());
            one.flush()?;
            one.shutdown()?;
            // Reading goes on.
            let mut rest = String::new();
            one.read_to_string(&mut rest)?;
            std::io::Result::Ok(rest)
        });
        other.write_all(b"a line\n").await.expect("a write");
        let mut answer = String::new();
        other.read_to_string(&mut answer).await.expect("an answer, and FIN");
        assert_eq!(answer, "heard: a line\n");
        other.write_all(b"and the rest").await.expect("a write");
        other.close().await.expect("FIN to be sent");
        assert_eq!(job.await.expect("the job").expect("to read and write"), "and the rest");
    });
}

#[test]
fn on_native() {
    serves_a_blocking_job(loop_native::NativeLoop::new().expect("a loop"));
}

#[test]
fn on_tokio() {
    serves_a_blocking_job(loop_tokio::TokioLoop::new().expect("a loop"));
}

#[test]
fn on_smol() {
    serves_a_blocking_job(loop_smol::SmolLoop::new().expect("a loop"));
}

#[test]
fn two_threads_without_any_loop() {
    use loop_compat::io::TokioIo;
    let (one, other) = tokio::io::duplex(10);
    let (mut one, mut other) = (SyncIoBridge::new(TokioIo::new(one)), SyncIoBridge::new(TokioIo::new(other)));
    let writer = thread::spawn(move || {
        one.write_all(&[7; 1000])?;
        one.shutdown()
    });
    let mut all = Vec::new();
    other.read_to_end(&mut all).expect("to read to the end");
    assert_eq!((all.len(), all.iter().all(|byte| *byte == 7)), (1000, true));
    writer.join().expect("no panic").expect("to write");
}
