//! By these `#[anyloop::test]`, which cannot see this crate's features, writes a test for each backend compiled in.

/// A macro that gives its tokens back where the condition holds, and nothing elsewhere:
/// `cfg_macro!($ __if_tokio, feature = "tokio")` makes `__if_tokio! { .. }`.
// `$d` is a dollar sign: a macro that writes a macro has no other way to write one.
#[rustfmt::skip]
macro_rules! cfg_macro {
    ($d:tt $name:ident, $condition:meta) => {
        #[cfg($condition)]
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $name {
            ($d($d tokens:tt)*) => { $d($d tokens)* };
        }

        #[cfg(not($condition))]
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $name {
            ($d($d tokens:tt)*) => {};
        }
    };
}

cfg_macro!($ __if_native, feature = "native");
cfg_macro!($ __if_tokio, feature = "tokio");
cfg_macro!($ __if_smol, feature = "smol");
cfg_macro!($ __if_none, not(any(feature = "native", feature = "tokio", feature = "smol")));
