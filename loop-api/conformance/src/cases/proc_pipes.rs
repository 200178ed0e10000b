//! PROC: children's pipes, as descriptors on the loop.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use super::proc::ended;
use crate::support::{LONG, SHORT, run, within};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::io::Interest;
use loop_api::process::Process;
use loop_api::readiness::{Readiness, Source};

/// A child with its standard input, output and error on the loop.
struct Piped<H: Process + Readiness> {
    child: H::Child,
    stdin: H::Source<File>,
    stdout: H::Source<File>,
    stderr: H::Source<File>,
}

fn start<H: Process + Readiness>(handle: &H, program: &str, args: &[&str]) -> Piped<H> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut pipes = None;
    let start = || {
        let mut child = command.spawn()?;
        pipes = Some((child.stdin.take(), child.stdout.take(), child.stderr.take()));
        Ok(child)
    };
    let child = handle.spawn_child(start).expect("a child");
    let Some((Some(stdin), Some(stdout), Some(stderr))) = pipes else { panic!("three pipes") };
    let register = |fd: OwnedFd| {
        rustix::io::ioctl_fionbio(&fd, true).expect("a non-blocking pipe");
        handle.register(File::from(fd)).expect("to be registered")
    };
    let (stdin, stdout, stderr) = (stdin.into(), stdout.into(), stderr.into());
    Piped { child, stdin: register(stdin), stdout: register(stdout), stderr: register(stderr) }
}

async fn read_to_end(source: &impl Source<File>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let mut buf = [0; 4096];
        match source.io(Interest::Readable, |mut pipe| pipe.read(&mut buf)).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&buf[..n]),
        }
    }
}

/// Writes all and closes the pipe.
async fn write_all(source: impl Source<File>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let n = source.io(Interest::Writable, |mut pipe| pipe.write(bytes)).await?;
        bytes = &bytes[n..];
    }
    Ok(())
}

pub fn proc14_output_is_read_to_its_end<S: Subject>()
where
    HandleOf<S>: Process + Readiness,
{
    run::<S, _>(|handle| async move {
        let mut echo = start(&handle, "sh", &["-c", "echo one; sleep 0.02; echo two; echo no >&2"]);
        let both = futures_lite::future::zip(read_to_end(&echo.stdout), read_to_end(&echo.stderr));
        let (out, err) = within(&handle, LONG, both).await.expect("the end was not seen");
        assert_eq!(out.expect("its output"), b"one\ntwo\n");
        assert_eq!(err.expect("its complaints"), b"no\n");
        assert!(ended(&handle, &mut echo.child).await.success());
    });
}

pub fn proc14_what_is_written_to_a_child_comes_back<S: Subject>()
where
    HandleOf<S>: Process + Readiness,
{
    run::<S, _>(|handle| async move {
        let mut cat = start(&handle, "cat", &[]);
        for word in ["ciao", "mondo"] {
            let written = cat.stdin.io(Interest::Writable, |mut pipe| pipe.write(word.as_bytes())).await;
            assert_eq!(written.expect("a write"), word.len());
            let mut buf = [0; 16];
            let echo = cat.stdout.io(Interest::Readable, |mut pipe| pipe.read(&mut buf));
            let n = within(&handle, LONG, echo).await.expect("nothing came back").expect("a read");
            assert_eq!(&buf[..n], word.as_bytes());
        }
        drop(cat.stdin);
        assert_eq!(read_to_end(&cat.stdout).await.expect("the end"), b"");
        assert!(ended(&handle, &mut cat.child).await.success());
    });
}

pub fn proc15_a_large_transfer_both_ways_does_not_stall<S: Subject>()
where
    HandleOf<S>: Process + Readiness,
{
    run::<S, _>(|handle| async move {
        // Many times what the pipes hold.
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
        let mut cat = start(&handle, "cat", &[]);
        let both = futures_lite::future::zip(write_all(cat.stdin, &bytes), read_to_end(&cat.stdout));
        let (written, read) = within(&handle, LONG, both).await.expect("it stalls");
        written.expect("all to be written");
        assert!(read.expect("to read to the end") == bytes);
        assert!(ended(&handle, &mut cat.child).await.success());
    });
}

pub fn proc15_writing_to_a_child_that_is_gone_is_an_error<S: Subject>()
where
    HandleOf<S>: Process + Readiness,
{
    run::<S, _>(|handle| async move {
        let mut child = start(&handle, "true", &[]);
        ended(&handle, &mut child.child).await;
        // A child that another thread starts meanwhile has the other end, too, until its program
        // is loaded.
        let refused = async {
            loop {
                match child.stdin.io(Interest::Writable, |mut pipe| pipe.write(b"x")).await {
                    Ok(_) => handle.sleep(SHORT).await,
                    Err(error) => break error,
                }
            }
        };
        let error = within(&handle, LONG, refused).await.expect("an error");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    });
}
