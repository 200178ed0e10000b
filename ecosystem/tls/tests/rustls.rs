//! rustls over anyloop's own streams: tokio-rustls through tokio's I/O traits, futures-rustls
//! through futures-io's, with no wrapper between.

mod support;

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyloop::compat::io::FuturesIo;
use anyloop::net::{TcpListener, TcpStream};
use tls::{Site, name};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

use support::{bounded, run, sockets};

const MUCH: usize = 300_000;

fn much(seed: u8) -> Vec<u8> {
    (0..MUCH).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

#[anyloop::test]
async fn tokio_rustls_on_both_ends() -> io::Result<()> {
    let site = Site::new();
    let (client, server) = sockets().await?;
    let acceptor = tokio_rustls::TlsAcceptor::from(site.server);
    let server = anyloop::spawn(async move {
        let mut server = acceptor.accept(server).await?;
        let mut heard = Vec::new();
        // To the end of what the client says, and then the answer: half-close.
        server.read_to_end(&mut heard).await?;
        server.write_all(&much(2)).await?;
        server.shutdown().await?;
        io::Result::Ok(heard)
    });
    bounded(async move {
        let connector = tokio_rustls::TlsConnector::from(site.client);
        let mut client = connector.connect(name(), client).await?;
        client.write_all(&much(1)).await?;
        client.shutdown().await?;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await?;
        assert!(answer == much(2), "the answer is another");
        assert!(server.await?? == much(1), "what was heard is not what was said");
        Ok(())
    })
    .await
}

#[anyloop::test]
async fn futures_rustls_here_and_tokio_rustls_there() -> io::Result<()> {
    let site = Site::new();
    let (client, server) = sockets().await?;
    let acceptor = futures_rustls::TlsAcceptor::from(site.server);
    let server = anyloop::spawn(async move {
        // What implements futures-io alone has the methods of tokio's traits in a wrapper.
        let mut server = FuturesIo::new(acceptor.accept(server).await?);
        let mut heard = vec![0; MUCH];
        server.read_exact(&mut heard).await?;
        server.write_all(&heard).await?;
        server.shutdown().await?;
        io::Result::Ok(())
    });
    bounded(async move {
        let connector = tokio_rustls::TlsConnector::from(site.client);
        let client = connector.connect(name(), client).await?;
        // In two tasks, as one must read while the other writes.
        let (mut read, mut write) = tokio::io::split(client);
        let writing = anyloop::spawn(async move {
            write.write_all(&much(3)).await?;
            write.flush().await
        });
        let mut answer = Vec::new();
        read.read_to_end(&mut answer).await?;
        assert!(answer == much(3), "the echo is another");
        writing.await??;
        server.await??;
        Ok(())
    })
    .await
}

#[anyloop::test]
async fn an_unknown_certificate_is_not_trusted() -> io::Result<()> {
    let (client, server) = sockets().await?;
    let acceptor = tokio_rustls::TlsAcceptor::from(Site::new().server);
    let server = anyloop::spawn(async move { acceptor.accept(server).await.map(drop) });
    bounded(async move {
        let connector = tokio_rustls::TlsConnector::from(Site::new().client);
        let refused = connector.connect(name(), client).await.expect_err("another's certificate");
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData, "{refused}");
        server.await?.expect_err("the client's alert");
        Ok(())
    })
    .await
}

#[anyloop::test]
#[ignore = "runs openssl (Debian: openssl)"]
async fn openssl_is_the_client() -> io::Result<()> {
    let site = Site::new();
    let certificate = tempfile::NamedTempFile::new()?;
    std::fs::write(certificate.path(), &site.certificate)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let acceptor = tokio_rustls::TlsAcceptor::from(site.server);
    let server = anyloop::spawn(async move {
        let (socket, _) = listener.accept().await?;
        let mut server = tokio::io::BufReader::new(acceptor.accept(socket).await?);
        server.write_all(b"who is there?\n").await?;
        server.flush().await?;
        let mut heard = String::new();
        server.read_line(&mut heard).await?;
        server.write_all(format!("ciao {heard}").as_bytes()).await?;
        server.shutdown().await?;
        io::Result::Ok(heard)
    });
    let path = certificate.path().to_owned();
    let client = move || {
        let mut client = Command::new("openssl")
            .args([
                "s_client",
                "-quiet",
                "-verify_return_error",
                "-servername",
                "localhost",
                "-verify_hostname",
            ])
            .args(["localhost", "-connect", &addr.to_string(), "-CAfile"])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(stdin) = &mut client.stdin {
            stdin.write_all(b"openssl\n")?;
        }
        // Its standard input stays open, as else it would leave before the answer.
        let mut answer = String::new();
        if let Some(stdout) = &mut client.stdout {
            io::Read::read_to_string(stdout, &mut answer)?;
        }
        let output = client.wait_with_output()?;
        io::Result::Ok((answer, String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    bounded(async move {
        let (answer, complaints) = anyloop::task::spawn_blocking(client).await??;
        assert_eq!(answer, "who is there?\nciao openssl\n", "{complaints}");
        assert_eq!(server.await??, "openssl\n");
        Ok(())
    })
    .await
}

/// Kills the program when the test is over, however it ends.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[anyloop::test]
#[ignore = "runs openssl (Debian: openssl)"]
async fn openssl_is_the_server() -> io::Result<()> {
    let site = Site::new();
    let files = tempfile::tempdir()?;
    let (certificate, key) = (files.path().join("certificate"), files.path().join("key"));
    std::fs::write(&certificate, &site.certificate)?;
    std::fs::write(&key, &site.key)?;
    let start = move || {
        let mut server = Killed(
            Command::new("openssl")
                .args(["s_server", "-rev", "-4", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert"])
                .arg(certificate)
                .arg("-key")
                .arg(key)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?,
        );
        // It says where it listens.
        let stdout = server.0.stdout.take().expect("its output");
        for line in BufReader::new(stdout).lines() {
            if let Some(addr) = line?.strip_prefix("ACCEPT ") {
                return Ok((addr.to_owned(), server));
            }
        }
        Err(io::Error::other("it did not say where it listens"))
    };
    bounded(async move {
        let (addr, _server) = anyloop::task::spawn_blocking(start).await??;
        let connector = tokio_rustls::TlsConnector::from(site.client);
        let client = connector.connect(name(), TcpStream::connect(&*addr).await?).await?;
        let mut client = tokio::io::BufReader::new(client);
        let mut answer = String::new();
        for (said, heard) in [("anyloop\n", "poolyna\n"), ("on any loop\n", "pool yna no\n")] {
            client.write_all(said.as_bytes()).await?;
            client.flush().await?;
            answer.clear();
            client.read_line(&mut answer).await?;
            assert_eq!(answer, heard);
        }
        Ok(())
    })
    .await
}

#[anyloop::test]
#[ignore = "runs curl (Debian: curl)"]
async fn curl_is_the_client_of_hyper_over_rustls() -> io::Result<()> {
    use anyloop::compat::io::TokioIo;
    use hyper::{Request, Response, body::Incoming, service::service_fn};
    let site = Site::new();
    let certificate = tempfile::NamedTempFile::new()?;
    std::fs::write(certificate.path(), &site.certificate)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let acceptor = tokio_rustls::TlsAcceptor::from(site.server);
    let server = anyloop::spawn(async move {
        let (socket, _) = listener.accept().await?;
        // rustls implements tokio's traits, and hyper wants its own.
        let secured = TokioIo::new(acceptor.accept(socket).await?);
        let answer = async |request: Request<Incoming>| {
            Ok::<_, std::convert::Infallible>(Response::new(format!("ciao from {}\n", request.uri())))
        };
        let served = hyper::server::conn::http1::Builder::new().serve_connection(secured, service_fn(answer));
        served.await.map_err(io::Error::other)
    });
    bounded(async move {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "30", "--noproxy", "*"]);
        curl.args(["--resolve", &format!("localhost:{port}:127.0.0.1"), "--cacert"]).arg(certificate.path());
        curl.arg(format!("https://localhost:{port}/tls"));
        assert_eq!(String::from_utf8_lossy(&run(curl).await.stdout), "ciao from /tls\n");
        server.await??;
        Ok(())
    })
    .await
}
