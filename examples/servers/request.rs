//! A request and its answer, over a stream that blocks and over one that does not.

use std::fmt;
use std::io::{self, Read, Write};
use std::net;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpStream;
use anyloop::time::{Instant, sleep, timeout};

use super::Work;

/// The longest head of a request, in bytes.
const HEAD_LIMIT: usize = 8 * 1024;
/// How long a client may take to send a request, or to take the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the time of a request went.
struct Spans {
    queued: Duration,
    ran: Duration,
    waited: Duration,
}

impl Spans {
    fn told(&self, work: Work) -> String {
        if work.hello { "Ciao EuroPython".to_owned() } else { self.to_string() }
    }
}

impl fmt::Display for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spans { queued, ran, waited } = self;
        write!(
            f,
            "queued {} ms, ran {} ms, waited {} ms on {:?}",
            queued.as_millis(),
            ran.as_millis(),
            waited.as_millis(),
            std::thread::current().id()
        )
    }
}

/// Whether a head is whole, or an error if it never will be.
fn is_whole(head: &[u8], n: usize) -> io::Result<bool> {
    if n == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the client sent no whole request"));
    }
    if head.ends_with(b"\r\n\r\n") {
        return Ok(true);
    }
    if head.len() >= HEAD_LIMIT {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the head of the request is too long"));
    }
    Ok(false)
}

fn answer(status: &str, text: &str) -> Vec<u8> {
    let length = text.len() + 1;
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}\n").into_bytes()
}

/// Computes for a while of the machine's time.
fn compute(work: Work) -> Duration {
    let begun = std::time::Instant::now();
    while begun.elapsed() < work.compute {
        std::hint::spin_loop();
    }
    begun.elapsed()
}

/// One request, on a thread that may block.
pub(crate) fn blocking(mut stream: net::TcpStream, accepted: Instant, work: Work) -> io::Result<()> {
    let queued = accepted.elapsed();
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (mut head, mut buf) = (Vec::new(), [0; 1024]);
    loop {
        let n = stream.read(&mut buf)?;
        head.extend_from_slice(&buf[..n]);
        if is_whole(&head, n)? {
            break;
        }
    }
    let ran = compute(work);
    let begun = Instant::now();
    std::thread::sleep(work.wait);
    let spans = Spans { queued, ran, waited: begun.elapsed() };
    stream.write_all(&answer("200 OK", &spans.told(work)))
}

/// One request, in a task.
pub(crate) async fn in_task(mut stream: TcpStream, accepted: Instant, work: Work) -> io::Result<()> {
    let queued = accepted.elapsed();
    let head = async {
        let (mut head, mut buf) = (Vec::new(), [0; 1024]);
        loop {
            let n = stream.read(&mut buf).await?;
            head.extend_from_slice(&buf[..n]);
            if is_whole(&head, n)? {
                return Ok::<_, io::Error>(());
            }
        }
    };
    timeout(PATIENCE, head).await??;
    let ran = compute(work);
    let begun = Instant::now();
    sleep(work.wait).await;
    let spans = Spans { queued, ran, waited: begun.elapsed() };
    say(stream, "200 OK", &spans.told(work)).await
}

/// An answer to a request that is not read.
pub(crate) async fn refuse(stream: TcpStream, why: &str) -> io::Result<()> {
    say(stream, "503 Service Unavailable", why).await
}

async fn say(mut stream: TcpStream, status: &str, text: &str) -> io::Result<()> {
    let send = async {
        stream.write_all(&answer(status, text)).await?;
        stream.shutdown().await?;
        // What it still sends must not reset the connection before it has read the answer.
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok(())
    };
    timeout(PATIENCE, send).await?
}
