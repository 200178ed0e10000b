//! Children where the system gives no pidfd: the loop waits by SIGCHLD. A process of its own, as it
//! is the whole process that does without.
#![cfg(all(unix, feature = "process"))]

use std::future::poll_fn;
use std::process::{Command, Stdio};

use futures_lite::future::poll_once;
use loop_api::process::{Child, Process};
use loop_api::{EventLoop, Handle};
use loop_native::NativeLoop;

#[test]
fn children_are_waited_for_without_pidfds() {
    loop_toolkit::process::without_pidfd();
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let mut tasks = Vec::new();
        for code in 0..50 {
            let mut child = handle
                .spawn_child(|| Command::new("sh").args(["-c", &format!("exit {code}")]).spawn())
                .unwrap();
            tasks.push(handle.spawn(async move { poll_fn(|cx| child.poll_wait(cx)).await }));
        }
        for (code, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap().unwrap().code(), Some(code as i32));
        }

        // One that is waited for before it ends, and one that is dropped.
        let start = || Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut child = handle.spawn_child(start).unwrap();
        let mut wait = Box::pin(poll_fn(|cx| child.poll_wait(cx)));
        assert!(poll_once(&mut wait).await.is_none());
        drop(wait);
        child.start_kill().unwrap();
        assert!(!poll_fn(|cx| child.poll_wait(cx)).await.unwrap().success());

        let mut dropped = handle.spawn_child(start).unwrap();
        let id = dropped.id().to_string();
        dropped.start_kill().unwrap();
        drop(dropped);
        let exists =
            || Command::new("kill").args(["-0", &id]).stderr(Stdio::null()).status().unwrap().success();
        for _ in 0..1000 {
            if !exists() {
                return;
            }
            handle.sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("a zombie is left");
    });
}
