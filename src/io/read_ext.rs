//! Reading.

use std::future::Future;
use std::io::{IoSliceMut, Result};

use futures_lite::AsyncReadExt as Lite;
use futures_lite::io::{AsyncRead, Chain, Take};

use super::ReadToEnd;
use super::appending::Appending;

/// Methods for whatever can be read, under tokio's names.
///
/// All give the reader's error. Those that read numbers give `UnexpectedEof` if the end comes first; they are not cancel safe, as bytes
/// that were taken by then are lost.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyloop::io::AsyncReadExt;
///
/// let mut bytes: &[u8] = b"\x01\x02rest";
/// assert_eq!(bytes.read_u16().await?, 0x0102);
/// let mut rest = String::new();
/// bytes.read_to_string(&mut rest).await?;
/// assert_eq!(rest, "rest");
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub trait AsyncReadExt: AsyncRead {
    /// Reads what is there, or waits for it, and gives how many bytes that was; zero is the end (or an empty `buf`). Cancel safe.
    ///
    /// # Errors
    ///
    /// That of the reader; the same holds for all that follow.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncReadExt;
    ///
    /// let mut reader = &b"ciao"[..];
    /// let mut buf = [0; 3];
    /// assert_eq!(reader.read(&mut buf).await?, 3);
    /// assert_eq!(reader.read(&mut buf).await?, 1);
    /// assert_eq!(reader.read(&mut buf).await?, 0); // the end
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> futures_lite::io::ReadFuture<'a, Self>
    where
        Self: Unpin,
    {
        Lite::read(self, buf)
    }

    /// Reads into several buffers, in order. Cancel safe.
    fn read_vectored<'a>(
        &'a mut self,
        bufs: &'a mut [IoSliceMut<'a>],
    ) -> futures_lite::io::ReadVectoredFuture<'a, Self>
    where
        Self: Unpin,
    {
        Lite::read_vectored(self, bufs)
    }

    /// Fills `buf`, and gives its length. Not cancel safe: what was read into `buf` by then stays there.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the end comes first, else that of the reader.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncReadExt, ErrorKind};
    ///
    /// let mut reader = &b"abc"[..];
    /// let mut two = [0; 2];
    /// assert_eq!(reader.read_exact(&mut two).await?, 2);
    /// assert_eq!(&two, b"ab");
    /// assert_eq!(reader.read_exact(&mut two).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> impl Future<Output = Result<usize>>
    where
        Self: Unpin,
    {
        let len = buf.len();
        let read = Lite::read_exact(self, buf);
        async move { read.await.map(|()| len) }
    }

    /// Appends all that comes until the end. Not cancel safe.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncReadExt;
    ///
    /// let mut all = vec![0];
    /// assert_eq!((&[1, 2][..]).read_to_end(&mut all).await?, 2);
    /// assert_eq!(all, [0, 1, 2]);
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEnd<'a, Self>
    where
        Self: Unpin,
    {
        ReadToEnd::new(self, buf)
    }

    /// Appends all that comes until the end, and says how many bytes that was. Dropped before it is done it leaves what it had read in `buf`, if
    /// that is UTF-8, and loses it if not.
    ///
    /// # Errors
    ///
    /// That of the reader, or `InvalidData` for what is not UTF-8, which is lost; `buf` is then as it was.
    fn read_to_string<'a>(&'a mut self, buf: &'a mut String) -> impl Future<Output = Result<usize>>
    where
        Self: Unpin,
    {
        async move {
            let mut text = Appending::new(buf);
            let read = ReadToEnd::new(self, &mut text.bytes).await;
            text.finish(read)
        }
    }

    /// This reader, as if it ended after `limit` bytes.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncReadExt;
    ///
    /// let mut text = String::new();
    /// (&b"ciao"[..]).take(2).read_to_string(&mut text).await?;
    /// assert_eq!(text, "ci");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Lite::take(self, limit)
    }

    /// This reader, and after its end the next.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncReadExt;
    ///
    /// let mut text = String::new();
    /// (&b"ci"[..]).chain(&b"ao"[..]).read_to_string(&mut text).await?;
    /// assert_eq!(text, "ciao");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn chain<R: AsyncRead>(self, next: R) -> Chain<Self, R>
    where
        Self: Sized,
    {
        Lite::chain(self, next)
    }

    /// This reader, borrowed.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncReadExt;
    ///
    /// let mut reader = &b"head and body"[..];
    /// let mut head = String::new();
    /// reader.by_ref().take(4).read_to_string(&mut head).await?;
    /// assert_eq!(head, "head");
    /// assert_eq!(reader, b" and body");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn by_ref(&mut self) -> &mut Self
    where
        Self: Sized,
    {
        self
    }

    /// Reads one byte.
    fn read_u8(&mut self) -> impl Future<Output = Result<u8>>
    where
        Self: Unpin,
    {
        number(self, u8::from_be_bytes)
    }

    /// Reads one byte as a signed number.
    fn read_i8(&mut self) -> impl Future<Output = Result<i8>>
    where
        Self: Unpin,
    {
        number(self, i8::from_be_bytes)
    }

    /// Reads two bytes, the high one first.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncReadExt;
    ///
    /// let mut bytes = &[1, 2, 1, 2][..];
    /// assert_eq!(bytes.read_u16().await?, 0x0102);
    /// assert_eq!(bytes.read_u16_le().await?, 0x0201);
    /// assert!(bytes.read_u8().await.is_err());
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn read_u16(&mut self) -> impl Future<Output = Result<u16>>
    where
        Self: Unpin,
    {
        number(self, u16::from_be_bytes)
    }

    /// Reads four bytes, the high one first.
    fn read_u32(&mut self) -> impl Future<Output = Result<u32>>
    where
        Self: Unpin,
    {
        number(self, u32::from_be_bytes)
    }

    /// Reads eight bytes, the high one first.
    fn read_u64(&mut self) -> impl Future<Output = Result<u64>>
    where
        Self: Unpin,
    {
        number(self, u64::from_be_bytes)
    }

    /// Reads two bytes, the low one first.
    fn read_u16_le(&mut self) -> impl Future<Output = Result<u16>>
    where
        Self: Unpin,
    {
        number(self, u16::from_le_bytes)
    }

    /// Reads four bytes, the low one first.
    fn read_u32_le(&mut self) -> impl Future<Output = Result<u32>>
    where
        Self: Unpin,
    {
        number(self, u32::from_le_bytes)
    }

    /// Reads eight bytes, the low one first.
    fn read_u64_le(&mut self) -> impl Future<Output = Result<u64>>
    where
        Self: Unpin,
    {
        number(self, u64::from_le_bytes)
    }
}

impl<R: AsyncRead + ?Sized> AsyncReadExt for R {}

async fn number<R: AsyncRead + Unpin + ?Sized, const N: usize, T>(
    reader: &mut R,
    from: fn([u8; N]) -> T,
) -> Result<T> {
    let mut bytes = [0; N];
    Lite::read_exact(reader, &mut bytes).await?;
    Ok(from(bytes))
}
