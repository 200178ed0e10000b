//! A third-party library, written on anyloop: a client of line servers. It picks no loop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::TcpStream;
use anyloop::time::{Instant, sleep, sleep_until, timeout};

/// Asks a server, at most once in a while.
#[derive(Debug)]
pub struct Client {
    addr: SocketAddr,
    gap: Duration,
    next: Instant,
    conn: Option<BufReader<TcpStream>>,
}

impl Client {
    /// For the server at `addr`, at most once in `gap`.
    pub fn new(addr: SocketAddr, gap: Duration) -> Client {
        Client { addr, gap, next: Instant::now(), conn: None }
    }

    /// The answer to a line, which is tried twice.
    ///
    /// # Errors
    ///
    /// The error of the second try, such as `TimedOut`.
    pub async fn ask(&mut self, line: &str) -> io::Result<String> {
        sleep_until(self.next).await;
        self.next = Instant::now() + self.gap;
        match timeout(Duration::from_secs(20), self.once(line)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(_)) | Err(_) => self.conn = None,
        }
        sleep(self.gap).await;
        self.once(line).await
    }

    async fn once(&mut self, line: &str) -> io::Result<String> {
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(BufReader::new(TcpStream::connect(self.addr).await?)),
        };
        conn.get_mut().write_all(format!("{line}\n").as_bytes()).await?;
        let mut answer = String::new();
        match conn.read_line(&mut answer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }

    /// Asks once more in a task of the loop's.
    pub fn ask_in_background(mut self, line: &'static str) -> impl Future<Output = io::Result<String>> {
        let task = anyloop::spawn(async move { self.ask(line).await });
        async move { task.await? }
    }
}

/// Connects, where that may fail.
///
/// # Errors
///
/// `Other` if no loop runs here, or any error of `connect(2)`, such as `ConnectionRefused`.
pub async fn connect(addr: SocketAddr) -> io::Result<()> {
    TcpStream::connect(addr).await.map(drop)
}
