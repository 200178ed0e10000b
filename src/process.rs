//! Children of the program: tokio's names and signatures, on any loop.
//!
//! [`Command`] is built as the standard library's; [`spawn`](Command::spawn) starts the child and
//! gives a [`Child`] whose pipes are streams of the loop, [`status`](Command::status) and
//! [`output`](Command::output) also wait for it. On Linux the loop waits by the child's pidfd, on
//! other unix systems (and where Linux gives none) by `SIGCHLD`, on Windows by asking every 1 to 25
//! ms: no thread waits. Windows' pipes are read and written on the loop's blocking pool.
//!
//! # Children that are not waited for
//!
//! A dropped [`Child`] goes on running, unless [`kill_on_drop`](Command::kill_on_drop) is set. On
//! unix its end has to be waited for all the same, or it stays as a zombie: a task of the loop that
//! it was started on does so. If that loop has ended, each later start or end of a child, on any
//! loop, asks whether it has ended; so a program that starts no more children may keep a zombie
//! until it exits. Where that matters, wait.
//!
//! ```
//! # #[cfg(unix)]
//! # fn main() -> std::io::Result<()> {
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::process::Command;
//!
//! let output = Command::new("echo").arg("ciao").output().await?;
//! assert!(output.status.success());
//! assert_eq!(output.stdout, b"ciao\n");
//!
//! let error = Command::new("no-such-program").spawn().unwrap_err();
//! assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
//! assert!(error.to_string().contains("no-such-program"));
//! # Ok(())
//! # })
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```
//!
//! Lines of a child as they come, and a time limit:
//!
//! ```
//! # #[cfg(all(unix, feature = "io-util"))]
//! # fn main() -> std::io::Result<()> {
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use std::process::Stdio;
//! use anyloop::io::{AsyncBufReadExt, BufReader};
//! use anyloop::process::Command;
//! use anyloop::time::{Duration, timeout};
//!
//! let mut child = Command::new("sh")
//!     .args(["-c", "echo one; echo two; exec sleep 60"])
//!     .stdout(Stdio::piped())
//!     .kill_on_drop(true)
//!     .spawn()?;
//! let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
//! assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
//! assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
//!
//! if timeout(Duration::from_millis(20), child.wait()).await.is_err() {
//!     child.kill().await?; // it is waited for, too
//! }
//! assert!(!child.wait().await?.success());
//! # Ok(())
//! # })
//! # }
//! # #[cfg(not(all(unix, feature = "io-util")))]
//! # fn main() {}
//! ```

mod child;
mod command;
mod stdio;
mod sys;

pub use child::{Child, LoopsChild};
pub use command::Command;
pub use loop_api::net::error::raw_os_error;
pub use stdio::{ChildStderr, ChildStdin, ChildStdout};
