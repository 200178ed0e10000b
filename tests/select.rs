//! `select!` in the ways that programs write it.
#![cfg(all(feature = "macros", feature = "sync"))]

use std::future::{pending, ready};

use anyloop::sync::{mpsc, oneshot};
use futures_lite::future::block_on;

#[test]
fn the_first_that_is_done_wins_and_the_others_are_dropped() {
    block_on(async {
        let (sender, receiver) = oneshot::channel::<u8>();
        let n = anyloop::select! {
            _ = receiver => 1,
            n = ready(2) => n,
        };
        assert_eq!(n, 2);
        assert!(sender.is_closed());
    });
}

#[test]
fn patterns_that_do_not_match_leave_their_branch_out() {
    block_on(async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        sender.send(String::from("a")).unwrap();
        drop(sender);
        let mut seen = String::new();
        loop {
            anyloop::select! {
                biased;
                Some(mut text) = receiver.recv() => {
                    text.push('!');
                    seen += &text;
                }
                else => break,
            }
        }
        assert_eq!(seen, "a!");
    });
}

#[test]
fn conditions_are_asked_before_the_future_is_made() {
    block_on(async {
        let mut sleep = None::<std::future::Ready<u8>>;
        let n = anyloop::select! {
            n = sleep.take().unwrap(), if sleep.is_some() => n,
            Ok::<u8, ()>(n) = ready(Ok(3)) => { n }
            _ = pending::<()>() => unreachable!(),
        };
        assert_eq!(n, 3);
    });
}

#[test]
fn handlers_can_use_what_the_futures_borrowed_and_leave_the_function() {
    async fn run() -> Result<u8, &'static str> {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.send(1).await.map_err(|_| "closed")?;
        anyloop::select! {
            n = receiver.recv() => {
                receiver.close();
                let n = n.ok_or("none")?;
                return Ok(n);
            }
            _ = pending::<()>() => {}
        }
        Err("no branch")
    }
    assert_eq!(block_on(run()), Ok(1));
}

#[test]
#[should_panic(expected = "add `else")]
fn without_else_nothing_left_is_a_panic() {
    block_on(async {
        anyloop::select! {
            Some(()) = ready(None) => {}
        }
    });
}

#[test]
fn joins_wait_for_all() {
    block_on(async {
        let (sender, receiver) = oneshot::channel();
        let (received, sent) = anyloop::join!(receiver, async move { sender.send(1) });
        assert_eq!((received, sent), (Ok(1), Ok(())));
        let failed: Result<((), ()), u8> = anyloop::try_join!(pending::<Result<(), u8>>(), ready(Err(9)));
        assert_eq!(failed, Err(9));
    });
}
