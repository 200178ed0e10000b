//! Bytes that have arrived and were not read.

use std::collections::VecDeque;

/// A queue of bytes, in the pieces in which they came.
#[derive(Debug, Default)]
pub(crate) struct Bytes {
    pieces: VecDeque<Vec<u8>>,
    /// How much of the first piece was read.
    head: usize,
    len: usize,
}

impl Bytes {
    pub(crate) fn push(&mut self, piece: Vec<u8>) {
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push_back(piece);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies as much as fits into `buf`, which is at least as much as is there or shorter.
    pub(crate) fn peek(&self, buf: &mut [u8]) -> usize {
        let mut done = 0;
        for (n, piece) in self.pieces.iter().enumerate() {
            let piece = &piece[if n == 0 { self.head } else { 0 }..];
            let n = piece.len().min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&piece[..n]);
            done += n;
            if done == buf.len() {
                break;
            }
        }
        done
    }

    /// Moves as much as fits into `buf`, which is at least as much as is there or shorter.
    pub(crate) fn take(&mut self, buf: &mut [u8], spare: &mut Spare) -> usize {
        let mut done = 0;
        while let Some(piece) = self.pieces.front() {
            let n = (piece.len() - self.head).min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&piece[self.head..self.head + n]);
            (done, self.head) = (done + n, self.head + n);
            if self.head < piece.len() {
                break;
            }
            self.head = 0;
            self.pieces.pop_front().into_iter().for_each(|piece| spare.keep(piece));
        }
        self.len -= done;
        done
    }
}

/// Buffers that are not needed now: most segments are short, and one is written soon after one was
/// read.
#[derive(Debug, Default)]
pub(crate) struct Spare(Vec<Vec<u8>>);

impl Spare {
    const MOST: usize = 64;
    const LONGEST: usize = 4096;

    /// An empty buffer for `n` bytes.
    pub(crate) fn take(&mut self, n: usize) -> Vec<u8> {
        let mut buffer = if n <= Spare::LONGEST { self.0.pop().unwrap_or_default() } else { Vec::new() };
        buffer.clear();
        buffer.reserve_exact(n);
        buffer
    }

    fn keep(&mut self, buffer: Vec<u8>) {
        if self.0.len() < Spare::MOST && buffer.capacity() <= Spare::LONGEST {
            self.0.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_one_stream() {
        let mut bytes = Bytes::default();
        for piece in [&b"ab"[..], b"", b"cdef", b"g"] {
            bytes.push(piece.to_vec());
        }
        let (mut buf, mut spare) = ([0; 4], Spare::default());
        assert_eq!((bytes.peek(&mut buf), &buf), (4, b"abcd"));
        assert_eq!((bytes.take(&mut buf[..3], &mut spare), &buf[..3]), (3, &b"abc"[..]));
        assert_eq!((bytes.peek(&mut buf), &buf, bytes.len()), (4, b"defg", 4));
        assert_eq!((bytes.take(&mut buf, &mut spare), &buf), (4, b"defg"));
        assert!(bytes.is_empty() && bytes.take(&mut buf, &mut spare) == 0);
        assert_eq!(spare.0.len(), 3, "buffers are used again");
        assert!(spare.take(9).is_empty() && spare.0.len() == 2);
    }
}
