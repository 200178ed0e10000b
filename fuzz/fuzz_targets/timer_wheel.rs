//! The native loop's timer wheel, beside a sorted map.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| loop_native::fuzzing::timer_wheel(fuzz::numbers(data)));
