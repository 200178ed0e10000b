//! A plan of faults is text that people paste: what parses prints as what parses to the same.
#![no_main]

use loop_sim::Plan;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(plan) = text.parse::<Plan>() {
        let printed = plan.to_string();
        assert_eq!(printed.parse::<Plan>().expect("what it prints parses").to_string(), printed);
    }
});
