//! Files on every loop, as tokio's names have them, and as other programs see them.
#![cfg(all(feature = "macros", feature = "io-util"))]

use std::future::{Future, poll_fn};
use std::io::{self, SeekFrom};
use std::pin::pin;
use std::task::Poll;

#[cfg(unix)]
use anyloop::fs::OpenOptions;
use anyloop::fs::{self, File};
#[cfg(unix)]
use anyloop::io::BufReader;
use anyloop::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

/// What a program of the system's makes of a file.
#[cfg(unix)]
fn asked(program: &str, path: &std::path::Path) -> String {
    let output = std::process::Command::new(program).arg(path).output().expect("the program");
    String::from_utf8(output.stdout).expect("text")
}

#[cfg(unix)]
#[anyloop::test]
async fn other_programs_see_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut file = File::create(&path).await.unwrap();
    for n in 0..1000 {
        file.write_all(format!("line {n}\n").as_bytes()).await.unwrap();
    }
    file.flush().await.unwrap();
    let wanted: String = (0..1000).map(|n| format!("line {n}\n")).collect();
    assert_eq!(asked("cat", &path), wanted);
    assert!(asked("wc", &path).split_whitespace().take(2).eq(["1000", "2000"]));
    fs::copy(&path, folder.path().join("copy")).await.unwrap();
    let sum = |name: &str| asked("sha256sum", &folder.path().join(name))[..64].to_owned();
    assert_eq!(sum("file"), sum("copy"));
}

#[cfg(unix)]
#[anyloop::test]
async fn what_other_programs_wrote_is_read() {
    use anyloop::io::AsyncBufReadExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers");
    let made = std::process::Command::new("sh").args(["-c", "seq 1 5000 > \"$0\""]).arg(&path).status();
    assert!(made.unwrap().success());
    let mut lines = BufReader::new(File::open(&path).await.unwrap()).lines();
    let mut sum = 0;
    while let Some(line) = lines.next_line().await.unwrap() {
        sum += line.parse::<u64>().unwrap();
    }
    assert_eq!(sum, 5000 * 5001 / 2);
}

#[anyloop::test]
async fn a_seek_that_was_given_up_is_ended_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "0123456789").await.unwrap();
    let mut file = File::open(&path).await.unwrap();
    poll_fn(|cx| {
        let _given_up = pin!(file.seek(SeekFrom::Start(7))).poll(cx);
        Poll::Ready(())
    })
    .await;
    assert_eq!(file.seek(SeekFrom::Current(-2)).await.unwrap(), 5);
    assert_eq!(file.stream_position().await.unwrap(), 5);
    assert_eq!(file.read_u8().await.unwrap(), b'5');
}

#[anyloop::test]
async fn a_file_goes_to_std_and_back() {
    let mut file = File::from_std(tempfile::tempfile().unwrap());
    file.write_all(b"ciao mondo").await.unwrap();
    // Something is at work, or was.
    let mut file = match file.try_into_std() {
        Ok(std) => File::from(std),
        Err(file) => File::from_std(file.into_std().await),
    };
    file.rewind().await.unwrap();
    let mut buf = [0; 4];
    file.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"ciao");
    let mut rest = String::new();
    io::Read::read_to_string(&mut file.into_std().await, &mut rest).unwrap();
    assert_eq!(rest, " mondo", "the position is the reader's");
}

#[cfg(unix)]
#[anyloop::test]
async fn the_systems_own_options_are_kept() {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&path).await.unwrap();
    assert_eq!(file.metadata().await.unwrap().mode() & 0o777, 0o640);
    assert_eq!(file.metadata().await.unwrap().permissions().mode() & 0o777, 0o640);
    let mut std = std::fs::OpenOptions::new();
    std.read(true);
    let file = OpenOptions::from(std).open(&path).await.unwrap();
    assert_eq!(file.metadata().await.unwrap().ino(), std::fs::metadata(&path).unwrap().ino());
    const O_NOFOLLOW: i32 = no_follow();
    fs::symlink(&path, folder.path().join("link")).await.unwrap();
    let link = OpenOptions::new().read(true).custom_flags(O_NOFOLLOW).open(folder.path().join("link")).await;
    assert!(link.is_err());
    assert!(fs::metadata("/dev/null").await.unwrap().file_type().is_char_device());
    let folder = folder.path().join("private");
    fs::DirBuilder::new().mode(0o700).create(&folder).await.unwrap();
    assert_eq!(fs::metadata(&folder).await.unwrap().mode() & 0o777, 0o700);
}

/// `O_NOFOLLOW`, which std does not name.
#[cfg(unix)]
const fn no_follow() -> i32 {
    if cfg!(any(target_os = "linux", target_os = "android")) { 0o400_000 } else { 0x100 }
}

#[anyloop::test]
async fn errors_name_the_path_and_what_helps() {
    let error = fs::read_to_string("no/such/file").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    let text = error.to_string();
    assert!(text.starts_with("cannot read no/such/file: "), "{text}");
    assert!(text.ends_with("a relative path begins at the working directory"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, [0xff, 0xfe]).await.unwrap();
    let error = fs::read_to_string(&path).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[anyloop::test]
async fn a_copy_between_files_and_streams() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let data: Vec<u8> = (0..300_000_u32).map(|n| (n % 253) as u8).collect();
    fs::write(&path, &data).await.unwrap();
    let mut from = File::open(&path).await.unwrap();
    let mut to =
        File::options().read(true).write(true).create(true).open(folder.path().join("to")).await.unwrap();
    assert_eq!(anyloop::io::copy(&mut from, &mut to).await.unwrap(), 300_000);
    to.rewind().await.unwrap();
    let (mut near, mut far) = anyloop::io::duplex(1000);
    let sent = anyloop::spawn(async move {
        let n = anyloop::io::copy(&mut to, &mut near).await;
        near.shutdown().await.and(n)
    });
    let mut back = Vec::new();
    far.read_to_end(&mut back).await.unwrap();
    assert_eq!(sent.await.unwrap().unwrap(), 300_000);
    assert!(back == data);
}

#[test]
fn without_a_loop_it_is_an_error() {
    if cfg!(feature = "global") {
        return;
    }
    let result = futures_lite::future::block_on(fs::metadata("."));
    assert!(result.unwrap_err().to_string().contains("no event loop runs here"));
    assert!(File::try_from_std(tempfile::tempfile().unwrap()).is_err());
}

#[anyloop::test]
#[should_panic(expected = "no bytes")]
async fn a_file_needs_a_buffer_of_some_size() {
    File::from_std(tempfile::tempfile().unwrap()).set_max_buf_size(0);
}

/// The futures can be spawned, and a file shared.
#[test]
fn files_are_send_and_sync() {
    fn both<T: Send + Sync>(_: &T) {}
    fn send<T: Send>(_: T) {}
    fn types<T: Send + Sync + Unpin + std::panic::UnwindSafe>() {}
    types::<File>();
    types::<fs::ReadDir>();
    types::<anyloop::io::Stdin>();
    types::<anyloop::io::Stdout>();
    both(&fs::OpenOptions::new());
    send(fs::read("x"));
    send(File::open("x"));
    send(fs::read_dir("x"));
    send(fs::write("x", "y"));
}
