//! PROC: children.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use futures_lite::future::{block_on, poll_once};
use rustix::process::Signal as Raw;

use crate::made::spawn_thread;
use crate::support::{LONG, SHORT, is_closed, make, run, until, within};
#[cfg(target_os = "linux")]
use crate::support::{descriptors, threads, wait_until};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::process::{Child, Process};
use loop_api::signal::{Signal, SignalKind, Signals};

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// A child that runs until it is killed, or this process drops what is in its pipe.
pub(super) fn waits() -> Command {
    let mut command = Command::new("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    command
}

fn start<H: Process>(handle: &H, mut command: Command) -> H::Child {
    handle.spawn_child(|| command.spawn()).expect("a child")
}

pub(super) async fn wait(child: &mut impl Child) -> io::Result<ExitStatus> {
    poll_fn(|cx| child.poll_wait(cx)).await
}

pub(super) async fn ended<H: Handle>(handle: &H, child: &mut impl Child) -> ExitStatus {
    within(handle, LONG, wait(child)).await.expect("its end was not seen").expect("a status")
}

/// Whether there is such a process, be it a zombie.
#[cfg(target_os = "linux")]
fn exists(id: u32) -> bool {
    std::path::Path::new(&format!("/proc/{id}")).exists()
}

pub fn proc01_exit_codes_are_given<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        for code in [0, 1, 7, 255] {
            let mut child = start(&handle, sh(&format!("exit {code}")));
            assert_eq!(ended(&handle, &mut child).await.code(), Some(code));
        }
    });
}

pub fn proc01_a_child_that_a_signal_ends_says_which<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut child = start(&handle, sh("kill -TERM $$; exit 3"));
        let status = ended(&handle, &mut child).await;
        assert_eq!((status.code(), status.signal()), (None, Some(Raw::TERM.as_raw())));
    });
}

pub fn proc02_waiting_again_gives_the_same_status<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut child = start(&handle, sh("exit 5"));
        let first = ended(&handle, &mut child).await;
        assert_eq!(ended(&handle, &mut child).await, first);
        assert_eq!(child.try_wait().expect("a status"), Some(first));
    });
}

pub fn proc03_a_wait_that_is_dropped_loses_nothing<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut command = waits();
        let mut stdin = None;
        let start = || {
            let mut child = command.spawn()?;
            stdin = child.stdin.take();
            Ok(child)
        };
        let mut child = handle.spawn_child(start).expect("a child");
        for _ in 0..3 {
            assert!(poll_once(wait(&mut child)).await.is_none());
            assert!(within(&handle, SHORT, wait(&mut child)).await.is_none());
        }
        drop(stdin);
        assert!(ended(&handle, &mut child).await.success());
    });
}

pub fn proc03_a_wait_goes_on_in_another_task<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut child = start(&handle, sh("sleep 0.05; exit 9"));
        assert!(poll_once(wait(&mut child)).await.is_none());
        let task = handle.spawn(async move { wait(&mut child).await });
        let status = within(&handle, LONG, task).await.expect("its end was not seen").expect("the task");
        assert_eq!(status.expect("a status").code(), Some(9));
    });
}

pub fn proc04_asking_does_not_wait<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut child = start(&handle, waits());
        assert_eq!(child.try_wait().expect("to be asked"), None);
        child.start_kill().expect("to kill it");
        assert!(until(&handle, || child.try_wait().expect("to be asked").is_some()).await);
        assert_eq!(ended(&handle, &mut child).await.signal(), Some(Raw::KILL.as_raw()));
    });
}

pub fn proc05_a_killed_child_is_waited_for<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut child = start(&handle, waits());
        let waiting = poll_once(wait(&mut child)).await;
        assert!(waiting.is_none());
        child.start_kill().expect("to kill it");
        assert_eq!(ended(&handle, &mut child).await.signal(), Some(Raw::KILL.as_raw()));
        child.start_kill().expect("nothing to do");
    });
}

pub fn proc06_a_dropped_child_goes_on_running<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let mut command = sh("sleep 0.05; echo done > result");
        command.current_dir(&dir);
        drop(start(&handle, command));
        assert!(until(&handle, || dir.path().join("result").exists()).await, "it was ended");
    });
}

#[cfg(target_os = "linux")]
pub fn proc06_a_dropped_child_leaves_no_zombie<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut ids = Vec::new();
        for waited_for in [false, true] {
            let mut child = start(&handle, sh("sleep 0.05"));
            ids.push(child.id());
            if waited_for {
                assert!(poll_once(wait(&mut child)).await.is_none());
            }
            drop(child);
        }
        let mut killed = start(&handle, waits());
        ids.push(killed.id());
        killed.start_kill().expect("to kill it");
        drop(killed);
        assert!(until(&handle, || !ids.iter().any(|&id| exists(id))).await, "one of {ids:?} is a zombie");
    });
}

#[cfg(target_os = "linux")]
pub fn proc06_a_child_that_outlives_its_loop_is_reaped_with_another<S: Subject>()
where
    HandleOf<S>: Process,
{
    let (stdins, ids): (Vec<_>, Vec<_>) = [false, true]
        .map(|after| {
            let subject = make::<S>();
            let mut stdin = None;
            let mut command = waits();
            let start = || {
                let mut child = command.spawn()?;
                stdin = child.stdin.take();
                Ok(child)
            };
            let child = subject.handle().spawn_child(start).expect("a child");
            let id = child.id();
            // The loop ends while it waits for the child, or knows nothing of it.
            if after {
                drop(subject);
                drop(child);
            } else {
                drop(child);
                drop(subject);
            }
            (stdin, id)
        })
        .into_iter()
        .unzip();
    drop(stdins);
    run::<S, _>(|handle| async move {
        let reaped = wait_until(|| {
            drop(start(&handle, sh("exit 0")));
            !ids.iter().any(|&id| exists(id))
        });
        assert!(reaped, "one of {ids:?} is a zombie");
    });
}

pub fn proc07_an_error_of_starting_is_given<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let none = handle.spawn_child(|| Command::new("/no/such/program").spawn()).map(drop);
        assert_eq!(none.expect_err("there is no such program").kind(), ErrorKind::NotFound);
        let refused = handle.spawn_child(|| Command::new("/").spawn()).map(drop);
        assert_eq!(refused.expect_err("a folder is no program").kind(), ErrorKind::PermissionDenied);
    });
}

pub fn proc08_many_children_end_in_any_order<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let begin = |code: i32| {
            let mut child = start(&handle, sh(&format!("sleep 0.0{}; exit {code}", 9 - code % 10)));
            (code, handle.spawn(async move { wait(&mut child).await }))
        };
        let children: Vec<_> = (0..50).map(begin).collect();
        for (code, child) in children {
            let status = within(&handle, LONG, child).await.expect("its end was not seen").expect("the task");
            assert_eq!(status.expect("a status").code(), Some(code));
        }
    });
}

pub fn proc09_a_child_is_started_off_the_loop_and_waited_for_on_it<S: Subject>()
where
    HandleOf<S>: Process,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let mut child = start(&handle, sh("exit 4"));
    assert_eq!(subject.block_on(ended(&handle, &mut child)).code(), Some(4));
}

pub fn proc09_two_loops_wait_for_their_own<S: Subject>()
where
    HandleOf<S>: Process,
{
    let loops = [21, 22].map(|code| {
        spawn_thread(move || {
            run::<S, _>(|handle| async move {
                for _ in 0..5 {
                    let mut child = start(&handle, sh(&format!("exit {code}")));
                    assert_eq!(ended(&handle, &mut child).await.code(), Some(code));
                }
            });
        })
    });
    for thread in loops {
        thread.join().expect("both to end");
    }
}

pub fn proc09_a_child_is_waited_for_on_another_loop<S: Subject>()
where
    HandleOf<S>: Process,
{
    for ends_before in [false, true] {
        let (mut one, mut other) = (make::<S>(), make::<S>());
        let handle = one.handle().clone();
        let mut child = one.block_on(async { start(&handle, waits()) });
        if ends_before {
            one.close();
        }
        let handle = other.handle().clone();
        let status = other.block_on(async {
            assert!(poll_once(wait(&mut child)).await.is_none());
            child.start_kill().expect("to be killed");
            ended(&handle, &mut child).await
        });
        assert_eq!(status.signal(), Some(Raw::KILL.as_raw()));
    }
}

pub fn proc10_waiting_ends_with_the_loop<S: Subject>()
where
    HandleOf<S>: Process,
{
    let subject = make::<S>();
    let mut child = start(subject.handle(), waits());
    let (ready, begun) = channel();
    let waiting = thread::spawn(move || {
        assert!(block_on(poll_once(wait(&mut child))).is_none());
        ready.send(()).expect("the case to wait");
        let waited = block_on(wait(&mut child));
        child.start_kill().expect("to kill it");
        waited
    });
    begun.recv().expect("the thread to wait");
    drop(subject);
    let error = waiting.join().expect("the waiting thread").expect_err("the loop is closed");
    assert!(is_closed(&error), "{error}");
}

pub fn proc10_on_a_closed_loop_no_child_is_started<S: Subject>()
where
    HandleOf<S>: Process,
{
    let subject = make::<S>();
    let handle = subject.handle().clone();
    drop(subject);
    let refused = handle.spawn_child(|| panic!("it was started")).map(drop);
    assert!(is_closed(&refused.expect_err("the loop is closed")));
}

#[cfg(target_os = "linux")]
pub fn proc11_children_leave_no_descriptor_behind<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        let mut child = start(&handle, sh("exit 0"));
        ended(&handle, &mut child).await;
        let before = descriptors();
        for _ in 0..10 {
            let mut child = start(&handle, sh("exit 0"));
            ended(&handle, &mut child).await;
            let mut dropped = start(&handle, sh("exit 0"));
            let _ = poll_once(wait(&mut dropped)).await;
        }
        assert!(until(&handle, || descriptors() <= before).await, "{} of {before}", descriptors());
    });
}

#[cfg(target_os = "linux")]
pub fn proc12_waiting_for_children_takes_no_thread<S: Subject>()
where
    HandleOf<S>: Process,
{
    run::<S, _>(|handle| async move {
        // What the loop starts at its first wait is not the children's.
        let mut child = start(&handle, sh("exit 0"));
        ended(&handle, &mut child).await;
        let before = threads();
        let mut children: Vec<_> = (0..20).map(|_| start(&handle, waits())).collect();
        for child in &mut children {
            assert!(poll_once(wait(child)).await.is_none());
        }
        handle.sleep(SHORT).await;
        // The test itself may start one.
        assert!(threads() < before + children.len() / 2, "{} threads, {before} before", threads());
        for child in &mut children {
            child.start_kill().expect("to kill it");
            ended(&handle, child).await;
        }
    });
}

pub fn proc13_who_listens_to_sigchld_is_told_too<S: Subject>()
where
    HandleOf<S>: Process + Signals,
{
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::child()).expect("to listen");
        let mut child = start(&handle, sh("exit 6"));
        let told = within(&handle, LONG, poll_fn(|cx| listener.poll_recv(cx))).await;
        assert_eq!(told, Some(Some(())));
        assert_eq!(ended(&handle, &mut child).await.code(), Some(6));
    });
}
