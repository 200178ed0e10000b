//! Random transfers through each of the traits.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;

use futures_lite::future;

/// Small, and the same every time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.below(256) as u8).collect()
    }
}

/// Three slices of what is to be written next, some of them empty.
fn slices<'a>(random: &mut Random, bytes: &'a [u8]) -> [IoSlice<'a>; 3] {
    let all = &bytes[..bytes.len().min(1 + random.below(3000))];
    let (first, rest) = all.split_at(random.below(all.len() + 1));
    let (second, third) = rest.split_at(random.below(rest.len() + 1));
    [first, second, third].map(IoSlice::new)
}

/// Writes by `$write`, then flushes and closes.
macro_rules! send {
    ($name:ident, $trait:path, $close:ident) => {
        pub(crate) async fn $name<W: $trait + Unpin>(
            writer: &mut W,
            bytes: &[u8],
            seed: u64,
        ) -> io::Result<()> {
            let mut random = Random(seed);
            let mut sent = 0;
            while sent < bytes.len() {
                let next = slices(&mut random, &bytes[sent..]);
                let written = match random.below(2) {
                    0 => {
                        let all = next.iter().map(|slice| slice.len()).sum::<usize>();
                        let all = &bytes[sent..sent + all];
                        poll_fn(|cx| <W as $trait>::poll_write(Pin::new(writer), cx, all)).await?
                    }
                    _ => {
                        poll_fn(|cx| <W as $trait>::poll_write_vectored(Pin::new(writer), cx, &next)).await?
                    }
                };
                assert_ne!(written, 0, "nothing is written any more");
                sent += written;
                if random.below(4) == 0 {
                    poll_fn(|cx| <W as $trait>::poll_flush(Pin::new(writer), cx)).await?;
                }
            }
            poll_fn(|cx| <W as $trait>::poll_flush(Pin::new(writer), cx)).await?;
            poll_fn(|cx| <W as $trait>::$close(Pin::new(writer), cx)).await
        }
    };
}

send!(send_futures, futures_io::AsyncWrite, poll_close);
send!(send_tokio, tokio::io::AsyncWrite, poll_shutdown);
send!(send_hyper, hyper::rt::Write, poll_shutdown);

pub(crate) async fn receive_futures<R: futures_io::AsyncRead + Unpin>(
    reader: &mut R,
    seed: u64,
) -> io::Result<Vec<u8>> {
    let (mut random, mut all, mut buf) = (Random(seed), Vec::new(), vec![0; 5000]);
    loop {
        let capacity = 1 + random.below(buf.len());
        let n = poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, &mut buf[..capacity])).await?;
        if n == 0 {
            return Ok(all);
        }
        all.extend_from_slice(&buf[..n]);
    }
}

pub(crate) async fn receive_tokio<R: tokio::io::AsyncRead + Unpin>(
    reader: &mut R,
    seed: u64,
) -> io::Result<Vec<u8>> {
    let (mut random, mut all) = (Random(seed), Vec::new());
    let mut memory = vec![MaybeUninit::uninit(); 5000];
    loop {
        let capacity = 2 + random.below(memory.len() - 1);
        let mut buf = tokio::io::ReadBuf::uninit(&mut memory[..capacity]);
        // Some of it is initialised, some is filled, at times all of it is initialised.
        match random.below(3) {
            0 => drop(buf.initialize_unfilled_to(capacity / 2)),
            1 => drop(buf.initialize_unfilled()),
            _ => buf.put_slice(b"x"),
        }
        let before = buf.filled().len();
        poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, &mut buf)).await?;
        if buf.filled().len() == before {
            return Ok(all);
        }
        all.extend_from_slice(&buf.filled()[before..]);
    }
}

pub(crate) async fn receive_hyper<R: hyper::rt::Read + Unpin>(
    reader: &mut R,
    seed: u64,
) -> io::Result<Vec<u8>> {
    let (mut random, mut all) = (Random(seed), Vec::new());
    let mut memory = vec![MaybeUninit::uninit(); 5000];
    loop {
        let capacity = 1 + random.below(memory.len());
        let mut buf = hyper::rt::ReadBuf::uninit(&mut memory[..capacity]);
        poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, buf.unfilled())).await?;
        if buf.filled().is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(buf.filled());
    }
}

/// Implements the traits of all three.
pub(crate) trait All:
    futures_io::AsyncRead
    + futures_io::AsyncWrite
    + tokio::io::AsyncRead
    + tokio::io::AsyncWrite
    + hyper::rt::Read
    + hyper::rt::Write
    + Unpin
{
}
impl<T> All for T where
    T: futures_io::AsyncRead
        + futures_io::AsyncWrite
        + tokio::io::AsyncRead
        + tokio::io::AsyncWrite
        + hyper::rt::Read
        + hyper::rt::Write
        + Unpin
{
}

/// What is sent by each trait, here and there, is what each trait receives; each side ends before
/// the other one answers.
pub(crate) async fn everything_through<A: All, B: All>(mut make: impl AsyncFnMut() -> (A, B)) {
    for way in 0..9 {
        let seed = 0x9E37_79B9_7F4A_7C15 ^ (way + 1);
        let bytes = Random(seed).bytes(40_000);
        let (mut one, mut other) = make().await;
        let (sent, heard) = future::zip(
            async {
                match way / 3 {
                    0 => send_futures(&mut one, &bytes, seed).await,
                    1 => send_tokio(&mut one, &bytes, seed).await,
                    _ => send_hyper(&mut one, &bytes, seed).await,
                }
            },
            async {
                match way % 3 {
                    0 => receive_futures(&mut other, seed).await,
                    1 => receive_tokio(&mut other, seed).await,
                    _ => receive_hyper(&mut other, seed).await,
                }
            },
        )
        .await;
        sent.expect("to write");
        assert!(heard.expect("to read") == bytes, "way {way}: what was read is not what was written");
        // Half-closed: the other direction is open still.
        let (sent, heard) =
            future::zip(send_futures(&mut other, &bytes[..5000], seed), receive_tokio(&mut one, seed)).await;
        sent.expect("to answer");
        assert!(heard.expect("to read the answer") == bytes[..5000], "way {way}: the answer is another");
    }
}
