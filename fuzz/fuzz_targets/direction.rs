//! The readiness and the waiters of a source of the native loop, beside a model of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| loop_native::fuzzing::direction(fuzz::numbers(data)));
