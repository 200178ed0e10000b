//! A server to measure: what is sent comes back, by a thread a client. `ANYLOOP_BACKEND=busy` computes
//! before each answer, and other names but `plain` are refused.
//!
//!     cargo run -p anyloop-bench --example echo_threads -- 127.0.0.1:7000

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::{env, hint, thread};

fn main() -> Result<(), Box<dyn Error>> {
    let work: u32 = match env::var("ANYLOOP_BACKEND").as_deref() {
        Ok("busy") => 200_000,
        Ok("plain") | Err(_) => 0,
        Ok(other) => return Err(format!("there is no loop `{other}` here").into()),
    };
    let addr = env::args().nth(1).ok_or("where to listen?")?;
    for client in TcpListener::bind(addr)?.incoming() {
        let mut client = client?;
        thread::spawn(move || {
            let mut buf = [0; 4096];
            while let Ok(n @ 1..) = client.read(&mut buf) {
                for n in 0..work {
                    hint::black_box(n);
                }
                if client.write_all(&buf[..n]).is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}
