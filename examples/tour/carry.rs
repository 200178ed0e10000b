//! Much data through many connections at once: every byte comes back, and the hashes agree.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::Barrier;
use anyloop::task::JoinSet;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};

const CHUNK: usize = 16 * 1024;

pub(crate) async fn run(connections: u32, mebibytes: u32) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = anyloop::spawn(serve(listener));

    let total = u64::from(mebibytes) << 20;
    let progress = ProgressBar::new(total);
    progress.set_style(
        ProgressStyle::with_template("  carry      {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}")
            .map_err(io::Error::other)?,
    );
    let all_connected = Arc::new(Barrier::new(connections as usize));
    let mut clients = JoinSet::new();
    for n in 0..connections {
        let share = total / u64::from(connections) + u64::from(u64::from(n) < total % u64::from(connections));
        clients.spawn(client(addr, n, share, Arc::clone(&all_connected), progress.clone()));
    }
    let mut hashes = vec![[0; 32]; connections as usize];
    while let Some(ended) = clients.join_next().await {
        let (n, hash) = ended??;
        hashes[n as usize] = hash;
    }
    progress.finish_and_clear();
    let _cancelled = server.cancel().await;
    // The hash of all connections' hashes, in their order: it differs if a single byte does.
    let hash: [u8; 32] = Sha256::digest(hashes.concat()).into();
    let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{mebibytes} MiB over {connections} connections, sha256 {hash}"))
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (mut socket, _) = listener.accept().await?;
        anyloop::spawn(async move {
            let mut buf = vec![0; CHUNK];
            loop {
                match socket.read(&mut buf).await {
                    // The client's own read tells of an error.
                    Ok(0) | Err(_) => return,
                    Ok(n) => {
                        if socket.write_all(&buf[..n]).await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
    }
}

/// Sends `share` bytes of its own and reads them back; the hash of what came, which must be that of
/// what went.
async fn client(
    addr: SocketAddr,
    n: u32,
    share: u64,
    all_connected: Arc<Barrier>,
    progress: ProgressBar,
) -> io::Result<(u32, [u8; 32])> {
    let socket = TcpStream::connect(addr).await?;
    // Only now is it certain that as many connections are open at once.
    all_connected.wait().await;
    let (mut reader, mut writer) = socket.into_split();
    let sender = anyloop::spawn(async move {
        let mut bytes = Bytes(0x9E37_79B9_7F4A_7C15 ^ u64::from(n));
        let mut hash = Sha256::new();
        let mut left = share;
        let mut buf = vec![0; CHUNK];
        while left > 0 {
            let chunk = left.min(CHUNK as u64) as usize;
            bytes.fill(&mut buf[..chunk]);
            hash.update(&buf[..chunk]);
            writer.write_all(&buf[..chunk]).await?;
            left -= chunk as u64;
        }
        writer.shutdown().await?;
        io::Result::Ok(<[u8; 32]>::from(hash.finalize()))
    });
    let mut hash = Sha256::new();
    let mut buf = vec![0; CHUNK];
    loop {
        let n = reader.read(&mut buf).await?;
        if n == 0 {
            break;
        }
        hash.update(&buf[..n]);
        progress.inc(n as u64);
    }
    let received = <[u8; 32]>::from(hash.finalize());
    let sent = sender.await??;
    if sent != received {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("connection {n}: what came back is not what was sent"),
        ));
    }
    Ok((n, received))
}

/// Bytes that look like chance and are the same every time (xorshift).
struct Bytes(u64);

impl Bytes {
    fn fill(&mut self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
    }
}
