//! Reading by lines and pieces.

use std::future::{Future, poll_fn};
use std::io::{Error, ErrorKind, Result};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::AsyncBufReadExt as Lite;
use futures_lite::Stream;
use futures_lite::io::AsyncBufRead;

use super::appending::Appending;

/// Methods for buffered readers, under tokio's names.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyloop::io::{AsyncBufReadExt, BufReader};
///
/// let mut lines = BufReader::new(&b"one\r\ntwo"[..]).lines();
/// assert_eq!(lines.next_line().await?.as_deref(), Some("one"));
/// assert_eq!(lines.next_line().await?.as_deref(), Some("two"));
/// assert_eq!(lines.next_line().await?, None);
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub trait AsyncBufReadExt: AsyncBufRead {
    /// What is in the buffer, filled first if it is empty; empty is the end. [`consume`](Self::consume) says how much of it was used.
    /// Cancel safe.
    ///
    /// # Errors
    ///
    /// That of the reader; the same holds for all that follow.
    fn fill_buf(&mut self) -> futures_lite::io::FillBuf<'_, Self>
    where
        Self: Unpin,
    {
        Lite::fill_buf(self)
    }

    /// Takes the first `n` bytes out of the buffer: those of [`fill_buf`](Self::fill_buf) that were used.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut reader = BufReader::new(&b"ciao"[..]);
    /// assert_eq!(reader.fill_buf().await?, b"ciao");
    /// reader.consume(2);
    /// assert_eq!(reader.fill_buf().await?, b"ao");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn consume(&mut self, n: usize)
    where
        Self: Unpin,
    {
        Lite::consume(self, n);
    }

    /// Appends all up to and including `byte`, or up to the end, and says how much that was. To bound it, read from
    /// [`take`](super::AsyncReadExt::take). Not cancel safe.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut reader = BufReader::new(&b"a,b"[..]);
    /// let mut piece = Vec::new();
    /// assert_eq!(reader.read_until(b',', &mut piece).await?, 2);
    /// assert_eq!(piece, b"a,");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn read_until<'a>(
        &'a mut self,
        byte: u8,
        buf: &'a mut Vec<u8>,
    ) -> futures_lite::io::ReadUntilFuture<'a, Self>
    where
        Self: Unpin,
    {
        Lite::read_until(self, byte, buf)
    }

    /// Appends a line with its end, and says how many bytes that was; zero is the end. Dropped before it is done it leaves what it had read in
    /// `buf`, if that is UTF-8, and loses it if not: [`lines`](Self::lines) is cancel safe.
    ///
    /// # Errors
    ///
    /// That of the reader, or `InvalidData` for what is not UTF-8, which is lost; `buf` is then as it was.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut reader = BufReader::new(&b"one\ntwo"[..]);
    /// let mut line = String::new();
    /// assert_eq!(reader.read_line(&mut line).await?, 4);
    /// assert_eq!(reader.read_line(&mut line).await?, 3);
    /// assert_eq!(line, "one\ntwo"); // appended
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn read_line<'a>(&'a mut self, buf: &'a mut String) -> impl Future<Output = Result<usize>>
    where
        Self: Unpin,
    {
        async move {
            let mut text = Appending::new(buf);
            let read = Lite::read_until(self, b'\n', &mut text.bytes).await;
            text.finish(read)
        }
    }

    /// The lines, without their ends. Waiting for one is cancel safe.
    fn lines(self) -> Lines<Self>
    where
        Self: Sized + Unpin,
    {
        Lines { pieces: self.split(b'\n') }
    }

    /// The pieces between the bytes `delimiter`. Waiting for one is cancel safe.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncBufReadExt, BufReader};
    ///
    /// let mut pieces = BufReader::new(&b"a,b"[..]).split(b',');
    /// assert_eq!(pieces.next_segment().await?, Some(b"a".to_vec()));
    /// assert_eq!(pieces.next_segment().await?, Some(b"b".to_vec()));
    /// assert_eq!(pieces.next_segment().await?, None);
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn split(self, delimiter: u8) -> Split<Self>
    where
        Self: Sized + Unpin,
    {
        Split { reader: self, delimiter, piece: Vec::new() }
    }
}

impl<R: AsyncBufRead + ?Sized> AsyncBufReadExt for R {}

/// The pieces of a reader: see [`AsyncBufReadExt::split`].
#[derive(Debug)]
#[must_use = "a reader is read only when it is asked"]
pub struct Split<R> {
    reader: R,
    delimiter: u8,
    /// What was read of the next piece, so that a dropped wait loses nothing.
    piece: Vec<u8>,
}

impl<R: AsyncBufRead + Unpin> Split<R> {
    /// The next piece, without its delimiter; `None` at the end. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of the reader.
    pub async fn next_segment(&mut self) -> Result<Option<Vec<u8>>> {
        poll_fn(|cx| self.poll_next_segment(cx)).await
    }

    /// [`next_segment`](Self::next_segment), for futures that are written by hand.
    ///
    /// # Errors
    ///
    /// That of the reader.
    pub fn poll_next_segment(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Vec<u8>>>> {
        loop {
            let mut reader = Pin::new(&mut self.reader);
            let buf = ready!(reader.as_mut().poll_fill_buf(cx))?;
            if buf.is_empty() {
                let rest = mem::take(&mut self.piece);
                return Poll::Ready(Ok((!rest.is_empty()).then_some(rest)));
            }
            let end = buf.iter().position(|byte| *byte == self.delimiter);
            self.piece.extend_from_slice(&buf[..end.unwrap_or(buf.len())]);
            let used = end.map_or(buf.len(), |end| end + 1);
            reader.consume(used);
            if end.is_some() {
                return Poll::Ready(Ok(Some(mem::take(&mut self.piece))));
            }
        }
    }

    /// The reader. What was read of an unfinished piece is lost.
    pub fn into_inner(self) -> R {
        self.reader
    }
}

/// The lines of a reader: see [`AsyncBufReadExt::lines`].
#[derive(Debug)]
#[must_use = "a reader is read only when it is asked"]
pub struct Lines<R> {
    pieces: Split<R>,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// The next line, without its end; `None` at the end of the reader. Cancel safe.
    ///
    /// # Errors
    ///
    /// That of the reader, or `InvalidData` for a line that is not UTF-8; the lines after it can still be read.
    pub async fn next_line(&mut self) -> Result<Option<String>> {
        poll_fn(|cx| self.poll_next_line(cx)).await
    }

    /// [`next_line`](Self::next_line), for futures that are written by hand.
    ///
    /// # Errors
    ///
    /// As `next_line`.
    pub fn poll_next_line(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<String>>> {
        let Some(mut line) = ready!(self.pieces.poll_next_segment(cx))? else {
            return Poll::Ready(Ok(None));
        };
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Poll::Ready(match String::from_utf8(line) {
            Ok(line) => Ok(Some(line)),
            Err(error) => Err(Error::new(ErrorKind::InvalidData, error)),
        })
    }

    /// The reader, mutably.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.pieces.reader
    }

    /// The reader.
    pub fn get_ref(&self) -> &R {
        &self.pieces.reader
    }

    /// The reader. What was read of an unfinished line is lost.
    pub fn into_inner(self) -> R {
        self.pieces.reader
    }
}

impl<R: AsyncBufRead + Unpin> Stream for Lines<R> {
    type Item = Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<String>>> {
        self.poll_next_line(cx).map(Result::transpose)
    }
}
