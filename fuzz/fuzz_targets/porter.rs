//! Any source: what the porter makes of Rust is Rust, and is left alone the second time.
#![no_main]

use cargo_anyloop::port::place::From;
use cargo_anyloop::port::source::port;
use cargo_anyloop::port::work::Settings;

libfuzzer_sys::fuzz_target!(|input: (u8, &str)| {
    let (flags, text) = input;
    let from = [From::Tokio, From::Smol, From::AsyncStd][usize::from(flags >> 2) % 3];
    let crates = vec![from.package().replace('-', "_")];
    let settings = Settings { from, all: flags & 1 != 0, crates, with_tokio: flags & 2 != 0, shared: flags & 32 != 0 };
    if let Ok(out) = port(text, &settings) {
        // A port that would not be Rust leaves the file as it is, and says so.
        assert!(out.needs.iter().all(|need| need.what != "the whole file"), "{text}");
        let again = port(&out.text, &settings).expect("what came out is Rust");
        assert_eq!(again.text, out.text);
    }
});
