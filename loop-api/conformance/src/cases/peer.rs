//! PEER: defects found in today's crates.

use std::future::poll_fn;
use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::task::Poll;
use std::thread;

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    Counter, LONG, SHORT, connected, loopback, make, record_exceptions, run, until, within,
};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::error::JoinError;
use loop_api::net::{Net, Stream, TcpListener, TcpOptions};
use loop_api::task::Task;

/// Writes until the socket takes no more.
async fn fill<W: futures_io::AsyncWrite + Unpin>(socket: &mut W) -> usize {
    let mut written = 0;
    poll_fn(|cx| {
        loop {
            match Pin::new(&mut *socket).poll_write(cx, &[7; 16 * 1024]) {
                Poll::Ready(n) => written += n.expect("a write"),
                Poll::Pending => return Poll::Ready(()),
            }
        }
    })
    .await;
    written
}

pub fn peer01_a_parked_writer_does_not_swallow_the_readers_wake<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        for writer_first in [true, false] {
            let (client, server) = connected(&handle).await;
            let (mut reader, mut writer) = client.into_split();
            let (mut far_reader, mut far_writer) = server.into_split();
            // Nothing reads there yet, so the writer is parked for good.
            fill(&mut writer).await;
            let read = async move {
                let mut buf = [0; 4];
                reader.read_exact(&mut buf).await.map(|()| buf)
            };
            let write = async move {
                writer.write_all(&[7; 64]).await?;
                writer.close().await
            };
            let (reading, writing) = if writer_first {
                let writing = handle.spawn(write);
                handle.sleep(SHORT).await;
                (handle.spawn(read), writing)
            } else {
                let reading = handle.spawn(read);
                handle.sleep(SHORT).await;
                (reading, handle.spawn(write))
            };
            handle.sleep(SHORT).await;
            far_writer.write_all(b"wake").await.expect("a write");
            let read = within(&handle, LONG, reading).await.expect("the reader was not woken");
            assert_eq!(read.expect("the task to end").expect("a read"), *b"wake");
            // And the reverse: the writer wakes when the buffer has space.
            let drain = handle.spawn(async move {
                let mut rest = Vec::new();
                far_reader.read_to_end(&mut rest).await
            });
            let wrote = within(&handle, LONG, writing).await.expect("the writer was not woken");
            wrote.expect("the task to end").expect("a write");
            drain.await.expect("the task to end").expect("to read to the end");
        }
    });
}

pub fn peer02_a_vectored_write_stays_one<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, mut server) = connected(&handle).await;
        let slices = [IoSlice::new(b"Ciao "), IoSlice::new(b"Euro"), IoSlice::new(b"Python")];
        assert_eq!(client.write_vectored(&slices).await.expect("a write"), 15);
        let (mut one, mut other) = ([0; 5], [0; 16]);
        server.read_exact(&mut one[..1]).await.expect("a read");
        let mut parts = [io::IoSliceMut::new(&mut one[1..]), io::IoSliceMut::new(&mut other)];
        assert_eq!(server.read_vectored(&mut parts).await.expect("a read"), 14);
        assert_eq!((&one[..], &other[..10]), (&b"Ciao "[..], &b"EuroPython"[..]));
    });
}

pub fn peer03_after_a_half_close_reading_goes_on<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        // A peer that does not run on a loop: it reads to the end first, then answers.
        let peer = thread::spawn(move || {
            let mut peer = std::net::TcpStream::connect(addr)?;
            let mut heard = Vec::new();
            peer.read_to_end(&mut heard)?;
            io::Write::write_all(&mut peer, &heard)
        });
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"all I have to say").await.expect("a write");
        stream.close().await.expect("FIN to be sent");
        let mut answer = Vec::new();
        let read = within(&handle, LONG, stream.read_to_end(&mut answer)).await;
        read.expect("the peer did not see FIN").expect("to read to the end");
        assert_eq!(answer, b"all I have to say");
        peer.join().expect("the peer").expect("the peer's part");
    });
}

pub fn peer03_the_writing_half_sends_fin_when_it_is_dropped<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (client, mut server) = connected(&handle).await;
        let (mut reader, mut writer) = client.into_split();
        writer.write_all(b"x").await.expect("a write");
        drop(writer);
        let mut heard = Vec::new();
        let read = within(&handle, LONG, server.read_to_end(&mut heard)).await;
        read.expect("FIN was not sent").expect("to read to the end");
        server.write_all(b"y").await.expect("a write");
        drop(server);
        heard.clear();
        reader.read_to_end(&mut heard).await.expect("to read to the end");
        assert_eq!(heard, b"y");
    });
}

pub fn peer03_halves_can_be_reunited_and_only_their_own<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (client, server) = connected(&handle).await;
        let (read, write) = client.into_split();
        let (far_read, far_write) = server.into_split();
        let (read, far_write) =
            <HandleOf<S> as Net>::TcpStream::reunite(read, far_write).expect_err("the halves of two streams");
        let mut client = <HandleOf<S> as Net>::TcpStream::reunite(read, write).expect("one stream's halves");
        let mut server =
            <HandleOf<S> as Net>::TcpStream::reunite(far_read, far_write).expect("one stream's halves");
        client.write_all(b"one again").await.expect("no FIN was sent in between");
        client.close().await.expect("FIN to be sent");
        let mut heard = Vec::new();
        server.read_to_end(&mut heard).await.expect("to read to the end");
        assert_eq!(heard, b"one again");
        // Borrowed halves, too, send nothing when they are dropped.
        let (_, _) = server.split();
        server.write_all(b"still").await.expect("a write");
    });
}

pub fn peer04_the_payload_reaches_the_awaiter<S: Subject>() {
    run::<S, _>(|handle| async move {
        let task = handle.spawn(async { std::panic::resume_unwind(Box::new(String::from("a payload"))) });
        let payload = task.await.expect_err("a panic").into_panic();
        assert_eq!(payload.downcast_ref::<String>().map(String::as_str), Some("a payload"));
        let job = handle.spawn_blocking(|| std::panic::resume_unwind(Box::new(7_u8)));
        let payload = job.await.expect_err("a panic").into_panic();
        assert_eq!(payload.downcast_ref::<u8>(), Some(&7));
    });
}

pub fn peer05_cancelling_a_task_that_panicked_gives_the_panic<S: Subject>() {
    run::<S, _>(|handle| async move {
        let task = handle.spawn(async { std::panic::resume_unwind(Box::new(1_u8)) });
        assert!(until(&handle, || task.is_finished()).await);
        let error: JoinError = task.cancel().await.expect_err("a panic");
        assert!(error.is_panic(), "{error}");
    });
}

pub fn peer06_dropping_a_handle_detaches_local_and_blocking_work_too<S: Subject>() {
    run::<S, _>(|handle| async move {
        let done = Counter::new();
        drop(handle.spawn_local({
            let (handle, done) = (handle.clone(), done.clone());
            async move {
                handle.sleep(SHORT).await;
                done.add();
            }
        }));
        drop(handle.spawn_blocking({
            let done = done.clone();
            move || {
                done.add();
            }
        }));
        assert!(until(&handle, || done.get() == 2).await, "only {} ran to the end", done.get());
    });
}

pub fn peer07_the_first_tick_is_at_once<S: Subject>() {
    run::<S, _>(|handle| async move {
        let mut ticks = handle.interval(LONG * 10);
        within(&handle, LONG, ticks.tick()).await.expect("the first tick waits for a period");
    });
}

pub fn peer08_spawn_local_works_where_it_is_offered<S: Subject>() {
    run::<S, _>(|handle| async move {
        let local = std::rc::Rc::new(3);
        let from_task = handle.clone();
        let nested = handle.spawn_local(async move {
            let inner = local.clone();
            from_task.spawn_local(async move { *inner }).await.expect("the inner task") + *local
        });
        assert_eq!(nested.await.ok(), Some(6));
    });
}

pub fn peer08_spawn_local_elsewhere_is_an_error<S: Subject>() {
    let subject = make::<S>();
    let handle = subject.handle().clone();
    let dropped = Counter::new();
    let on_drop = dropped.on_drop();
    let refused = thread::spawn(move || {
        handle
            .try_spawn_local(async move {
                let _on_drop = on_drop;
            })
            .err()
    });
    assert_eq!(refused.join().expect("no panic"), Some(loop_api::LocalError::NotLoopThread));
    assert_eq!(dropped.get(), 1);
}

pub fn peer09_block_on_works_from_a_plain_main<S: Subject>() {
    assert_eq!(run::<S, _>(|_| async { 1 }), 1);
    // And in a thread that has run a loop before.
    assert_eq!(run::<S, _>(|handle| async move { handle.spawn(async { 2 }).await }).ok(), Some(2));
}

pub fn peer11_a_loop_that_does_nothing_starts_no_thread<S: Subject>() {
    #[cfg(target_os = "linux")]
    {
        // What a backend keeps for the whole process is there after the first one.
        run::<S, _>(|handle| async move { handle.sleep(SHORT).await });
        let before = crate::support::threads();
        run::<S, _>(|handle| async move {
            handle.sleep(SHORT).await;
            handle.spawn(async {}).await.expect("the task to end");
            assert_eq!(crate::support::threads(), before);
        });
    }
}

pub fn peer13_a_loop_can_be_dropped_inside_a_loop<S: Subject>() {
    run::<S, _>(|handle| async move {
        let other = make::<S>();
        let inner = other.handle().clone();
        let task = other.handle().spawn(std::future::pending::<()>());
        let told = record_exceptions(&handle);
        drop(other);
        assert!(matches!(task.await, Err(JoinError::Cancelled(_))));
        assert!(inner.shared().is_closed());
        assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
        assert!(told.is_empty());
    });
}

pub fn peer13_tasks_that_hold_handles_do_not_keep_the_loop<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let dropped = Counter::new();
    subject.block_on(async {
        for _ in 0..3 {
            let (handle, on_drop) = (handle.clone(), dropped.on_drop());
            let task = handle.clone().spawn(async move {
                let _on_drop = on_drop;
                handle.sleep(std::time::Duration::MAX).await;
            });
            drop(task);
        }
        handle.sleep(SHORT).await;
    });
    drop(subject);
    assert_eq!(dropped.get(), 3, "tasks outlived their loop");
    assert!(matches!(handle.try_block_on(async {}), Err(loop_api::RunError::Closed)));
}
