//! A program whose standard error cannot be written to (a full disk, a log process that is gone)
//! loses its reports, and nothing else.
#![cfg(unix)]

use std::fs::File;
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::task::{self, JoinSet, LocalSet, TaskTracker};
use anyloop::time::{sleep, timeout};

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Set in a child: one of the ignored tests ends the process that it runs in.
const CHILD: &str = "ANYLOOP_TEST_CHILD";

/// Runs one of the ignored tests below as a program of its own, with a standard error that takes
/// nothing.
fn run(child: &str, stderr: Stdio) -> ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([child, "--exact", "--ignored", "--nocapture"])
        .env(CHILD, "")
        .stdout(Stdio::null())
        .stderr(stderr);
    let mut child = command.spawn().unwrap();
    // The reading end, where it is a pipe.
    drop(child.stderr.take());
    child.wait().unwrap()
}

fn survives(child: &str) {
    if cfg!(target_os = "linux") {
        let full = File::options().write(true).open("/dev/full").unwrap();
        assert!(run(child, full.into()).success(), "{child}, with standard error full");
    }
    assert!(run(child, Stdio::piped()).success(), "{child}, with standard error a broken pipe");
    let closed = Command::new("sh")
        .args(["-c", r#"exec "$0" "$@" 2>&-"#])
        .arg(std::env::current_exe().unwrap())
        .args([child, "--exact", "--ignored", "--nocapture"])
        .env(CHILD, "")
        .stdout(Stdio::null())
        .status();
    assert!(closed.unwrap().success(), "{child}, with standard error closed");
}

#[test]
fn a_callback_that_panics_does_not_end_the_loop() {
    survives("child_callback");
}

#[test]
#[ignore = "run by the test above"]
fn child_callback() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        let (says, said) = mpsc::channel();
        let handle = runtime.handle().clone();
        handle.call_soon(|| panic!("not to be seen")).unwrap();
        handle.call_soon(move || says.send(()).unwrap()).unwrap();
        runtime.block_on(async { anyloop::time::sleep(Duration::from_millis(1)).await });
        said.recv().unwrap();
    }
}

#[test]
fn a_task_that_panics_unwatched_does_not_end_the_process() {
    survives("child_task");
}

#[test]
#[ignore = "run by the test above"]
fn child_task() {
    for &backend in Backend::compiled() {
        for builder in [Builder::new(), Builder::new_multi_thread()] {
            let mut runtime = builder.clone().backend(backend).build().unwrap();
            let (says, said) = mpsc::channel::<()>();
            drop(runtime.spawn(async move {
                let _says = says;
                panic!("not to be seen")
            }));
            runtime.block_on(async {
                while said.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
                    anyloop::time::sleep(Duration::from_millis(1)).await;
                }
                anyloop::spawn(async {}).await.unwrap();
            });
        }
    }
}

#[test]
fn a_shutdown_that_leaves_a_job_behind_returns() {
    survives("child_shutdown");
}

#[test]
#[ignore = "run by the test above"]
fn child_shutdown() {
    for &backend in Backend::compiled() {
        let runtime = Builder::new().backend(backend).build().unwrap();
        let (begins, began) = mpsc::channel();
        let (ends, end) = mpsc::channel::<()>();
        drop(runtime.spawn_blocking(move || {
            begins.send(()).unwrap();
            let _ended = end.recv();
        }));
        began.recv().unwrap();
        runtime.shutdown_timeout(Duration::from_millis(1));
        drop(ends);
    }
}

#[test]
fn a_handler_that_panics_does_not_end_the_loop() {
    survives("child_handler");
}

#[test]
#[ignore = "run by the test above"]
fn child_handler() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        let handle = runtime.handle().clone();
        handle.set_exception_handler(Some(std::sync::Arc::new(|_| panic!("nor this"))));
        handle.call_soon(|| panic!("not to be seen")).unwrap();
        runtime.block_on(async { anyloop::time::sleep(Duration::from_millis(1)).await });
    }
}

#[test]
fn main_without_a_loop_ends_with_its_own_status() {
    let full =
        File::options().write(true).open(if cfg!(target_os = "linux") { "/dev/full" } else { "/dev/null" });
    assert_eq!(run("child_main", full.unwrap().into()).code(), Some(1));
    assert_eq!(run("child_main", Stdio::piped()).code(), Some(1));
}

#[test]
#[ignore = "run by the test above"]
fn child_main() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    anyloop::__private::run_main(Err(io::Error::other("none today")), async {});
}

#[cfg(feature = "compat")]
#[test]
fn the_end_of_main_says_what_was_cut_off_if_it_can() {
    survives("child_end");
}

#[cfg(feature = "compat")]
#[test]
#[ignore = "run by the test above"]
fn child_end() {
    let end = loop_compat::shutdown_at_end(Duration::from_millis(1));
    let _tokio = loop_compat::enter_tokio().unwrap();
    let (begins, began) = mpsc::channel();
    let (ends, may_end) = mpsc::channel::<()>();
    drop(tokio::task::spawn_blocking(move || {
        begins.send(()).unwrap();
        let _ended = may_end.recv();
    }));
    began.recv().unwrap();
    drop(end);
    drop(ends);
}

/// Spawns what panics in each way that there is, and gives the line of each.
fn spawn_in_each_way(runtime: &mut Runtime) -> Vec<u32> {
    fn fails() {
        panic!("not awaited")
    }
    let (handle, tracker, mut set) = (runtime.handle().clone(), TaskTracker::new(), JoinSet::new());
    let (early, sets) = (LocalSet::new(), LocalSet::new());
    let before = line!();
    drop(early.spawn_local(async { fails() }));
    drop(runtime.spawn(async { fails() }));
    drop(runtime.spawn_blocking(fails));
    let ways = line!() - before - 1;
    let first = before + 1..=before + ways;
    let within = runtime.block_on(async {
        let before = line!();
        drop(task::spawn(async { fails() }));
        drop(task::try_spawn(async { fails() }));
        drop(task::spawn_blocking(fails));
        drop(task::try_spawn_blocking(fails));
        drop(task::spawn_local(async { fails() }));
        drop(task::try_spawn_local(async { fails() }));
        drop(handle.spawn(async { fails() }));
        drop(handle.spawn_local(async { fails() }));
        drop(handle.spawn_blocking(fails));
        drop(tracker.spawn(async { fails() }));
        drop(tracker.spawn_local(async { fails() }));
        drop(sets.spawn_local(async { fails() }));
        set.spawn(async { fails() });
        set.spawn_local(async { fails() });
        set.spawn_blocking(fails);
        let ways = line!() - before - 1;
        set.detach_all();
        early.await;
        before + 1..=before + ways
    });
    first.chain(within).collect()
}

#[test]
fn a_panic_that_is_not_awaited_is_reported_with_the_line_of_its_spawn() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let tells = told.clone();
        runtime.handle().set_exception_handler(Some(Arc::new(move |exception| {
            let at = exception.location().unwrap();
            tells.lock().unwrap().push((at.file(), at.line()));
        })));
        let lines = spawn_in_each_way(&mut runtime);
        let all_told = async {
            while told.lock().unwrap().len() < lines.len() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        // What is missing is shown below.
        let _in_time = runtime.block_on(async { timeout(LIMIT, all_told).await });
        let mut told = told.lock().unwrap().clone();
        told.sort_unstable();
        assert_eq!(told, Vec::from_iter(lines.iter().map(|&line| (file!(), line))), "{backend:?}");
    }
}
