//! Macros that write one variant, or one branch, for each backend.
//!
//! The others of this folder stand with what they write: the I/O traits in `stream.rs`, methods in
//! `forward.rs`, conversions in `conversions.rs`.

use std::convert::Infallible;

/// Puts the first attribute on an item where several backends are compiled in, and else the second.
#[allow(unused_macros)]
macro_rules! if_several {
    (($yes:meta) else ($no:meta) $item:item) => {
        #[$no]
        $item
    };
}
// The condition "several backends", named here alone. What is defined later takes the earlier one's place.
#[cfg(any(
    all(feature = "native", any(feature = "tokio", feature = "smol", feature = "dyn")),
    all(feature = "tokio", any(feature = "smol", feature = "dyn")),
    all(feature = "smol", feature = "dyn")
))]
macro_rules! if_several {
    (($yes:meta) else ($no:meta) $item:item) => {
        #[$yes]
        $item
    };
}
pub(crate) use if_several;

/// Defines an enum over the backends: `any_enum!(Name = NameOf)`, where `NameOf<H>` is the type for the
/// backend whose handle is `H`. `any_enum!(Sleep = SleepOf)` becomes, with native and tokio compiled in,
///
/// ```ignore
/// pub(crate) enum Sleep {
///     Native(SleepOf<loop_native::NativeHandle>),
///     Tokio(SleepOf<loop_tokio::TokioHandle>),
///     Never(Infallible, PhantomData<()>),
/// }
/// ```
macro_rules! any_enum {
    ($name:ident = $of:ident) => {
        $crate::any::any_enum!(@ $name [] [()] $of [] []);
    };
    ($name:ident<$a:lifetime> = $of:ident) => {
        $crate::any::any_enum!(@ $name [<$a>] [&$a ()] $of [$a,] []);
    };
    // With the variants by name. A projection's bounds may ask for `'static`; then the compiler does not see that a future is `Send` that
    // holds the type across an await and has a lifetime in `T`, be it `'static`. `phantom` has the variants' auto traits.
    ($name:ident<$t:ident $(: $bound:path)?>, $phantom:ty; $native:path, $tokio:path, $smol:path, $erased:path) => {
        pub(crate) enum $name<$t $(: $bound)?> {
            #[cfg(feature = "native")]
            Native($native),
            #[cfg(feature = "tokio")]
            Tokio($tokio),
            #[cfg(feature = "smol")]
            Smol($smol),
            #[cfg(feature = "dyn")]
            Erased($erased),
            #[allow(dead_code)]
            Never(std::convert::Infallible, std::marker::PhantomData<$phantom>),
        }
    };
    (@ $name:ident [$($generics:tt)*] [$phantom:ty] $of:ident [$($before:tt)*] [$($after:tt)*]) => {
        pub(crate) enum $name $($generics)* {
            #[cfg(feature = "native")]
            Native($of<$($before)* loop_native::NativeHandle $($after)*>),
            #[cfg(feature = "tokio")]
            Tokio($of<$($before)* loop_tokio::TokioHandle $($after)*>),
            #[cfg(feature = "smol")]
            Smol($of<$($before)* loop_smol::SmolHandle $($after)*>),
            #[cfg(feature = "dyn")]
            Erased($of<$($before)* loop_erased::ErasedHandle $($after)*>),
            #[allow(dead_code)]
            Never(std::convert::Infallible, std::marker::PhantomData<$phantom>),
        }
    };
}
pub(crate) use any_enum;

/// Matches on an enum of this folder. `each!(Sleep; &self.inner, sleep => sleep.deadline())` becomes, with
/// native and tokio compiled in,
///
/// ```ignore
/// match &self.inner {
///     any::Sleep::Native(sleep) => sleep.deadline(),
///     any::Sleep::Tokio(sleep) => sleep.deadline(),
///     any::Sleep::Never(never, ..) => any::never(&never),
/// }
/// ```
///
/// Another example: `each!(TcpStream; &self.0, s => s.nodelay())`. After the enum's name may stand others, with
/// the name by which the body makes a value of theirs of the same backend: `each!(TcpListener => TcpStream as wrap; ...)`.
macro_rules! each {
    ($from:ident $(=> $($to:ident as $wrap:ident),+)?; $value:expr, $x:pat => $body:expr) => {
        match $value {
            #[cfg(feature = "native")]
            $crate::any::$from::Native($x) => { $($(let $wrap = $crate::any::$to::Native;)+)? $body }
            #[cfg(feature = "tokio")]
            $crate::any::$from::Tokio($x) => { $($(let $wrap = $crate::any::$to::Tokio;)+)? $body }
            #[cfg(feature = "smol")]
            $crate::any::$from::Smol($x) => { $($(let $wrap = $crate::any::$to::Smol;)+)? $body }
            #[cfg(feature = "dyn")]
            $crate::any::$from::Erased($x) => { $($(let $wrap = $crate::any::$to::Erased;)+)? $body }
            #[allow(unreachable_patterns)]
            $crate::any::$from::Never(never, ..) => $crate::any::never(&never),
        }
    };
}
pub(crate) use each;

/// Joins two values, if they are of the same backend:
/// `pair!((A as a, B as b) => C as c; (x, y) => body, (x, y) else => other)`.
macro_rules! pair {
    (($a:ident as $wrap_a:ident, $b:ident as $wrap_b:ident) => $to:ident as $wrap:ident;
     $values:expr, ($x:pat, $y:pat) => $body:expr, else $p:pat => $other:expr) => {
        match $values {
            #[cfg(feature = "native")]
            ($crate::any::$a::Native($x), $crate::any::$b::Native($y)) => {
                let ($wrap_a, $wrap_b) = ($crate::any::$a::Native, $crate::any::$b::Native);
                let $wrap = $crate::any::$to::Native;
                $body
            }
            #[cfg(feature = "tokio")]
            ($crate::any::$a::Tokio($x), $crate::any::$b::Tokio($y)) => {
                let ($wrap_a, $wrap_b) = ($crate::any::$a::Tokio, $crate::any::$b::Tokio);
                let $wrap = $crate::any::$to::Tokio;
                $body
            }
            #[cfg(feature = "smol")]
            ($crate::any::$a::Smol($x), $crate::any::$b::Smol($y)) => {
                let ($wrap_a, $wrap_b) = ($crate::any::$a::Smol, $crate::any::$b::Smol);
                let $wrap = $crate::any::$to::Smol;
                $body
            }
            #[cfg(feature = "dyn")]
            ($crate::any::$a::Erased($x), $crate::any::$b::Erased($y)) => {
                let ($wrap_a, $wrap_b) = ($crate::any::$a::Erased, $crate::any::$b::Erased);
                let $wrap = $crate::any::$to::Erased;
                $body
            }
            #[allow(unreachable_patterns)]
            $p => $other,
        }
    };
}
pub(crate) use pair;

/// Calls a function of the handle's type that takes a value of its backend: `back!(TcpStream, stream.0, tcp_stream_into_std)`.
macro_rules! back {
    ($from:ident, $value:expr, $function:ident) => {
        match $value {
            #[cfg(feature = "native")]
            $crate::any::$from::Native(inner) => loop_native::NativeHandle::$function(inner),
            #[cfg(feature = "tokio")]
            $crate::any::$from::Tokio(inner) => loop_tokio::TokioHandle::$function(inner),
            #[cfg(feature = "smol")]
            $crate::any::$from::Smol(inner) => loop_smol::SmolHandle::$function(inner),
            #[cfg(feature = "dyn")]
            $crate::any::$from::Erased(inner) => loop_erased::ErasedHandle::$function(inner),
            #[allow(unreachable_patterns)]
            $crate::any::$from::Never(never, ..) => $crate::any::never(&never),
        }
    };
}
pub(crate) use back;

/// What every public type over one of these enums has: how it is shown, and the auto traits that must not depend on what is compiled in.
macro_rules! opaque {
    ([$($generics:tt)*] $name:ty, $enum:ident) => {
        impl $($generics)* std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::any::each!($enum; &self.0, inner => std::fmt::Debug::fmt(inner, f))
            }
        }
        impl $($generics)* std::panic::UnwindSafe for $name {}
        impl $($generics)* std::panic::RefUnwindSafe for $name {}
    };
}
pub(crate) use opaque;

/// What the variant that has no value answers.
pub(crate) fn never(never: &Infallible) -> ! {
    match *never {}
}
