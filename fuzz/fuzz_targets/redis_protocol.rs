//! The key-value example's reader of commands: bytes of anybody, in pieces, give commands or an error.
#![no_main]

use anyloop::io::BufReader;
use futures_lite::future::block_on;

// The server's side of the file is not used here.
#[allow(dead_code)]
#[path = "../../examples/kv/resp.rs"]
mod resp;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let read = |capacity: usize| {
        block_on(async {
            let mut reader = BufReader::with_capacity(capacity, data);
            let mut commands = Vec::new();
            loop {
                match resp::read_command(&mut reader).await {
                    Ok(Some(command)) => commands.push(command),
                    Ok(None) => break (commands, None),
                    Err(error) => break (commands, Some(error.kind())),
                }
            }
        })
    };
    // Where the pieces end makes no difference.
    let (commands, ended) = read(4096);
    assert_eq!((&commands, &ended), (&read(1).0, &ended));
    // What was read writes as what reads the same.
    let mut written = Vec::new();
    for command in &commands {
        let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        resp::write_command(&mut written, &words);
    }
    let mut reader = &*written;
    for command in &commands {
        assert_eq!(block_on(resp::read_command(&mut reader)).expect("a command").as_ref(), Some(command));
    }
});
