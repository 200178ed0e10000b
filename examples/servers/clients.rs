//! Clients that ask at once.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Sends `clients` requests at the same time, and gives what each was told, and after how long, in
/// the order in which they were answered.
pub(crate) fn ask(addr: SocketAddr, clients: usize) -> io::Result<Vec<String>> {
    let begun = Instant::now();
    let mut streams = Vec::new();
    for _ in 0..clients {
        let mut stream = TcpStream::connect(addr)?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        streams.push(stream);
    }
    let answers: io::Result<Vec<_>> = std::thread::scope(|scope| {
        let asked: Vec<_> =
            streams.into_iter().map(|stream| scope.spawn(move || hear(stream, begun))).collect();
        asked.into_iter().map(|one| one.join().expect("it does not panic")).collect()
    });
    let mut answers = answers?;
    answers.sort();
    Ok(answers.into_iter().map(|(after, text)| format!("after {} ms: {text}", after.as_millis())).collect())
}

fn hear(mut stream: TcpStream, begun: Instant) -> io::Result<(Duration, String)> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let text = answer.split_once("\r\n\r\n").map_or(&*answer, |(_, body)| body);
    Ok((begun.elapsed(), text.trim_end().to_owned()))
}
