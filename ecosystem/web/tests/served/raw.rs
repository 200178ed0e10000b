//! A client that sends what it is told, byte by byte, and a server in the same process.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::mpsc::{self, UnboundedReceiver};
use anyloop::time::{sleep, timeout};
use anyloop_web::{HttpService, Serve, ServeErrorKind, serve};

/// No test waits longer.
const LONG: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    /// What the server tells of its connections.
    pub(crate) errors: UnboundedReceiver<(ServeErrorKind, String)>,
}

impl Server {
    pub(crate) async fn start<S, M>(
        service: S,
        set_up: impl FnOnce(Serve<TcpListener, S, M>) -> Serve<TcpListener, S, M>,
    ) -> io::Result<Server>
    where
        S: HttpService<M>,
        M: 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (tell, errors) = mpsc::unbounded_channel();
        let server = set_up(serve(listener, service)).on_error(move |error| {
            let _test_is_over = tell.send((error.kind(), error.to_string()));
        });
        anyloop::spawn(server.into_future());
        Ok(Server { addr, errors })
    }

    pub(crate) async fn error(&mut self) -> (ServeErrorKind, String) {
        bounded(self.errors.recv()).await.expect("the server runs")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub(crate) async fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(self.addr).await
    }

    /// Sends `text` on a connection of its own, and gives all that comes until the server closes it.
    pub(crate) async fn ask(&self, text: impl AsRef<[u8]>) -> io::Result<String> {
        let mut stream = self.connect().await?;
        stream.write_all(text.as_ref()).await?;
        read_to_end(&mut stream).await
    }
}

pub(crate) async fn bounded<T>(future: impl Future<Output = T>) -> T {
    timeout(LONG, future).await.expect("it takes too long")
}

/// All that comes until the end; a reset is one too.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> io::Result<String> {
    let mut heard = Vec::new();
    match bounded(stream.read_to_end(&mut heard)).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => return Err(error),
    }
    Ok(String::from_utf8(heard).expect("text"))
}

/// The head of an answer, and as many bytes of the body as it tells.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> io::Result<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(bounded(stream.read_u8()).await?);
    }
    let head = String::from_utf8(head).expect("text");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
    bounded(stream.read_exact(&mut body)).await?;
    Ok((head, String::from_utf8(body).expect("text")))
}

/// Waits until no one accepts at `addr`. That is a moment later than the close of its listener where
/// another test's child is between `fork` and `exec`: it has the descriptors of this process until then.
pub(crate) async fn refused(addr: SocketAddr) {
    bounded(async {
        while TcpStream::connect(addr).await.is_ok() {
            sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n")
}
