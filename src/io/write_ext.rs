//! Writing.

use std::future::Future;
use std::io::{IoSlice, Result};

use futures_lite::AsyncWriteExt as Lite;
use futures_lite::io::AsyncWrite;

/// Methods for whatever can be written, under tokio's names.
///
/// All give the writer's error; `write_all` and those that write numbers give `WriteZero` if the writer takes nothing, and are not cancel
/// safe: a part may have been written.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use anyloop::io::{AsyncReadExt, AsyncWriteExt};
///
/// let (mut a, mut b) = anyloop::io::duplex(64);
/// a.write_all(b"last words").await?;
/// a.shutdown().await?;
/// let mut text = String::new();
/// b.read_to_string(&mut text).await?;
/// assert_eq!(text, "last words");
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes what there is room for, or waits for room, and gives how many bytes that was. Cancel safe: if it did not finish, nothing was written.
    ///
    /// # Errors
    ///
    /// That of the writer; the same holds for all that follow.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncWriteExt, duplex};
    ///
    /// let (mut here, _there) = duplex(3);
    /// assert_eq!(here.write(b"ciao").await?, 3); // there was no more room
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> futures_lite::io::WriteFuture<'a, Self>
    where
        Self: Unpin,
    {
        Lite::write(self, buf)
    }

    /// Writes from several buffers, in order. Cancel safe.
    fn write_vectored<'a>(
        &'a mut self,
        bufs: &'a [IoSlice<'a>],
    ) -> futures_lite::io::WriteVectoredFuture<'a, Self>
    where
        Self: Unpin,
    {
        Lite::write_vectored(self, bufs)
    }

    /// Writes all of `buf`. Not cancel safe: a part may have been written.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncWriteExt;
    ///
    /// let mut bytes = Vec::new();
    /// bytes.write_all(b"ciao").await?;
    /// assert_eq!(bytes, b"ciao");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> futures_lite::io::WriteAllFuture<'a, Self>
    where
        Self: Unpin,
    {
        Lite::write_all(self, buf)
    }

    /// Waits until what was written has left this writer's own buffers; from then on it is promised to be sent. Cancel safe.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncWriteExt, BufWriter};
    ///
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"ciao").await?;
    /// assert!(writer.get_ref().is_empty());
    /// writer.flush().await?;
    /// assert_eq!(writer.get_ref(), b"ciao");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn flush(&mut self) -> futures_lite::io::FlushFuture<'_, Self>
    where
        Self: Unpin,
    {
        Lite::flush(self)
    }

    /// Flushes, and says to the other side that no more will come; reading goes on. tokio's name for `poll_close`. Cancel safe: it can be asked again.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::{AsyncReadExt, AsyncWriteExt, duplex};
    ///
    /// let (mut here, mut there) = duplex(8);
    /// here.shutdown().await?;
    /// assert_eq!(there.read(&mut [0; 8]).await?, 0); // the end
    /// there.write_all(b"still").await?; // the other way
    /// assert!(here.write_all(b"late").await.is_err());
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn shutdown(&mut self) -> futures_lite::io::CloseFuture<'_, Self>
    where
        Self: Unpin,
    {
        Lite::close(self)
    }

    /// Writes one byte.
    fn write_u8(&mut self, n: u8) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_be_bytes())
    }

    /// Writes one byte, a signed number.
    fn write_i8(&mut self, n: i8) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_be_bytes())
    }

    /// Writes two bytes, the high one first.
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// use anyloop::io::AsyncWriteExt;
    ///
    /// let mut bytes = Vec::new();
    /// bytes.write_u16(0x0102).await?;
    /// bytes.write_u16_le(0x0102).await?;
    /// assert_eq!(bytes, [1, 2, 2, 1]);
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    fn write_u16(&mut self, n: u16) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_be_bytes())
    }

    /// Writes four bytes, the high one first.
    fn write_u32(&mut self, n: u32) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_be_bytes())
    }

    /// Writes eight bytes, the high one first.
    fn write_u64(&mut self, n: u64) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_be_bytes())
    }

    /// Writes two bytes, the low one first.
    fn write_u16_le(&mut self, n: u16) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_le_bytes())
    }

    /// Writes four bytes, the low one first.
    fn write_u32_le(&mut self, n: u32) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_le_bytes())
    }

    /// Writes eight bytes, the low one first.
    fn write_u64_le(&mut self, n: u64) -> impl Future<Output = Result<()>>
    where
        Self: Unpin,
    {
        number(self, n.to_le_bytes())
    }
}

impl<W: AsyncWrite + ?Sized> AsyncWriteExt for W {}

async fn number<W: AsyncWrite + Unpin + ?Sized, const N: usize>(
    writer: &mut W,
    bytes: [u8; N],
) -> Result<()> {
    Lite::write_all(writer, &bytes).await
}
