//! tokio's files, processes, signals and I/O traits.

use std::process::Stdio;

use nix::sys::signal::{Signal, raise};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal as listen};

use crate::{Env, Meter, Outcome, ensure, ensure_eq};

pub(super) async fn fs(env: Env, meter: Meter) -> Outcome {
    let (one, two) = (env.dir().join("one"), env.dir().join("two"));
    meter
        .each(async || {
            tokio::fs::write(&one, b"text").await?;
            tokio::fs::rename(&one, &two).await?;
            ensure_eq!(tokio::fs::read(&two).await?, b"text");
            tokio::fs::remove_file(&two).await?;
            ensure!(!tokio::fs::try_exists(&two).await?, "the file is still there");
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
            ensure!(child.wait().await?.success(), "cat failed");
            Ok(())
        })
        .await
}

pub(super) async fn signal(_: Env, meter: Meter) -> Outcome {
    let mut signals = listen(SignalKind::user_defined1())?;
    meter
        .each(async || {
            raise(Signal::SIGUSR1)?;
            ensure!(signals.recv().await.is_some(), "there will be no more signals");
            Ok(())
        })
        .await
}

pub(super) async fn io(_: Env, meter: Meter) -> Outcome {
    meter
        .each(async || {
            let (mut near, far) = tokio::io::duplex(1024);
            let copy = tokio::spawn(async move {
                let (mut read, mut write) = tokio::io::split(far);
                let copied = tokio::io::copy(&mut read, &mut write).await?;
                write.shutdown().await?;
                std::io::Result::Ok(copied)
            });
            let line = "0123456789abcde\n".repeat(4096);
            let (read, mut write) = tokio::io::split(&mut near);
            let send = async {
                write.write_all(line.as_bytes()).await?;
                write.shutdown().await
            };
            let count = async {
                let mut lines = BufReader::new(read).lines();
                let mut count = 0;
                while lines.next_line().await?.is_some() {
                    count += 1;
                }
                Ok(count)
            };
            let ((), count) = tokio::try_join!(send, count)?;
            ensure_eq!((count, copy.await??), (4096, 65536));
            Ok(())
        })
        .await
}
