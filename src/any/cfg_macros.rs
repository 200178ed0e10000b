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
cfg_macro!($ __if_sim, feature = "sim");
cfg_macro!($ __if_no_sim, not(feature = "sim"));
cfg_macro!($ __if_none, not(any(feature = "native", feature = "tokio", feature = "smol")));

/// A macro that calls a setter of the builder that it is given, or names the feature that the setter needs.
#[rustfmt::skip]
macro_rules! setter_macro {
    ($d:tt $name:ident, $feature:literal, $call:ident($($arg:expr)?), $what:literal) => {
        #[cfg(feature = $feature)]
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $name {
            ($d builder:expr) => { $d builder.$call($($arg)?) };
        }

        #[cfg(not(feature = $feature))]
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $name {
            ($d builder:expr) => {
                compile_error!(concat!(
                    "`", $what, "` needs anyloop's feature `", $feature, "`: add it in Cargo.toml, as in ",
                    "anyloop = { version = \"", env!("CARGO_PKG_VERSION"), "\", features = [\"", $feature, "\"] }"
                ))
            };
        }
    };
}

setter_macro!($ __with_tokio, "compat", with_tokio(), "with_tokio");
setter_macro!($ __start_paused, "test-util", start_paused(true), "start_paused = true");
