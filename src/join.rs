//! Several futures in one task, all of them waited for: `join!`, `try_join!`.

/// Waits for all futures, in one task and at the same time, and gives their outputs as a tuple; of
/// no futures that is `()`.
///
/// Each time any of them wakes the task, all that are not done are polled, beginning with another
/// one than the time before, so that one that uses up the task's budget starves no other. After
/// `biased;` they are polled in the order written, always. Cancel safe if all of them are.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let (a, b) = anyloop::join!(async { 1 }, async { "two" });
/// assert_eq!((a, b), (1, "two"));
/// let (a, b) = anyloop::join!(biased; async { 1 }, async { "two" });
/// assert_eq!((a, b), (1, "two"));
/// # });
/// ```
#[macro_export]
macro_rules! join {
    ($(biased;)?) => { async {}.await };
    (biased; $($future:expr),+ $(,)?) => { $crate::__join! { Written [$($future,)+] [] } };
    ($($future:expr),+ $(,)?) => { $crate::__join! { Rotating [$($future,)+] [] } };
}

/// Waits for all futures, in one task and at the same time, for as long as they give `Ok`; the
/// first `Err` is given at once, and the others are dropped. Of no futures that is `Ok(())`.
///
/// They are polled as [`join!`](crate::join) does, with `biased;` in the order written. Cancel safe
/// if all of them are.
///
/// ```
/// # futures_lite::future::block_on(async {
/// async fn fails() -> Result<u8, &'static str> { Err("no") }
/// assert_eq!(anyloop::try_join!(async { Ok::<_, &str>(1) }, fails()), Err("no"));
/// assert_eq!(anyloop::try_join!(async { Ok::<_, &str>(1) }, async { Ok(2) }), Ok((1, 2)));
/// # });
/// ```
#[macro_export]
macro_rules! try_join {
    ($(biased;)?) => { async { ::std::result::Result::Ok(()) }.await };
    (biased; $($future:expr),+ $(,)?) => { $crate::__try_join! { Written [$($future,)+] [] } };
    ($($future:expr),+ $(,)?) => { $crate::__try_join! { Rotating [$($future,)+] [] } };
}

/// Pins one future after another, each by the name `joined`, which hygiene keeps apart from those
/// of the other rounds and from the caller's names. A `let` of its own lets the temporaries of a
/// future's expression live as long as the future.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    ($order:ident [$future:expr, $($rest:tt)*] [$($done:ident)*]) => {{
        let joined = $future;
        let joined = ::std::pin::pin!(::std::future::IntoFuture::into_future(joined));
        let mut joined = $crate::__private::Joined::new(joined);
        $crate::__join! { $order [$($rest)*] [$($done)* joined] }
    }};
    ($order:ident [] [$($joined:ident)+]) => {{
        let mut order = $crate::__private::$order::default();
        // An output may be of a type that has no values.
        #[allow(unreachable_code)]
        let all = ::std::future::poll_fn(move |cx| {
            let mut done = true;
            $crate::__from_first! { order.first([$(::std::stringify!($joined)),+].len()), $(
                done &= $joined.poll(cx);
            )+ }
            if done {
                ::std::task::Poll::Ready(($($joined.take(),)+))
            } else {
                ::std::task::Poll::Pending
            }
        });
        all.await
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __try_join {
    ($order:ident [$future:expr, $($rest:tt)*] [$($done:ident)*]) => {{
        let joined = $future;
        let joined = ::std::pin::pin!(::std::future::IntoFuture::into_future(joined));
        let mut joined = $crate::__private::Joined::new(joined);
        $crate::__try_join! { $order [$($rest)*] [$($done)* joined] }
    }};
    ($order:ident [] [$($joined:ident)+]) => {{
        let mut order = $crate::__private::$order::default();
        #[allow(unreachable_code)]
        let all = ::std::future::poll_fn(move |cx| {
            let mut done = true;
            $crate::__from_first! { order.first([$(::std::stringify!($joined)),+].len()), $(
                {
                    done &= $joined.poll(cx);
                    if let ::std::option::Option::Some(error) = $joined.take_error() {
                        return ::std::task::Poll::Ready(::std::result::Result::Err(error));
                    }
                };
            )+ }
            if done {
                ::std::task::Poll::Ready(::std::result::Result::Ok(($($joined.take_ok(),)+)))
            } else {
                ::std::task::Poll::Pending
            }
        });
        all.await
    }};
}

/// Runs each of the steps once, beginning with the one whose number is given. With a constant 0
/// nothing of the counting is left.
#[doc(hidden)]
#[macro_export]
macro_rules! __from_first {
    ($first:expr, $($step:expr;)+) => {
        let first: usize = $first;
        // Whether this is the second round, for the steps before the first.
        let mut again = false;
        loop {
            let mut number = 0;
            $(
                if (number < first) == again {
                    $step;
                }
                number += 1;
            )+
            if again || first == 0 || number == 0 {
                break;
            }
            again = true;
        }
    };
}
