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

    /// Takes `n` bytes out, or all.
    pub(crate) fn consume(&mut self, n: usize) {
        let mut left = n.min(self.len);
        self.len -= left;
        while let Some(piece) = self.pieces.front() {
            let here = piece.len() - self.head;
            if left < here {
                self.head += left;
                return;
            }
            left -= here;
            self.head = 0;
            self.pieces.pop_front();
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
        let mut buf = [0; 4];
        assert_eq!((bytes.peek(&mut buf), &buf), (4, b"abcd"));
        bytes.consume(3);
        assert_eq!((bytes.peek(&mut buf), &buf, bytes.len()), (4, b"defg", 4));
        bytes.consume(9);
        assert!(bytes.is_empty() && bytes.peek(&mut buf) == 0);
    }
}
