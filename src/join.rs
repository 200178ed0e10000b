//! Several futures in one task: `join!`, `try_join!`, `select!`, `pin!`.

/// Waits for all futures, in one task and at the same time, and gives their outputs as a tuple. At
/// most 16 futures; they are polled in the order written, each time any of them is woken. Cancel
/// safe if all of them are.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let (a, b) = anyloop::join!(async { 1 }, async { "two" });
/// assert_eq!((a, b), (1, "two"));
/// # });
/// ```
#[macro_export]
macro_rules! join {
    ($($future:expr),+ $(,)?) => {
        $crate::__join! { [$($future,)+] [] [a b c d e f g h i j k l m n o p] }
    };
}

/// Waits for all futures, in one task and at the same time, for as long as they give `Ok`; the
/// first `Err` is given at once, and the others are dropped. At most 16 futures. Cancel safe if all
/// of them are.
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
    ($($future:expr),+ $(,)?) => {
        $crate::__try_join! { [$($future,)+] [] [a b c d e f g h i j k l m n o p] }
    };
}

/// Gives each future a name from the list, which hygiene keeps apart from the caller's.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    ([$future:expr, $($rest:tt)*] [$($done:tt)*] [$name:ident $($names:ident)*]) => {
        $crate::__join! { [$($rest)*] [$($done)* ($name $future)] [$($names)*] }
    };
    ([] [$(($name:ident $future:expr))+] $names:tt) => {{
        $(
            let $name = ::std::pin::pin!(::std::future::IntoFuture::into_future($future));
            let mut $name = $crate::__private::Joined::new($name);
        )+
        ::std::future::poll_fn(move |cx| {
            let mut done = true;
            $(done &= $name.poll(cx);)+
            if done {
                ::std::task::Poll::Ready(($($name.take(),)+))
            } else {
                ::std::task::Poll::Pending
            }
        })
        .await
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __try_join {
    ([$future:expr, $($rest:tt)*] [$($done:tt)*] [$name:ident $($names:ident)*]) => {
        $crate::__try_join! { [$($rest)*] [$($done)* ($name $future)] [$($names)*] }
    };
    ([] [$(($name:ident $future:expr))+] $names:tt) => {{
        $(
            let $name = ::std::pin::pin!(::std::future::IntoFuture::into_future($future));
            let mut $name = $crate::__private::Joined::new($name);
        )+
        ::std::future::poll_fn(move |cx| {
            let mut done = true;
            $(
                done &= $name.poll(cx);
                if let ::std::option::Option::Some(error) = $name.take_error() {
                    return ::std::task::Poll::Ready(::std::result::Result::Err(error));
                }
            )+
            if done {
                ::std::task::Poll::Ready(::std::result::Result::Ok(($($name.take_ok(),)+)))
            } else {
                ::std::task::Poll::Pending
            }
        })
        .await
    }};
}

/// Waits for the first of several futures whose output matches its pattern, drops the others, and
/// goes on with that branch.
///
/// As tokio's: branches are `pattern = future => handler`, with `, if condition` before the arrow
/// to leave a branch out, and `else => handler` for when no branch is left. Futures are polled in
/// the order written (tokio's `biased;` is accepted and changes nothing), so a branch that is
/// always ready starves those below it. `?`, `break` and `return` in a handler mean what they mean
/// around it. At most eight branches.
///
/// The futures of the other branches are dropped: what is not cancel safe is given as `&mut
/// future`, made outside the loop.
///
/// # Panics
///
/// If no branch is left and there is no `else`.
///
/// ```
/// # #[cfg(feature = "sync")]
/// # futures_lite::future::block_on(async {
/// use anyloop::sync::mpsc;
///
/// let (sender, mut numbers) = mpsc::channel(1);
/// let mut never = std::pin::pin!(std::future::pending::<()>());
/// sender.send(1).await.unwrap();
/// drop(sender);
/// let mut seen = Vec::new();
/// loop {
///     anyloop::select! {
///         Some(n) = numbers.recv() => seen.push(n),
///         _ = &mut never, if seen.is_empty() => unreachable!(),
///         else => break,
///     }
/// }
/// assert_eq!(seen, [1]);
/// # });
/// ```
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! select {
    (biased; $($branches:tt)+) => {
        $crate::__select! { [] [__A __B __C __D __E __F __G __H] $($branches)+ }
    };
    ($($branches:tt)+) => {
        $crate::__select! { [] [__A __B __C __D __E __F __G __H] $($branches)+ }
    };
}

/// Takes the branches apart, one at a time, and gives each a name.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    // Nothing is left, or only `else`.
    ([$($done:tt)*] $names:tt) => {
        $crate::__select_run! {
            [$($done)*] { panic!("all branches of select! are disabled, and there is no else: add `else => ...`") }
        }
    };
    ([$($done:tt)*] $names:tt else => $handler:expr $(,)?) => {
        $crate::__select_run! { [$($done)*] { $handler } }
    };
    // With a condition.
    ([$($done:tt)*] [$name:ident $($names:ident)*] $pattern:pat = $future:expr, if $condition:expr => $handler:block, $($rest:tt)*) => {
        $crate::__select! { [$($done)* ($name ($pattern) ($future) ($condition) ($handler))] [$($names)*] $($rest)* }
    };
    ([$($done:tt)*] [$name:ident $($names:ident)*] $pattern:pat = $future:expr, if $condition:expr => $handler:block $($rest:tt)*) => {
        $crate::__select! { [$($done)* ($name ($pattern) ($future) ($condition) ($handler))] [$($names)*] $($rest)* }
    };
    ([$($done:tt)*] [$name:ident $($names:ident)*] $pattern:pat = $future:expr, if $condition:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::__select! { [$($done)* ($name ($pattern) ($future) ($condition) ($handler))] [$($names)*] $($($rest)*)? }
    };
    // Without.
    ([$($done:tt)*] [$name:ident $($names:ident)*] $pattern:pat = $future:expr => $handler:block, $($rest:tt)*) => {
        $crate::__select! { [$($done)* ($name ($pattern) ($future) (true) ($handler))] [$($names)*] $($rest)* }
    };
    ([$($done:tt)*] [$name:ident $($names:ident)*] $pattern:pat = $future:expr => $handler:block $($rest:tt)*) => {
        $crate::__select! { [$($done)* ($name ($pattern) ($future) (true) ($handler))] [$($names)*] $($rest)* }
    };
    ([$($done:tt)*] [$name:ident $($names:ident)*] $pattern:pat = $future:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::__select! { [$($done)* ($name ($pattern) ($future) (true) ($handler))] [$($names)*] $($($rest)*)? }
    };
}

/// Polls the branches, and runs the handler of the one that is done after the futures are dropped.
#[doc(hidden)]
#[macro_export]
macro_rules! __select_run {
    ([$(($name:ident ($pattern:pat) ($future:expr) ($condition:expr) ($handler:expr)))+] { $otherwise:expr }) => {{
        #[allow(non_camel_case_types)]
        enum __Selected<$($name),+> {
            $($name($name),)+
            Else,
        }
        let done = {
            // A condition says whether its future is even made.
            $(
                #[allow(non_snake_case)]
                let mut $name = ::std::pin::pin!(if $condition {
                    ::std::option::Option::Some(::std::future::IntoFuture::into_future($future))
                } else {
                    ::std::option::Option::None
                });
            )+
            ::std::future::poll_fn(|cx| {
                let mut waiting = false;
                $(
                    if let ::std::option::Option::Some(future) = $name.as_mut().as_pin_mut() {
                        match ::std::future::Future::poll(future, cx) {
                            ::std::task::Poll::Ready(output) => {
                                #[allow(unused_variables, irrefutable_let_patterns)]
                                if let $crate::__private::without_modifiers!($pattern) = &output {
                                    return ::std::task::Poll::Ready(__Selected::$name(output));
                                }
                                $name.set(::std::option::Option::None);
                            }
                            ::std::task::Poll::Pending => waiting = true,
                        }
                    }
                )+
                if waiting { ::std::task::Poll::Pending } else { ::std::task::Poll::Ready(__Selected::Else) }
            })
            .await
        };
        match done {
            $(
                __Selected::$name(output) => {
                    #[allow(irrefutable_let_patterns)]
                    let $pattern = output else { ::std::unreachable!("it matched when it was polled") };
                    $handler
                }
            )+
            __Selected::Else => $otherwise,
        }
    }};
}
