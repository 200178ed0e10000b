//! What several tests need. Each file is a process of its own; tests that count threads or
//! descriptors run themselves again, alone.
#![allow(dead_code, unreachable_pub)]

use std::process::Command;
use std::time::Duration;

/// No test takes longer, unless something hangs.
pub const LONG: Duration = Duration::from_secs(20);

/// Whether this process was started by [`alone`] for that test.
pub fn is_alone() -> bool {
    std::env::var_os("LOOP_COMPAT_ALONE").is_some()
}

/// Runs the test of that name once more in a process of its own, where nothing else runs, and gives
/// what it wrote. Panics if it fails or hangs.
pub fn alone(test: &str) -> String {
    let me = std::env::current_exe().unwrap();
    let mut child = Command::new(me)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("LOOP_COMPAT_ALONE", "1")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let end = std::time::Instant::now() + LONG;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if std::time::Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let output = child.wait_with_output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(status.is_some_and(|status| status.success()), "{test} alone: {status:?}\n{text}");
    text
}

/// The names of this process's threads.
#[cfg(target_os = "linux")]
pub fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let mut names: Vec<_> = names.map(|name| name.trim().to_owned()).collect();
    names.sort();
    names
}

/// How many descriptors this process has open.
#[cfg(target_os = "linux")]
pub fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The threads and descriptors of this process, once they have stayed the same for a while: a
/// thread that was just started has not its own name yet, and one that was joined is listed a moment
/// longer.
#[cfg(target_os = "linux")]
pub fn settled() -> (Vec<String>, usize) {
    let mut now = (threads(), descriptors());
    let mut same = 0;
    for _ in 0..5000 {
        std::thread::sleep(Duration::from_millis(2));
        let next = (threads(), descriptors());
        same = if next == now { same + 1 } else { 0 };
        now = next;
        if same == 15 {
            break;
        }
    }
    now
}

/// Where a test runs.
#[derive(Debug)]
pub enum On {
    /// An executor that knows nothing of anything.
    Plain,
    Native(loop_native::NativeLoop),
    Smol(loop_smol::SmolLoop),
    Tokio(loop_tokio::TokioLoop),
    #[cfg(unix)]
    NativeWithTokio(loop_native::NativeLoop),
    #[cfg(unix)]
    SmolWithTokio(loop_smol::SmolLoop),
}

impl On {
    /// Calls `test` for each.
    pub fn each(mut test: impl FnMut(On)) {
        use loop_api::EventLoop;

        test(On::Plain);
        test(On::Native(loop_native::NativeLoop::new().unwrap()));
        test(On::Smol(loop_smol::SmolLoop::new().unwrap()));
        test(On::Tokio(loop_tokio::TokioLoop::new().unwrap()));
        #[cfg(unix)]
        {
            let host = std::sync::Arc::new(loop_compat::host::TokioHost::new());
            let native = loop_native::NativeLoop::builder().host(host.clone()).build().unwrap();
            test(On::NativeWithTokio(native));
            test(On::SmolWithTokio(loop_smol::Builder::new().host(host).build().unwrap()));
        }
    }

    /// Whether tokio's context is there without a wrapper.
    pub fn has_tokio(&self) -> bool {
        !matches!(self, On::Plain | On::Native(_) | On::Smol(_))
    }

    #[track_caller]
    pub fn block_on<T>(&mut self, future: impl std::future::Future<Output = T>) -> T {
        use loop_api::EventLoop;

        bounded(|| match self {
            On::Plain => futures_lite::future::block_on(future),
            On::Native(native) => native.block_on(future),
            On::Smol(smol) => smol.block_on(future),
            On::Tokio(tokio) => tokio.block_on(future),
            #[cfg(unix)]
            On::NativeWithTokio(native) => native.block_on(future),
            #[cfg(unix)]
            On::SmolWithTokio(smol) => smol.block_on(future),
        })
    }
}

/// Waits for `future` on an executor that knows nothing of anything, no longer than [`LONG`].
#[track_caller]
pub fn block_on<T>(future: impl std::future::Future<Output = T>) -> T {
    bounded(|| futures_lite::future::block_on(future))
}

/// Ends the process if `f` takes longer than [`LONG`].
fn bounded<T>(f: impl FnOnce() -> T) -> T {
    let (cancel, cancelled) = std::sync::mpsc::channel::<()>();
    let late = std::thread::spawn({
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        move || {
            if cancelled.recv_timeout(LONG) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{name} hangs");
                std::process::abort();
            }
        }
    });
    let value = f();
    drop(cancel);
    late.join().unwrap();
    value
}
