//! smol's own parts.

use std::process::Stdio;
use std::time::{Duration, Instant};

use async_process::Command;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::servers::Service::Peer;
use crate::{Env, Meter, Outcome, ensure, ensure_eq, peer};

pub(super) async fn async_net(env: Env, meter: Meter) -> Outcome {
    let mut socket = async_net::TcpStream::connect(peer::address(env.address(Peer)?, "tcp")?).await?;
    socket.set_nodelay(true)?;
    meter
        .each(async || {
            socket.write_all(b"x").await?;
            let mut buf = [0];
            socket.read_exact(&mut buf).await?;
            ensure_eq!(buf, *b"x");
            Ok(())
        })
        .await
}

pub(super) async fn timer(_: Env, meter: Meter) -> Outcome {
    meter
        .each(async || {
            let begun = Instant::now();
            async_io::Timer::after(Duration::from_millis(1)).await;
            ensure!(begun.elapsed() >= Duration::from_millis(1), "the sleep ended early");
            Ok(())
        })
        .await
}

pub(super) async fn spawn(_: Env, meter: Meter) -> Outcome {
    meter
        .each(async || {
            let task = smol::spawn(async {
                futures_lite::future::yield_now().await;
                smol::spawn(async { 42 }).await
            });
            ensure_eq!(task.await, 42);
            let cancelled = smol::spawn(std::future::pending::<()>()).cancel().await;
            ensure_eq!(cancelled, None);
            Ok(())
        })
        .await
}

pub(super) async fn unblock(_: Env, meter: Meter) -> Outcome {
    let here = std::thread::current().id();
    meter
        .each(async || {
            let there = blocking::unblock(|| std::thread::current().id()).await;
            ensure!(there != here, "the job ran on the loop's thread");
            Ok(())
        })
        .await
}

pub(super) async fn process(_: Env, meter: Meter) -> Outcome {
    meter
        .each(async || {
            let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let (mut stdin, stdout) = (child.stdin.take(), child.stdout.take());
            stdin.as_mut().ok_or("no pipe")?.write_all(b"miau\n").await?;
            drop(stdin);
            let mut said = String::new();
            stdout.ok_or("no pipe")?.read_to_string(&mut said).await?;
            ensure_eq!(said, "miau\n");
            ensure!(child.status().await?.success(), "cat failed");
            Ok(())
        })
        .await
}

pub(super) async fn fs(env: Env, meter: Meter) -> Outcome {
    let (one, two) = (env.dir().join("one"), env.dir().join("two"));
    meter
        .each(async || {
            async_fs::write(&one, b"text").await?;
            async_fs::rename(&one, &two).await?;
            ensure_eq!(async_fs::read(&two).await?, b"text");
            async_fs::remove_file(&two).await?;
            ensure!(async_fs::metadata(&two).await.is_err(), "the file is still there");
            Ok(())
        })
        .await
}
