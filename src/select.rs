//! The first of several futures: `select!`.

/// Waits for the first of several futures whose output matches its pattern, drops the others, and
/// goes on with that branch.
///
/// As tokio's: branches are `pattern = future => handler`, with `, if condition` before the arrow
/// to leave a branch out, and `else => handler` for when no branch is left. `?`, `break` and
/// `return` in a handler mean what they mean around it. At most 64 branches.
///
/// All conditions are asked first; the future of a branch that is left out is not even made.
/// Futures are polled in the order written, where tokio's begins with one at random, so a branch
/// that is always ready starves those below it. A loop that simulates a world may begin elsewhere,
/// unless the first word is `biased;`. If the task's budget is used up, no branch is polled before
/// others have had their turn.
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
#[macro_export]
macro_rules! select {
    () => { ::std::compile_error!("select! needs a branch: `pattern = future => handler`, or `else => handler`") };
    ($(biased;)? else => $handler:expr $(,)?) => {{ $handler }};
    (biased; $($branches:tt)+) => {
        $crate::__select! { [$crate::__private::first_written] $($branches)+ }
    };
    ($($branches:tt)+) => {
        $crate::__select! { [$crate::__private::first_branch] $($branches)+ }
    };
}

/// Takes the branches apart, one at a time, and gives each a name.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    ([$first:path] $($branches:tt)+) => {
        $crate::__select! {
            @ [$first] []
            [
                __A0 __A1 __A2 __A3 __A4 __A5 __A6 __A7 __B0 __B1 __B2 __B3 __B4 __B5 __B6
                __B7 __C0 __C1 __C2 __C3 __C4 __C5 __C6 __C7 __D0 __D1 __D2 __D3 __D4 __D5
                __D6 __D7 __E0 __E1 __E2 __E3 __E4 __E5 __E6 __E7 __F0 __F1 __F2 __F3 __F4
                __F5 __F6 __F7 __G0 __G1 __G2 __G3 __G4 __G5 __G6 __G7 __H0 __H1 __H2 __H3
                __H4 __H5 __H6 __H7
            ]
            $($branches)+
        }
    };
    // Nothing is left, or only `else`.
    (@ $first:tt [$($done:tt)*] $names:tt) => {
        $crate::__select_run! {
            $first [$($done)*]
            { panic!("all branches of select! are disabled, and there is no else: add `else => ...`") }
        }
    };
    (@ $first:tt [$($done:tt)*] $names:tt else => $handler:expr $(,)?) => {
        $crate::__select_run! { $first [$($done)*] { $handler } }
    };
    (@ $first:tt $done:tt [] $($branches:tt)+) => {
        ::std::compile_error!("select! takes at most 64 branches")
    };
    // With a condition.
    (@ $first:tt [$($done:tt)*] [$name:ident $($names:ident)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:block, $($rest:tt)*) => {
        $crate::__select! {
            @ $first [$($done)* ($name ($pattern) ($future) ($condition) ($handler))] [$($names)*] $($rest)*
        }
    };
    (@ $first:tt [$($done:tt)*] [$name:ident $($names:ident)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:block $($rest:tt)*) => {
        $crate::__select! {
            @ $first [$($done)* ($name ($pattern) ($future) ($condition) ($handler))] [$($names)*] $($rest)*
        }
    };
    (@ $first:tt [$($done:tt)*] [$name:ident $($names:ident)*]
        $pattern:pat = $future:expr, if $condition:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::__select! {
            @ $first [$($done)* ($name ($pattern) ($future) ($condition) ($handler))] [$($names)*] $($($rest)*)?
        }
    };
    // Without.
    (@ $first:tt [$($done:tt)*] [$name:ident $($names:ident)*]
        $pattern:pat = $future:expr => $handler:block, $($rest:tt)*) => {
        $crate::__select! {
            @ $first [$($done)* ($name ($pattern) ($future) () ($handler))] [$($names)*] $($rest)*
        }
    };
    (@ $first:tt [$($done:tt)*] [$name:ident $($names:ident)*]
        $pattern:pat = $future:expr => $handler:block $($rest:tt)*) => {
        $crate::__select! {
            @ $first [$($done)* ($name ($pattern) ($future) () ($handler))] [$($names)*] $($rest)*
        }
    };
    (@ $first:tt [$($done:tt)*] [$name:ident $($names:ident)*]
        $pattern:pat = $future:expr => $handler:expr $(, $($rest:tt)*)?) => {
        $crate::__select! {
            @ $first [$($done)* ($name ($pattern) ($future) () ($handler))] [$($names)*] $($($rest)*)?
        }
    };
}

/// Polls the branches, and runs the handler of the one that is done after the futures are dropped.
#[doc(hidden)]
#[macro_export]
macro_rules! __select_run {
    ([$first:path] [$(($name:ident ($pattern:pat) ($future:expr) ($($condition:expr)?) ($handler:expr)))+] { $otherwise:expr }) => {{
        #[allow(non_camel_case_types)]
        enum __Selected<$($name),+> {
            $($name($name),)+
            Else,
        }
        #[allow(unused_mut)]
        let mut done = {
            $($(
                #[allow(non_snake_case)]
                let $name: bool = $condition;
            )?)+
            $(
                #[allow(non_snake_case)]
                let $name = $crate::__select_if!($name ($($condition)?) $future);
                #[allow(non_snake_case)]
                let mut $name = ::std::pin::pin!($name.map(::std::future::IntoFuture::into_future));
            )+
            // An output may be of a type that has no values.
            #[allow(unreachable_code, unused_variables, irrefutable_let_patterns)]
            let first_done = ::std::future::poll_fn(|cx| {
                if $crate::__private::poll_budget(cx).is_pending() {
                    return ::std::task::Poll::Pending;
                }
                let mut waiting = false;
                $crate::__from_first! { $first([$(::std::stringify!($name)),+].len()), $(
                    if let ::std::option::Option::Some(future) = $name.as_mut().as_pin_mut() {
                        match ::std::future::Future::poll(future, cx) {
                            ::std::task::Poll::Ready(output) => {
                                if let $crate::__private::without_modifiers!($pattern) = &output {
                                    return ::std::task::Poll::Ready(__Selected::$name(output));
                                }
                                $name.set(::std::option::Option::None);
                            }
                            ::std::task::Poll::Pending => waiting = true,
                        }
                    };
                )+ }
                if waiting { ::std::task::Poll::Pending } else { ::std::task::Poll::Ready(__Selected::Else) }
            });
            first_done.await
        };
        match done {
            $(__Selected::$name($pattern) => $handler,)+
            __Selected::Else => $otherwise,
            _ => ::std::unreachable!("it matched when it was polled"),
        }
    }};
}

/// A branch's future, if its condition holds. Without a condition it is always moved from where it
/// was, so that what it borrows is free again after `select!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __select_if {
    // Braces let the temporaries of the expression live as long as its value.
    ($holds:ident () $future:expr) => {
        ::std::option::Option::Some { 0: $future }
    };
    ($holds:ident ($condition:expr) $future:expr) => {
        if $holds { ::std::option::Option::Some { 0: $future } } else { ::std::option::Option::None }
    };
}
