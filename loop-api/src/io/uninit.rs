//! Reading into memory that is not initialised.
#![allow(unsafe_code)]

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::AsyncRead;

/// What is left of a buffer, initialised or not, and the count of the bytes that were put into it.
/// It can be filled from its beginning on and in no other way, so that its maker may take that many
/// bytes as initialised.
///
/// ```
/// use loop_api::io::ReadCursor;
/// use std::mem::MaybeUninit;
///
/// let mut memory = [MaybeUninit::uninit(); 8];
/// let mut filled = 0;
/// let mut cursor = ReadCursor::new(&mut memory, &mut filled);
/// cursor.put_slice(b"ciao");
/// assert_eq!((cursor.filled(), cursor.remaining()), (&b"ciao"[..], 4));
/// assert_eq!(filled, 4);
/// ```
pub struct ReadCursor<'a> {
    /// The first `filled` bytes are initialised.
    memory: &'a mut [MaybeUninit<u8>],
    filled: &'a mut usize,
}

impl<'a> ReadCursor<'a> {
    /// Over the whole of `memory`. `filled` becomes zero, and then tells how many bytes from the
    /// beginning of `memory` on are initialised.
    #[inline]
    pub fn new(memory: &'a mut [MaybeUninit<u8>], filled: &'a mut usize) -> Self {
        *filled = 0;
        ReadCursor { memory, filled }
    }

    /// How many bytes still fit: the spare capacity.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.memory.len() - *self.filled
    }

    /// What was put in.
    #[inline]
    pub fn filled(&self) -> &[u8] {
        let filled = &self.memory[..*self.filled];
        // SAFETY: that many are initialised.
        unsafe { &*(std::ptr::from_ref(filled) as *const [u8]) }
    }

    /// The same, for a shorter time.
    #[inline]
    pub fn reborrow(&mut self) -> ReadCursor<'_> {
        ReadCursor { memory: self.memory, filled: self.filled }
    }

    /// Copies `bytes` in.
    ///
    /// # Panics
    ///
    /// If the spare capacity is less than that.
    pub fn put_slice(&mut self, bytes: &[u8]) {
        assert!(
            bytes.len() <= self.remaining(),
            "{} bytes do not fit into {}",
            bytes.len(),
            self.remaining()
        );
        // SAFETY: the bytes that are written are initialised, and no others are touched; a `&[u8]`
        // is laid out as a slice of `MaybeUninit`.
        unsafe {
            let bytes = &*(std::ptr::from_ref(bytes) as *const [MaybeUninit<u8>]);
            self.spare()[..bytes.len()].copy_from_slice(bytes);
            self.advance(bytes.len());
        }
    }

    /// Lets `read` have what is left, zeroed, and counts what it says it read: the way for readers
    /// that must have initialised memory. Where it is called, the zeroing is paid.
    ///
    /// # Panics
    ///
    /// If `read` says that it read more than the spare capacity.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub fn read_zeroed<E>(&mut self, read: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<usize, E> {
        // SAFETY: only initialised bytes are written.
        let spare = unsafe { self.spare() };
        spare.fill(MaybeUninit::new(0));
        // SAFETY: all of it was just initialised.
        let spare = unsafe { &mut *(std::ptr::from_mut(spare) as *mut [u8]) };
        let capacity = spare.len();
        let n = read(spare)?;
        assert!(n <= capacity, "a reader says that it read {n} bytes into {capacity}");
        // SAFETY: all that is left is initialised, and there are `n` of them.
        unsafe { self.advance(n) };
        Ok(n)
    }

    /// What is left.
    ///
    /// # Safety
    ///
    /// Nothing uninitialised may be written into it: the maker of this may know more of it to be
    /// initialised than was counted.
    #[inline]
    pub unsafe fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.memory[*self.filled..]
    }

    /// Counts `n` bytes more as filled.
    ///
    /// # Safety
    ///
    /// The first `n` bytes of [`spare`](Self::spare) are initialised.
    ///
    /// # Panics
    ///
    /// If fewer than `n` are left.
    #[inline]
    pub unsafe fn advance(&mut self, n: usize) {
        assert!(n <= self.remaining(), "more was read than fits");
        *self.filled += n;
    }
}

impl fmt::Debug for ReadCursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadCursor")
            .field("filled", &self.filled)
            .field("capacity", &self.memory.len())
            .finish()
    }
}

/// A reader that needs no initialised memory. What tokio's and hyper's readers give is such memory,
/// and to zero it at each poll costs more than a short read itself.
///
/// A type without a way of its own writes an empty `impl`: the provided method zeroes what is left
/// and calls [`poll_read`](AsyncRead::poll_read).
///
/// ```
/// use loop_api::io::{AsyncReadUninit, ReadCursor};
/// use std::mem::MaybeUninit;
/// use std::pin::Pin;
/// use std::task::{Context, Poll, Waker};
///
/// fn read_some(reader: &mut (impl AsyncReadUninit + Unpin)) -> Vec<u8> {
///     let mut all = Vec::with_capacity(16);
///     let mut filled = 0;
///     let cursor = ReadCursor::new(all.spare_capacity_mut(), &mut filled);
///     let mut cx = Context::from_waker(Waker::noop());
///     assert!(Pin::new(reader).poll_read_uninit(&mut cx, cursor).is_ready());
///     // SAFETY: the cursor counted what was initialised.
///     unsafe { all.set_len(filled) };
///     all
/// }
///
/// assert_eq!(read_some(&mut &b"ciao"[..]), b"ciao");
/// ```
pub trait AsyncReadUninit: AsyncRead {
    /// As [`poll_read`](AsyncRead::poll_read), into memory that may be uninitialised: ready without
    /// a byte put in is the end, or the cursor was full. When it is not ready, or gives an error,
    /// nothing was put in.
    ///
    /// # Errors
    ///
    /// As `poll_read`.
    fn poll_read_uninit(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // `Err(None)` is not ready yet.
        let read = buf.read_zeroed(|zeroed| match self.poll_read(cx, zeroed) {
            Poll::Ready(result) => result.map_err(Some),
            Poll::Pending => Err(None),
        });
        match read {
            Ok(_) => Poll::Ready(Ok(())),
            Err(Some(error)) => Poll::Ready(Err(error)),
            Err(None) => Poll::Pending,
        }
    }
}

impl AsyncReadUninit for &[u8] {
    fn poll_read_uninit(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let (now, later) = self.split_at(self.len().min(buf.remaining()));
        buf.put_slice(now);
        *self = later;
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncReadUninit + Unpin + ?Sized> AsyncReadUninit for &mut R {
    #[inline]
    fn poll_read_uninit(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_read_uninit(cx, buf)
    }
}

impl<R: AsyncReadUninit + Unpin + ?Sized> AsyncReadUninit for Box<R> {
    #[inline]
    fn poll_read_uninit(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut **self).poll_read_uninit(cx, buf)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Has no way of its own, and tells what it was given.
    struct Plain<'a>(&'a [u8]);

    impl AsyncRead for Plain<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            assert!(buf.iter().all(|byte| *byte == 0), "it was not initialised");
            Pin::new(&mut self.0).poll_read(cx, buf)
        }
    }
    impl AsyncReadUninit for Plain<'_> {}

    #[test]
    fn the_provided_way_gives_zeroed_memory_and_counts_what_was_read() {
        let mut memory = [MaybeUninit::new(7); 8];
        let mut filled = 99;
        let mut cursor = ReadCursor::new(&mut memory, &mut filled);
        cursor.put_slice(b"a");
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut Plain(b"bc")).poll_read_uninit(&mut cx, cursor.reborrow()).is_ready());
        assert!(Pin::new(&mut &b"defghijkl"[..]).poll_read_uninit(&mut cx, cursor.reborrow()).is_ready());
        assert_eq!((cursor.filled(), cursor.remaining()), (&b"abcdefgh"[..], 0));
        assert_eq!(filled, 8);
    }

    #[test]
    #[should_panic(expected = "says that it read 9 bytes into 8")]
    fn a_reader_that_lies_is_found_out() {
        let mut filled = 0;
        let _ = ReadCursor::new(&mut [MaybeUninit::uninit(); 8], &mut filled).read_zeroed(|_| Ok::<_, ()>(9));
    }

    #[test]
    #[should_panic(expected = "more was read than fits")]
    fn no_more_is_counted_than_there_is() {
        let mut filled = 0;
        let mut memory = [MaybeUninit::new(0); 2];
        let mut cursor = ReadCursor::new(&mut memory, &mut filled);
        // SAFETY: all of it is initialised, and it is seen that there is less.
        unsafe {
            cursor.advance(2);
            cursor.advance(1);
        }
    }

    #[test]
    #[should_panic(expected = "9 bytes do not fit into 8")]
    fn what_does_not_fit_is_refused() {
        let mut filled = 0;
        ReadCursor::new(&mut [MaybeUninit::uninit(); 8], &mut filled).put_slice(&[0; 9]);
    }
}
