//! `select!` in the ways that programs write it.
#![cfg(all(feature = "macros", feature = "sync"))]
#![deny(warnings)]

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
fn what_a_named_future_borrowed_is_free_after_it() {
    block_on(async {
        let mut text = String::from("a");
        let long = async { text.push('b') };
        anyloop::select! {
            () = long => {}
            () = pending() => unreachable!(),
        }
        text.push('c');
        assert_eq!(text, "abc");
    });
}

#[test]
fn else_may_stand_alone() {
    block_on(async {
        assert_eq!(anyloop::select! { else => 1 }, 1);
        assert_eq!(anyloop::select! { biased; else => 1, }, 1);
    });
}

#[test]
fn values_are_bound_in_every_way() {
    block_on(async {
        anyloop::select! {
            Some(mut n) = ready(Some(1)) => {
                n += 1;
                assert_eq!(n, 2);
            }
        }
        let text = anyloop::select! {
            (_, ref text) = ready((1, String::from("a"))) => text.len(),
        };
        assert_eq!(text, 1);
        anyloop::select! {
            Some(ref mut text) = ready(Some(String::from("a"))) => {
                text.push('b');
                assert_eq!(text, "ab");
            }
        }
        let n = anyloop::select! {
            1 | 2 = ready(3) => 0,
            n @ 3..=4 = ready(3) => n,
        };
        assert_eq!(n, 3);
        let n = anyloop::select! { &n = ready(&5) => n };
        assert_eq!(n, 5);
    });
}

#[test]
fn temporaries_live_until_the_branch_is_chosen() {
    block_on(async {
        anyloop::select! { () = &mut ready(()) => {} }
        anyloop::select! {
            biased;
            () = &mut ready(()), if false => unreachable!(),
            n = &mut ready(1), if true => assert_eq!(n, 1),
        }
    });
}

#[test]
fn conditions_are_asked_before_any_future_is_made() {
    block_on(async {
        let mut first = ready(1);
        let seen = |future: &std::future::Ready<u8>| format!("{future:?}").contains('1');
        let n = anyloop::select! {
            n = &mut first => n,
            n = ready(2), if seen(&first) => n,
        };
        assert_eq!(n, 1);
    });
}

#[test]
fn a_branch_may_never_end() {
    async fn never() -> ! {
        pending().await
    }
    block_on(async {
        let n = anyloop::select! {
            _ = never() => 0,
            n = ready(1) => n,
        };
        assert_eq!(n, 1);
        for _ in 0..2 {
            anyloop::select! {
                never = never() => never,
                _ = ready(()) => break,
            }
        }
    });
}

#[test]
fn commas_may_be_left_out_and_selects_nested() {
    block_on(async {
        let n = anyloop::select! {
            n = ready(1) => { n }
            n = pending() => { n },
            n = pending(), if n() == 1 => { n }
            n = pending::<u8>() => anyloop::select! {
                m = ready(1) => n + m
            }
        };
        assert_eq!(n, 1);
    });
    fn n() -> u8 {
        1
    }
}

#[test]
fn there_may_be_64_branches() {
    let chosen = block_on(async {
        anyloop::select! {
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            n = pending() => n,
            () = ready(()) => 63,
        }
    });
    assert_eq!(chosen, 63);
}

#[test]
fn what_was_not_chosen_can_be_used_in_the_handler() {
    block_on(async {
        let (first, mut one) = oneshot::channel();
        let (second, mut two) = oneshot::channel();
        first.send(1).unwrap();
        second.send(2).unwrap();
        let sum = anyloop::select! {
            n = &mut one => n.unwrap() + two.await.unwrap(),
            n = &mut two => n.unwrap() + one.await.unwrap(),
        };
        assert_eq!(sum, 3);
    });
}

#[test]
fn a_future_that_is_done_is_not_polled_again() {
    let mut polls = 0;
    let once = std::future::poll_fn(|_| {
        polls += 1;
        std::task::Poll::Ready(None::<()>)
    });
    block_on(async {
        anyloop::select! {
            Some(()) = once => unreachable!(),
            () = futures_lite::future::yield_now() => {}
        }
    });
    assert_eq!(polls, 1);
}
