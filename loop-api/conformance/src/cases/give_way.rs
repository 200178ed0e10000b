//! TSK11 to TSK16, where what is polled is always ready: it must let timers and others in.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_lite::future::or;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use loop_api::Handle;
use loop_api::net::{Net, UdpOptions, UdpSocket};
use loop_api::task::{Task, TaskGroup, as_completed, join_all, wait};

use crate::support::{LONG, SHORT, connected, loopback, run, within};
use crate::{HandleOf, Subject};

type Busy = Pin<Box<dyn Future<Output = Infallible> + Send>>;

/// Sends datagrams to itself forever.
async fn busy_udp<H: Net>(handle: H) -> Infallible {
    let socket = handle.bind_udp(loopback(), &UdpOptions::default()).expect("a port");
    let addr = socket.local_addr().expect("its address");
    loop {
        socket.send_to(b"x", addr).await.expect("to be sent");
        socket.recv(&mut [0; 8]).await.expect("what was sent");
    }
}

/// Writes to itself forever.
async fn busy_tcp<H: Net>(handle: H) -> Infallible {
    let (mut one, mut other) = connected(&handle).await;
    loop {
        one.write_all(b"x").await.expect("to be written");
        other.read_exact(&mut [0]).await.expect("what was written");
    }
}

/// Reads at the end of a stream forever.
async fn busy_at_the_end<H: Net>(handle: H) -> Infallible {
    let (mut one, other) = connected(&handle).await;
    drop(other);
    loop {
        assert_eq!(one.read(&mut [0; 8]).await.expect("the end"), 0);
    }
}

fn busy<H: Net>(handle: &H) -> [Busy; 3] {
    [
        Box::pin(busy_udp(handle.clone())),
        Box::pin(busy_tcp(handle.clone())),
        Box::pin(busy_at_the_end(handle.clone())),
    ]
}

pub fn tsk16_timeout_ends_what_is_always_ready<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        for busy in busy(&handle) {
            assert!(handle.timeout(SHORT, busy).await.is_err());
        }
        // In a task, too.
        for busy in busy(&handle) {
            let limited = handle.timeout(SHORT, busy);
            assert!(handle.spawn(limited).await.expect("the task's end").is_err());
        }
    });
}

pub fn tsk16_a_sleep_ends_beside_what_is_always_ready<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        for busy in busy(&handle) {
            let sleep = async {
                handle.sleep(SHORT).await;
                None
            };
            assert!(or(async { Some(busy.await) }, sleep).await.is_none());
        }
        let started = handle.now();
        let tasks = busy(&handle).map(|busy| handle.spawn(busy));
        for _ in 0..20 {
            handle.sleep(Duration::from_millis(5)).await;
        }
        // Two tenths of a second; a loop that lets a busy task go on for thousands of transfers
        // takes a minute.
        assert!(handle.now() - started < LONG, "20 sleeps took {:?}", handle.now() - started);
        tasks.iter().for_each(Task::abort);
    });
}

pub fn tsk16_sleeps_that_are_over_at_once_give_way<S: Subject>() {
    run::<S, _>(|handle| async move {
        let sleeper = handle.clone();
        let row: Busy = Box::pin(async move {
            loop {
                sleeper.sleep(Duration::ZERO).await;
            }
        });
        assert!(handle.timeout(SHORT, row).await.is_err());
    });
}

pub fn tsk15_many_that_are_always_ready_let_a_sleep_end<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let many = || busy(&handle).into_iter().chain(busy(&handle));
        assert!(handle.timeout(SHORT, join_all(many())).await.is_err());
        let mut completed = as_completed(many());
        assert!(handle.timeout(SHORT, completed.next()).await.is_err());
        let waited = wait(many()).within(handle.sleep(SHORT)).await;
        assert_eq!((waited.done.len(), waited.pending.len()), (0, 6));
    });
}

/// More than any loop's budget for one poll.
const MANY: usize = 1000;

async fn ended<H: Handle>(handle: &H) -> Vec<H::Task<usize>> {
    let tasks: Vec<_> = (0..MANY).map(|n| handle.spawn(async move { n })).collect();
    while !tasks.iter().all(Task::is_finished) {
        handle.sleep(Duration::from_millis(1)).await;
    }
    tasks
}

pub fn tsk11_join_all_takes_any_number_of_ended_tasks<S: Subject>() {
    run::<S, _>(|handle| async move {
        let tasks = ended(&handle).await;
        let outputs = within(&handle, LONG, join_all(tasks)).await.expect("all of them");
        assert!(outputs.into_iter().map(Result::ok).eq((0..MANY).map(Some)));
    });
}

pub fn tsk14_the_first_of_many_ended_tasks_comes_with_all_of_them<S: Subject>() {
    run::<S, _>(|handle| async move {
        let tasks = ended(&handle).await;
        let waited = within(&handle, LONG, wait(tasks).first_completed()).await.expect("all of them");
        assert_eq!((waited.done.len(), waited.pending.len()), (MANY, 0));
    });
}

pub fn tsk15_as_completed_gives_any_number_of_ended_tasks<S: Subject>() {
    run::<S, _>(|handle| async move {
        let mut completed = as_completed(ended(&handle).await);
        let all = async {
            let mut seen = [false; MANY];
            while let Some((index, output)) = completed.next().await {
                assert_eq!(output.ok(), Some(index));
                seen[index] = true;
            }
            seen
        };
        assert_eq!(within(&handle, LONG, all).await.expect("all of them"), [true; MANY]);
    });
}

pub fn tsk21_a_group_gives_any_number_of_ended_tasks<S: Subject>() {
    run::<S, _>(|handle| async move {
        let scope = TaskGroup::<_, usize, Infallible>::scope(&handle, |group| {
            let handle = handle.clone();
            async move {
                for n in 0..MANY {
                    group.spawn(async move { Ok(n) }).expect("the group is open");
                }
                handle.sleep(SHORT).await;
            }
        });
        let ((), outputs) = within(&handle, LONG, scope).await.expect("the end").expect("no error");
        assert!(outputs.into_iter().eq(0..MANY));
    });
}

/// On worker threads a task can add another before the call that spawned it has returned.
pub fn tsk21_outputs_are_in_the_order_of_spawning<S: Subject>() {
    run::<S, _>(|handle| async move {
        for _ in 0..MANY {
            let scope = TaskGroup::<_, u8, Infallible>::scope(&handle, |group| async move {
                let own = group.clone();
                let first = async move {
                    own.spawn(async { Ok(2) }).expect("the group is open");
                    Ok(1)
                };
                group.spawn(first).expect("the group is open");
            });
            assert_eq!(scope.await.expect("no error").1, [1, 2]);
        }
    });
}
