//! Unix's pipes by tokio's names, on every backend.
#![cfg(all(unix, feature = "macros", feature = "io-util"))]

use std::fs::File;
use std::io::{self, ErrorKind};

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::unix::pipe::{self, OpenOptions, Receiver, Sender};
use anyloop::time::{Duration, sleep};

fn fifo() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    (dir, path)
}

#[anyloop::test]
async fn what_is_sent_is_received() -> io::Result<()> {
    let (mut sender, mut receiver) = pipe::pipe()?;
    let bytes: Vec<u8> = (0..500_000_u32).map(|n| n as u8).collect();
    let sent = bytes.clone();
    let writer = anyloop::spawn(async move { sender.write_all(&sent).await });
    let mut received = Vec::new();
    receiver.read_to_end(&mut received).await?;
    assert!(received == bytes);
    writer.await.unwrap()
}

#[anyloop::test]
async fn waiting_and_trying() -> io::Result<()> {
    let (sender, receiver) = pipe::pipe()?;
    let mut buf = [0; 8];
    assert_eq!(receiver.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    let late = anyloop::spawn(async move {
        sleep(Duration::from_millis(10)).await;
        sender.writable().await?;
        sender.try_write(b"ciao")?;
        io::Result::Ok(sender)
    });
    receiver.readable().await?;
    assert_eq!(receiver.try_read(&mut buf)?, 4);
    let sender = late.await.unwrap()?;
    // Full, and then not.
    while sender.try_write(&[0; 4096]).is_ok() {}
    let waiting = anyloop::spawn(async move { sender.writable().await.map(|()| sender) });
    sleep(Duration::from_millis(10)).await;
    assert!(!waiting.is_finished());
    while receiver.try_read(&mut [0; 65536]).is_ok() {}
    let sender = waiting.await.unwrap()?;
    drop(receiver);
    assert_eq!(sender.try_write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    Ok(())
}

#[anyloop::test]
async fn named_pipes() -> io::Result<()> {
    let (_dir, path) = fifo();
    assert!(OpenOptions::new().open_sender(&path).is_err(), "there is no receiver yet");
    let mut receiver = OpenOptions::new().open_receiver(&path)?;
    let mut sender = OpenOptions::new().open_sender(&path)?;
    sender.write_all(b"ciao").await?;
    drop(sender);
    let mut text = String::new();
    receiver.read_to_string(&mut text).await?;
    assert_eq!(text, "ciao");
    Ok(())
}

#[anyloop::test]
async fn a_named_pipe_has_no_end_before_its_first_sender() -> io::Result<()> {
    let (_dir, path) = fifo();
    let mut receiver = OpenOptions::new().open_receiver(&path)?;
    assert_eq!(receiver.try_read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::WouldBlock);
    let mut buf = [0; 4];
    let early = anyloop::time::timeout(Duration::from_millis(10), receiver.read(&mut buf)).await;
    assert!(early.is_err(), "it read {early:?}");
    let reads = anyloop::spawn(async move {
        let mut text = String::new();
        receiver.read_to_string(&mut text).await.map(|_| text)
    });
    anyloop::task::yield_now().await;
    let mut sender = OpenOptions::new().open_sender(&path)?;
    sender.write_all(b"ciao").await?;
    drop(sender);
    assert_eq!(reads.await.unwrap()?, "ciao");
    Ok(())
}

#[anyloop::test]
async fn what_is_no_pipe_or_the_other_end_is_refused() -> io::Result<()> {
    let file = || File::open("/dev/null");
    assert_eq!(Receiver::from_file(file()?).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(OpenOptions::new().open_receiver("/dev/null").unwrap_err().kind(), ErrorKind::InvalidInput);
    let (sender, receiver) = pipe::pipe()?;
    let (sender, receiver) = (sender.into_blocking_fd()?, receiver.into_nonblocking_fd()?);
    assert!(Sender::from_owned_fd(receiver.try_clone()?).is_err());
    assert!(Receiver::from_owned_fd(sender.try_clone()?).is_err());
    let (mut sender, mut receiver) = (Sender::from_owned_fd(sender)?, Receiver::from_owned_fd(receiver)?);
    sender.write_all(b"ciao").await?;
    let mut buf = [0; 4];
    receiver.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"ciao");
    Ok(())
}

#[cfg(target_os = "linux")]
#[anyloop::test]
async fn a_pipe_of_both_directions_has_no_end() -> io::Result<()> {
    let (_dir, path) = fifo();
    let mut sender = OpenOptions::new().read_write(true).open_sender(&path)?;
    let mut receiver = OpenOptions::new().read_write(true).open_receiver(&path)?;
    sender.write_all(b"c").await?;
    drop(sender);
    assert_eq!(receiver.read_u8().await?, b'c');
    let more = anyloop::time::timeout(Duration::from_millis(20), receiver.read_u8()).await;
    assert!(more.is_err());
    Ok(())
}

#[anyloop::test]
async fn what_an_end_is_ready_for() -> io::Result<()> {
    use anyloop::io::{Interest, Ready};

    let (mut sender, receiver) = pipe::pipe()?;
    assert_eq!(sender.ready(Interest::READABLE).await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(sender.ready(Interest::WRITABLE | Interest::READABLE).await?, Ready::WRITABLE);
    sender.write_all(b"ciao").await?;
    assert!(receiver.ready(Interest::READABLE).await?.is_readable());
    let mut buf = bytes::BytesMut::with_capacity(16);
    assert_eq!(receiver.try_read_buf(&mut buf)?, 4);
    assert_eq!(&buf[..], b"ciao");
    assert_eq!(receiver.try_read_buf(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(sender);
    assert!(receiver.ready(Interest::READABLE).await?.is_read_closed());
    assert_eq!(receiver.try_read_buf(&mut buf)?, 0);
    Ok(())
}
