//! What must hold at the edges of a loop, where today's adapters panic or lose work in silence.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use redis::AsyncTypedCommands;
use sqlx::postgres::PgPoolOptions;

use super::databases::{postgres_url, redis_url};
use crate::servers::Service::{Nginx, Peer};
use crate::{Env, Host, Outcome, ensure, ensure_eq, peer};

/// A handle from one `block_on` serves in the next: the task behind it lives as long as the loop.
pub(super) fn redis_later(env: Env, host: Host) -> Outcome {
    let client = redis::Client::open(redis_url(&env)?)?;
    let mut runtime = host.runtime()?;
    let mut connection = runtime.block_on(client.get_multiplexed_async_connection())?;
    // Cloned and looked at outside, as a program does that keeps it.
    let mut kept = connection.clone();
    ensure_eq!(runtime.block_on(connection.ping())?, "PONG");
    drop(connection);
    ensure_eq!(runtime.block_on(kept.ping())?, "PONG");
    drop(runtime);
    drop(kept);
    Ok(())
}

/// A thread that is not the loop's uses it through the loop's handle.
pub(super) fn redis_elsewhere(env: Env, host: Host) -> Outcome {
    let client = redis::Client::open(redis_url(&env)?)?;
    let mut runtime = host.runtime()?;
    let handle = runtime.handle().clone();
    runtime.block_on(async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        let (done, answer) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || done.send(handle.block_on(connection.ping())));
        let answer = answer.await?;
        ensure!(matches!(thread.join(), Ok(Ok(()))), "the thread's answer was not taken");
        ensure_eq!(answer?, "PONG");
        Ok(())
    })
}

/// Its destructor spawns a task: outside of the loop it finds where inside `enter`.
pub(super) fn sqlx_dropped(env: Env, host: Host) -> Outcome {
    let mut runtime = host.runtime()?;
    let url = postgres_url(&env)?;
    let pool = runtime.block_on(PgPoolOptions::new().max_connections(1).connect(&url))?;
    let connection = runtime.block_on(pool.acquire())?;
    let other = pool.clone();
    runtime.handle().within(|| drop(connection));
    // The only connection is back in the pool, so that the next one gets it.
    let connection = runtime.block_on(other.acquire())?;
    let handle = runtime.handle().clone();
    std::thread::spawn(move || handle.within(|| drop(connection)))
        .join()
        .map_err(|_| "the destructor panicked")?;
    runtime.block_on(async {
        drop(pool.acquire().await?);
        pool.close().await;
        Ok(())
    })
}

/// A job that has begun is waited for when the loop is dropped.
pub(super) fn blocking_at_exit(_: Env, host: Host) -> Outcome {
    let mut runtime = host.runtime()?;
    let done = Arc::new(AtomicBool::new(false));
    let (begin, begun) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let told = done.clone();
    runtime.block_on(async {
        tokio::task::spawn_blocking(move || {
            let _told = begin.send(());
            // Until the loop is about to be dropped.
            let _end = gone.recv();
            std::thread::yield_now();
            told.store(true, Ordering::Release);
        });
    });
    begun.recv()?;
    drop(go);
    drop(runtime);
    ensure!(done.load(Ordering::Acquire), "the job was left behind when the loop was dropped");
    Ok(())
}

/// Destructors of what is still running run when the loop is dropped, and the awaiter is told.
pub(super) fn tasks_at_exit(_: Env, host: Host) -> Outcome {
    struct Tell(mpsc::Sender<std::thread::ThreadId>);
    impl Drop for Tell {
        fn drop(&mut self) {
            let _told = self.0.send(std::thread::current().id());
        }
    }
    let mut runtime = host.runtime()?;
    let (sender, receiver) = mpsc::channel();
    let tell = Tell(sender);
    let wait = async move {
        let _held = tell;
        std::future::pending::<()>().await;
    };
    let task = runtime.handle().within(|| tokio::spawn(wait));
    runtime.block_on(tokio::task::yield_now());
    ensure!(receiver.try_recv().is_err(), "the task was dropped before the loop");
    drop(runtime);
    receiver.try_recv().map_err(|_| "the task was not dropped with the loop")?;
    let ended = futures_lite::future::block_on(task);
    ensure!(ended.is_err_and(|error| error.is_cancelled()), "the awaiter of the task is not told");
    Ok(())
}

/// Tasks that go from one thread to another use what was made on a third.
pub(super) fn on_workers(env: Env, host: Host) -> Outcome {
    let mut runtime = host.runtime_with_workers()?;
    let echo = peer::address(env.address(Peer)?, "tcp")?;
    let url = format!("http://{}/large", env.address(Nginx)?);
    let client = redis::Client::open(redis_url(&env)?)?;
    let web = reqwest::Client::builder().no_proxy().build()?;
    runtime.block_on(async {
        let connection = client.get_multiplexed_async_connection().await?;
        let mut tasks = anyloop::task::JoinSet::new();
        for n in 0..16_u8 {
            let (mut connection, web, url) = (connection.clone(), web.clone(), url.clone());
            tasks.spawn(async move {
                let mut theirs = tokio::net::TcpStream::connect(echo).await?;
                let mut other = async_net::TcpStream::connect(echo).await?;
                for _ in 0..20 {
                    let mut got = [0; 2];
                    tokio::io::AsyncWriteExt::write_all(&mut theirs, &[n]).await?;
                    futures_lite::AsyncWriteExt::write_all(&mut other, &[n]).await?;
                    tokio::io::AsyncReadExt::read_exact(&mut theirs, &mut got[..1]).await?;
                    futures_lite::AsyncReadExt::read_exact(&mut other, &mut got[1..]).await?;
                    ensure_eq!(got, [n, n]);
                    ensure_eq!(connection.ping().await?, "PONG");
                    tokio::time::sleep(std::time::Duration::from_micros(200)).await;
                }
                ensure_eq!(web.get(&url).send().await?.bytes().await?.len(), 65536);
                ensure_eq!(tokio::task::spawn_blocking(move || n).await?, n);
                Ok(std::thread::current().id())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            let thread = ended?.map_err(|error: Box<dyn std::error::Error + Send + Sync>| error)?;
            ensure!(thread != std::thread::current().id(), "a task ran on the thread inside block_on");
        }
        Ok(())
    })
}
