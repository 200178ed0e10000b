//! Initialised memory for readers that must have it.
#![cfg_attr(not(any(feature = "tokio-io", feature = "hyper")), allow(dead_code))]

use std::io;
use std::task::{Poll, ready};

const FIRST: usize = 8 * 1024;
const MOST: usize = 64 * 1024;

/// Memory that was initialised once, for a reader of futures-io whose caller gives memory that was
/// not: what was read is copied, which costs by the byte read, where zeroing would cost by the byte
/// of spare capacity, at each poll. No byte stays in it between calls.
#[derive(Debug, Default)]
pub(super) struct Scratch(Vec<u8>);

impl Scratch {
    /// Reads by `read` no more than `capacity` bytes.
    pub(super) fn poll(
        &mut self,
        capacity: usize,
        read: impl FnOnce(&mut [u8]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<&[u8]>> {
        if self.0.len() < capacity.min(FIRST) {
            self.0.resize(capacity.min(FIRST), 0);
        }
        let given = self.0.len().min(capacity);
        let n = ready!(read(&mut self.0[..given]))?;
        assert!(n <= given, "a reader says that it read {n} bytes into {given}");
        // It is too small for what comes.
        if n == self.0.len() && n < capacity.min(MOST) {
            self.0.resize(capacity.min(2 * n).min(MOST), 0);
        }
        Poll::Ready(Ok(&self.0[..n]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(scratch: &mut Scratch, capacity: usize) -> usize {
        match scratch.poll(capacity, |buf| Poll::Ready(Ok(buf.len()))) {
            Poll::Ready(Ok(bytes)) => bytes.len(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_grows_with_what_comes_and_no_further() {
        let mut scratch = Scratch::default();
        assert_eq!(fill(&mut scratch, 10), 10);
        assert_eq!(scratch.0.len(), 10);
        let sizes: Vec<usize> = (0..6).map(|_| fill(&mut scratch, 1 << 20)).collect();
        assert_eq!(sizes, [FIRST, 2 * FIRST, 4 * FIRST, MOST, MOST, MOST]);
        assert_eq!(fill(&mut scratch, 3), 3);
    }

    #[test]
    #[should_panic(expected = "says that it read 11 bytes into 10")]
    fn a_reader_that_lies_is_found_out() {
        let _ = Scratch::default().poll(10, |_| Poll::Ready(Ok(11)));
    }
}
