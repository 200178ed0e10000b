//! From the table of cases to one `#[test]` each.

/// Gives a backend one `#[test]` per behaviour: see the front page of [this crate](crate).
#[macro_export]
macro_rules! conformance {
    (
        mod $name:ident, $subject:ty, caps: [$($cap:ident),* $(,)?]
        $(, deviations: { $($case:ident: $why:literal),* $(,)? })? $(,)?
    ) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            type Tested = $subject;
            // A name that is not in the table is an error here, not a silent nothing.
            const _: () = {
                $($crate::known_capability(stringify!($cap));)*
                $($($crate::known_case(stringify!($case));)*)?
            };
            $crate::__conformance_deviations! { ($) $($($case: $why,)*)? }
            $crate::__conformance_table! { __conformance_tests [$($cap)*] }
        }
    };
}

/// Defines `settle!`, which makes the test of a case whose needs are met: an ignored one, if the
/// backend deviates.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_deviations {
    (($d:tt) $($case:ident: $why:literal,)*) => {
        macro_rules! settle {
            $(($case $d alone:tt) => { $crate::__conformance_test! { $case $d alone [#[ignore = $why]] } };)*
            ($d case:ident $d alone:tt) => { $crate::__conformance_test! { $d case $d alone [] } };
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($caps:tt $($case:ident: [$($need:ident)*] $($alone:ident)?;)*) => {
        $($crate::__conformance_needs! { $case [$($alone)?] [$($need)*] $caps })*
    };
}

/// Walks the needs of a case.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_needs {
    ($case:ident $alone:tt [] $caps:tt) => {
        settle! { $case $alone }
    };
    ($case:ident $alone:tt [on_unix $($rest:ident)*] $caps:tt) => {
        #[cfg(unix)]
        $crate::__conformance_needs! { $case $alone [$($rest)*] $caps }
        #[cfg(not(unix))]
        $crate::__conformance_missing! { on_unix $case }
    };
    ($case:ident $alone:tt [on_linux $($rest:ident)*] $caps:tt) => {
        #[cfg(target_os = "linux")]
        $crate::__conformance_needs! { $case $alone [$($rest)*] $caps }
        #[cfg(not(target_os = "linux"))]
        $crate::__conformance_missing! { on_linux $case }
    };
    ($case:ident $alone:tt [$need:ident $($rest:ident)*] $caps:tt) => {
        $crate::__conformance_has! { $need $caps
            { $crate::__conformance_needs! { $case $alone [$($rest)*] $caps } }
            { $crate::__conformance_missing! { $need $case } }
        }
    };
}

/// Whether a capability is among those that the backend lists.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_has {
    ($need:ident [] $yes:tt { $($no:tt)* }) => { $($no)* };
    (one_thread [one_thread $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (workers [workers $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (net [net $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (std_net [std_net $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (unix_net [unix_net $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (std_unix_net [std_unix_net $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (fs [fs $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (system_fs [system_fs $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (readiness [readiness $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (process [process $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (signals [signals $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (system_signals [system_signals $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (turn [turn $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (turn_fd [turn_fd $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (deadlock [deadlock $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (clock [clock $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (threads [threads $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (real_time [real_time $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    (system_sockets [system_sockets $($rest:ident)*] { $($yes:tt)* } $no:tt) => { $($yes)* };
    ($need:ident [$other:ident $($rest:ident)*] $yes:tt $no:tt) => {
        $crate::__conformance_has! { $need [$($rest)*] $yes $no }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_test {
    ($case:ident [$($alone:ident)?] [$(#[$attribute:meta])*]) => {
        #[test]
        $(#[$attribute])*
        fn $case() {
            let alone = 0 $(+ $crate::__conformance_one!($alone))? != 0;
            type Same = $crate::Made<<Tested as $crate::Subject>::Loop>;
            $crate::run_subject::<Tested>(stringify!($case), alone, $crate::cases::$case::<Same>);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_one {
    ($alone:ident) => {
        1
    };
}

/// An ignored test for a case that the backend, or the platform, cannot have.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_missing {
    (one_thread $case:ident) => {
        $crate::__conformance_missing! { @ "promised on a single-threaded loop only" $case }
    };
    (workers $case:ident) => {
        $crate::__conformance_missing! { @ "promised on a loop with worker threads only" $case }
    };
    (on_unix $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: only on unix" $case }
    };
    (on_linux $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: counted on Linux only" $case }
    };
    (net $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: net" $case }
    };
    (std_net $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: std_net" $case }
    };
    (unix_net $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: unix_net" $case }
    };
    (std_unix_net $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: std_unix_net" $case }
    };
    (fs $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: fs" $case }
    };
    (system_fs $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: system_fs" $case }
    };
    (readiness $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: readiness" $case }
    };
    (process $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: process" $case }
    };
    (signals $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: signals" $case }
    };
    (system_signals $case:ident) => {
        $crate::__conformance_missing! { @ "not promised by a loop with signals of its own" $case }
    };
    (turn $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: turn" $case }
    };
    (turn_fd $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: turn_fd" $case }
    };
    (deadlock $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: deadlock" $case }
    };
    (clock $case:ident) => {
        $crate::__conformance_missing! { @ "unsupported: clock" $case }
    };
    (threads $case:ident) => {
        $crate::__conformance_missing! { @ "not promised by a loop that other threads may not touch" $case }
    };
    (real_time $case:ident) => {
        $crate::__conformance_missing! { @ "not promised by a loop with a time of its own" $case }
    };
    (system_sockets $case:ident) => {
        $crate::__conformance_missing! { @ "not promised by a network of the loop's own" $case }
    };
    (@ $why:literal $case:ident) => {
        #[test]
        #[ignore = $why]
        fn $case() {
            panic!($why);
        }
    };
}
