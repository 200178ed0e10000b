//! `join!`, `try_join!` and `pin!` in the ways that programs write them.
#![deny(warnings)]

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, IntoFuture, Ready, pending, poll_fn, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_lite::future::block_on;

#[test]
fn any_number_is_waited_for() {
    block_on(async {
        let none: () = anyloop::join!();
        let still_none: () = anyloop::join!(biased;);
        assert_eq!((none, still_none), ((), ()));
        assert_eq!(anyloop::join!(ready(1)), (1,));
        assert_eq!(anyloop::join!(biased; ready(1), ready("a"),), (1, "a"));
        let many = anyloop::join!(
            ready(0),
            ready(1),
            ready(2),
            ready(3),
            ready(4),
            ready(5),
            ready(6),
            ready(7),
            ready(8),
            ready(9),
            ready(10),
            ready(11),
            ready(12),
            ready(13),
            ready(14),
            ready(15),
            ready(16),
            ready(17),
            ready(18),
            ready(19),
            ready(20),
            ready(21),
            ready(22),
            ready(23),
            ready(24),
            ready(25),
            ready(26),
            ready(27),
            ready(28),
            ready(29),
            ready(30),
            ready(31),
            ready(32),
            ready(33),
            ready(34),
            ready(35),
            ready(36),
            ready(37),
            ready(38),
            ready(39),
            ready(40),
            ready(41),
            ready(42),
            ready(43),
            ready(44),
            ready(45),
            ready(46),
            ready(47),
            ready(48),
            ready(49),
            ready(50),
            ready(51),
            ready(52),
            ready(53),
            ready(54),
            ready(55),
            ready(56),
            ready(57),
            ready(58),
            ready(59),
            ready(60),
            ready(61),
            ready(62),
            ready(63),
            ready(64),
            ready(65),
            ready(66),
            ready(67),
            ready(68),
            ready(69),
        );
        assert_eq!((many.0, many.69), (0, 69));
    });
}

#[test]
fn any_number_may_fail() {
    block_on(async {
        assert_eq!(anyloop::try_join!(), Ok::<(), u8>(()));
        assert_eq!(anyloop::try_join!(biased;), Ok::<(), u8>(()));
        assert_eq!(anyloop::try_join!(ready(Ok::<_, u8>(1)),), Ok((1,)));
        let failed = anyloop::try_join!(biased; ready(Ok::<_, u8>(1)), ready(Err::<(), _>(9)), pending::<Result<(), _>>());
        assert_eq!(failed, Err(9));
    });
}

/// A future that writes its number down each time it is polled, and is done at the third.
async fn noting(number: u8, order: &RefCell<Vec<u8>>) {
    let mut polls = 0;
    poll_fn(|cx| {
        order.borrow_mut().push(number);
        polls += 1;
        if polls == 3 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn each_poll_begins_with_another_future_unless_biased() {
    block_on(async {
        let order = RefCell::default();
        anyloop::join!(noting(1, &order), noting(2, &order), noting(3, &order));
        assert_eq!(order.take(), [1, 2, 3, 2, 3, 1, 3, 1, 2]);
        anyloop::join!(biased; noting(1, &order), noting(2, &order), noting(3, &order));
        assert_eq!(order.take(), [1, 2, 3, 1, 2, 3, 1, 2, 3]);
    });
}

#[test]
fn temporaries_and_what_becomes_a_future_are_joined() {
    struct Later;
    impl IntoFuture for Later {
        type Output = u8;
        type IntoFuture = Ready<u8>;
        fn into_future(self) -> Ready<u8> {
            ready(2)
        }
    }
    block_on(async {
        assert_eq!(anyloop::join!(&mut ready(1), Later), (1, 2));
        assert_eq!(anyloop::try_join!(&mut ready(Ok::<u8, ()>(1))), Ok((1,)));
    });
}

#[test]
fn outputs_that_have_no_values_warn_of_nothing() {
    let mut cx = Context::from_waker(Waker::noop());
    let joined = pin!(async { anyloop::join!(pending::<Infallible>(), ready(1)) });
    assert!(joined.poll(&mut cx).is_pending());
    let joined =
        pin!(async { anyloop::try_join!(biased; pending::<Result<Infallible, ()>>(), ready(Ok(1))) });
    assert!(joined.poll(&mut cx).is_pending());
}

#[test]
fn names_of_the_caller_stay_the_callers() {
    block_on(async {
        let (joined, order, first) = (ready(1), 2, 3);
        assert_eq!(anyloop::join!(joined, async { order }, async { first }), (1, 2, 3));
    });
}

#[test]
fn variables_are_pinned_where_they_stand() {
    block_on(async {
        let (one, two) = (async { 1 }, async { 2 });
        anyloop::pin!(one, two);
        anyloop::pin! {
            let three = async { 3 };
            let four = async { 4 };
        }
        let five = anyloop::pin!(async { 5 });
        let sum = (&mut one).await + (&mut two).await + (&mut three).await + four.await + five.await;
        assert_eq!(sum, 15);
        let unmoved = async {};
        anyloop::pin!(unmoved);
        unmoved.await;
    });
}
