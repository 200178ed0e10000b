//! Children by tokio's names, on every backend.
#![cfg(all(unix, feature = "macros", feature = "process", feature = "io-util"))]

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use anyloop::process::{ChildStdin, ChildStdout, Command};
use anyloop::time::{Duration, Instant, sleep, timeout};

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// Whether there is such a process, be it a zombie.
fn exists(id: u32) -> bool {
    let ask = std::process::Command::new("kill").args(["-0", &id.to_string()]).stderr(Stdio::null()).status();
    ask.unwrap().success()
}

async fn until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(5)).await;
    }
}

#[anyloop::test]
async fn status_and_output() -> io::Result<()> {
    assert_eq!(sh("exit 3").status().await?.code(), Some(3));
    let output = sh("echo out; echo err >&2; exit 4").output().await?;
    assert_eq!(output.status.code(), Some(4));
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"err\n"[..]));
    Ok(())
}

/// A future of `status` starts the child at once, as tokio's does.
#[anyloop::test]
async fn status_starts_before_it_is_polled() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("started");
    let status = Command::new("touch").arg(&file).status();
    until(|| file.exists()).await;
    assert!(status.await?.success());
    Ok(())
}

#[anyloop::test]
async fn wait_closes_the_standard_input() -> io::Result<()> {
    let mut cat = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    cat.stdin.as_mut().unwrap().write_all(b"ciao\n").await?;
    assert!(cat.id().is_some());
    assert!(cat.wait().await?.success());
    assert!(cat.stdin.is_none() && cat.id().is_none());
    let mut line = String::new();
    BufReader::new(cat.stdout.take().unwrap()).read_line(&mut line).await?;
    assert_eq!(line, "ciao\n");
    cat.kill().await
}

#[anyloop::test]
async fn wait_with_output_reads_more_than_the_pipes_hold() -> io::Result<()> {
    let child = sh("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let output = timeout(Duration::from_secs(10), child.wait_with_output()).await??;
    assert_eq!((output.stdout.len(), output.stderr.len()), (300_000, 300_000));
    Ok(())
}

#[anyloop::test]
async fn what_is_set_reaches_the_child() -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let folder = dir.path().canonicalize()?;
    let script = "echo \"$0 $A-$B-$C-$1\"; pwd";
    let output = Command::new("/bin/sh")
        .env_clear()
        .env("A", "1")
        .envs([("B", "2"), ("C", "3")])
        .env_remove("C")
        .current_dir(&folder)
        .args(["-c", script, "zero"])
        .arg("one")
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text, format!("zero 1-2--one\n{}\n", folder.display()));
    let mut named = Command::new("/bin/sh");
    named.arg0("another").args(["-c", "echo $0"]);
    assert_eq!(named.output().await?.stdout, b"another\n");
    Ok(())
}

/// A group of its own, to which a signal can be sent.
#[anyloop::test]
async fn a_process_group_of_its_own() -> io::Result<()> {
    let mut child = sh("cat; exit 0").stdin(Stdio::piped()).process_group(0).spawn()?;
    let _stdin = child.stdin.take();
    let group = format!("-{}", child.id().unwrap());
    assert!(Command::new("kill").args(["-TERM", "--", &group]).status().await?.success());
    assert_eq!(child.wait().await?.signal(), Some(15));
    Ok(())
}

#[anyloop::test]
async fn a_program_that_is_not_there_is_named() {
    let error = Command::new("no-such-program").spawn().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("no-such-program"), "{error}");
    assert!(anyloop::process::raw_os_error(&error).is_some());
    let error = Command::new("true").current_dir("/no/such/folder").status().await.unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
}

#[anyloop::test]
async fn killed_on_drop_and_waited_for() -> io::Result<()> {
    let start = || sh("exec sleep 60").kill_on_drop(true).spawn();
    let child = start()?;
    let id = child.id().unwrap();
    assert!(exists(id));
    drop(child);
    until(|| !exists(id)).await;
    // Also by a wait that is dropped with its child.
    let mut child = start()?;
    let id = child.id().unwrap();
    let waiting = async move { child.wait().await };
    assert!(timeout(Duration::from_millis(20), waiting).await.is_err());
    until(|| !exists(id)).await;
    Ok(())
}

#[anyloop::test]
async fn killed_by_name() -> io::Result<()> {
    let mut child = sh("exec sleep 60").spawn()?;
    assert_eq!(child.try_wait()?, None);
    child.start_kill()?;
    assert_eq!(child.wait().await?.signal(), Some(9));
    assert_eq!(child.wait().await?.signal(), Some(9));
    assert_eq!(child.try_wait()?.and_then(|status| status.signal()), Some(9));
    child.start_kill()?;
    child.kill().await
}

#[anyloop::test]
async fn a_pipeline_of_two() -> io::Result<()> {
    let mut first = sh("echo one; echo two").stdout(Stdio::piped()).spawn()?;
    let between: Stdio = first.stdout.take().unwrap().try_into()?;
    let output = Command::new("sort").arg("-r").stdin(between).output().await?;
    assert_eq!(output.stdout, b"two\none\n");
    assert!(first.wait().await?.success());
    Ok(())
}

#[anyloop::test]
async fn pipes_are_taken_and_given() -> io::Result<()> {
    let mut command = std::process::Command::new("cat");
    let mut cat = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = ChildStdin::from_std(cat.stdin.take().unwrap())?;
    let mut stdout = ChildStdout::from_std(cat.stdout.take().unwrap())?;
    stdin.write_all(b"ciao").await?;
    let mut buf = [0; 4];
    stdout.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"ciao");
    // A pipe that is given away blocks again.
    let mut file = std::fs::File::from(stdout.into_owned_fd()?);
    let reader = anyloop::task::spawn_blocking(move || {
        let mut text = String::new();
        io::Read::read_to_string(&mut file, &mut text).map(|_| text)
    });
    sleep(Duration::from_millis(20)).await;
    stdin.write_all(b"addio").await?;
    drop(stdin);
    assert_eq!(reader.await.unwrap()?, "addio");
    cat.wait().map(drop)
}

#[anyloop::test]
async fn spawn_with_takes_any_way_to_start() -> io::Result<()> {
    let mut called = false;
    let mut child = sh("exit 8").spawn_with(|std| {
        called = true;
        std.spawn()
    })?;
    assert_eq!(child.wait().await?.code(), Some(8));
    assert!(called);
    assert_eq!(Command::from(std::process::Command::new("true")).status().await?.code(), Some(0));
    Ok(())
}

#[anyloop::test]
async fn a_thousand_children_at_once() -> io::Result<()> {
    // Each that is waited for has one descriptor, and each pipe one: what the limit allows at once.
    let limit = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let limit = limit.lines().find(|line| line.starts_with("Max open files"));
    let limit = limit.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(256);
    let at_once = 1000.min((limit - 100) / 6);
    let mut left = 1000;
    while left > 0 {
        let now = at_once.min(left);
        left -= now;
        // All of them run until this pipe has no writer any more.
        let (sender, receiver) = anyloop::net::unix::pipe::pipe()?;
        let receiver = receiver.into_blocking_fd()?;
        let mut children = Vec::new();
        for _ in 0..now {
            let mut cat = Command::new("cat");
            children.push(cat.stdin(receiver.try_clone()?).stdout(Stdio::null()).spawn()?);
        }
        let tasks: Vec<_> =
            children.into_iter().map(|mut child| anyloop::spawn(async move { child.wait().await })).collect();
        sleep(Duration::from_millis(20)).await;
        assert!(!tasks.iter().any(|task| task.is_finished()));
        drop(sender);
        for task in tasks {
            assert!(task.await.unwrap()?.success());
        }
    }
    Ok(())
}

#[test]
fn without_a_loop_nothing_is_started() {
    if cfg!(feature = "global") {
        return;
    }
    let error = Command::new("true").spawn_with(|_| panic!("it was started")).unwrap_err();
    assert!(error.get_ref().is_some_and(|inner| inner.is::<anyloop::runtime::NoLoop>()), "{error}");
}
