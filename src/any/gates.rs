//! By these `#[anyloop::test]`, which cannot see this crate's features, writes a test for each backend compiled in.

// `$d` is a dollar sign: a macro that writes a macro has no other way to write one.
#[rustfmt::skip]
macro_rules! gate {
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

gate!($ __if_native, feature = "native");
gate!($ __if_tokio, feature = "tokio");
gate!($ __if_smol, feature = "smol");
gate!($ __if_none, not(any(feature = "native", feature = "tokio", feature = "smol")));
