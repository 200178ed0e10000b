//! Children and sockets on Windows, on every backend. A child is this program: it runs the ignored test.
#![cfg(all(windows, feature = "macros", feature = "process", feature = "io-util"))]

use std::io::{self, Read, Write};
use std::process::Stdio;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, UdpSocket};
use anyloop::process::{Child, Command};
use anyloop::task;
use anyloop::time::{Duration, sleep, timeout};

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Set in the child: the code that it ends with.
const CODE: &str = "ANYLOOP_TEST_CODE";

fn child(code: i32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["gives_back_what_it_reads", "--exact", "--ignored", "--nocapture"]);
    command.env(CODE, code.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
#[ignore = "run by the others"]
fn gives_back_what_it_reads() {
    let Ok(code) = std::env::var(CODE) else { return };
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    print!("<{text}>");
    eprint!("[{text}]");
    io::stdout().flush().unwrap();
    std::process::exit(code.parse().unwrap());
}

async fn waits(child: &mut Child) -> bool {
    sleep(Duration::from_millis(50)).await;
    child.try_wait().unwrap().is_none()
}

#[anyloop::test]
async fn what_goes_in_comes_out_and_the_code_is_given() -> io::Result<()> {
    let mut child = child(7).spawn()?;
    child.stdin.take().unwrap().write_all(b"ciao").await?;
    let output = timeout(LIMIT, child.wait_with_output()).await??;
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stdout).contains("<ciao>"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[ciao]"));
    Ok(())
}

#[anyloop::test]
async fn many_at_once_do_not_wait_for_each_other() {
    let one = |n: i32| async move {
        let mut child = child(n).spawn().unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        stdin.write_all(&[b'a'; 40_000]).await.unwrap();
        drop(stdin);
        let mut text = Vec::new();
        stdout.read_to_end(&mut text).await.unwrap();
        assert_eq!(text.iter().filter(|&&byte| byte == b'a').count() / 40_000, 1);
        child.wait().await.unwrap().code()
    };
    let codes = timeout(LIMIT, task::join_all((0..8).map(one))).await.unwrap();
    assert_eq!(codes, Vec::from_iter((0..8).map(Some)));
}

#[anyloop::test]
async fn a_killed_child_ends_and_one_that_is_dropped_if_so_asked() -> io::Result<()> {
    let mut killed = child(0).spawn()?;
    assert!(waits(&mut killed).await);
    timeout(LIMIT, killed.kill()).await??;
    assert!(!killed.wait().await?.success());

    let mut kept = child(0).kill_on_drop(true).spawn()?;
    let mut output = kept.stdout.take().unwrap();
    assert!(waits(&mut kept).await);
    drop(kept);
    // Its end closes the pipe.
    timeout(LIMIT, output.read_to_end(&mut Vec::new())).await??;
    Ok(())
}

#[anyloop::test]
async fn a_program_that_is_not_there_is_named() {
    let error = Command::new("no-such-program-anyloop").spawn().err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("no-such-program-anyloop"), "{error}");
}

#[anyloop::test]
async fn sockets_lend_the_systems() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let under = socket2::SockRef::from(&listener).local_addr()?;
    assert_eq!(under.as_socket(), Some(listener.local_addr()?));
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    assert_eq!(socket2::SockRef::from(&socket).local_addr()?.as_socket(), Some(socket.local_addr()?));
    Ok(())
}
