//! The bytes of a file. What was never written takes no memory and reads as zeroes.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What the system reads and writes at once.
pub(super) const PAGE: u64 = 4096;

type Page = [u8; PAGE as usize];

/// Bytes behind the end are zero in every page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    len: u64,
    /// Shared until one of those who have it is written.
    pages: BTreeMap<u64, Arc<Page>>,
}

/// The parts of a range, none of which crosses a page: where it begins, and its length.
pub(super) fn by_pages(offset: u64, len: u64) -> impl Iterator<Item = (u64, u64)> {
    let end = offset + len;
    let mut at = offset;
    std::iter::from_fn(move || {
        let part = (at, (PAGE - at % PAGE).min(end - at));
        at += part.1;
        (part.1 > 0).then_some(part)
    })
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// How many pages have memory.
    pub(super) fn pages(&self) -> u64 {
        self.pages.len() as u64
    }

    pub(super) fn has_page_at(&self, offset: u64) -> bool {
        self.pages.contains_key(&(offset / PAGE))
    }

    /// Reads from `offset` on; gives how many bytes there were.
    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) -> usize {
        let n = (buf.len() as u64).min(self.len.saturating_sub(offset));
        for (at, len) in by_pages(offset, n) {
            let part = &mut buf[(at - offset) as usize..][..len as usize];
            match self.pages.get(&(at / PAGE)) {
                Some(page) => part.copy_from_slice(&page[(at % PAGE) as usize..][..len as usize]),
                None => part.fill(0),
            }
        }
        n as usize
    }

    /// Writes all of it, and makes the file longer where it ends before.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        for (at, len) in by_pages(offset, bytes.len() as u64) {
            let page = self.pages.entry(at / PAGE).or_insert_with(|| Arc::new([0; PAGE as usize]));
            Arc::make_mut(page)[(at % PAGE) as usize..][..len as usize]
                .copy_from_slice(&bytes[(at - offset) as usize..][..len as usize]);
        }
        if !bytes.is_empty() {
            self.len = self.len.max(offset + bytes.len() as u64);
        }
    }

    pub(super) fn set_len(&mut self, len: u64) {
        if len < self.len {
            drop(self.pages.split_off(&len.div_ceil(PAGE)));
            if let Some(page) = self.pages.get_mut(&(len / PAGE)) {
                Arc::make_mut(page)[(len % PAGE) as usize..].fill(0);
            }
        }
        self.len = len;
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut all = vec![0; self.len as usize];
        self.read(0, &mut all);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn it_does_what_a_vector_does() {
        let (mut rng, mut content, mut vector) = (Rng::new(3), Content::default(), Vec::<u8>::new());
        for step in 0..2000 {
            let (at, n) = (rng.below(3 * PAGE), rng.below(2 * PAGE) as usize);
            match rng.below(4) {
                0 => {
                    content.set_len(at);
                    vector.resize(at as usize, 0);
                }
                1 | 2 if n > 0 => {
                    let bytes = vec![step as u8; n];
                    content.write(at, &bytes);
                    vector.resize(vector.len().max(at as usize + n), 0);
                    vector[at as usize..at as usize + n].copy_from_slice(&bytes);
                }
                _ => {
                    let mut buf = vec![9; n];
                    let read = content.read(at, &mut buf);
                    let wanted = vector.get(at as usize..).unwrap_or_default();
                    assert_eq!(buf[..read], wanted[..wanted.len().min(n)]);
                }
            }
            assert_eq!(content.len(), vector.len() as u64);
        }
        assert!(content.to_vec() == vector);
    }

    #[test]
    fn what_was_never_written_takes_no_memory() {
        let mut content = Content::default();
        content.set_len(1 << 50);
        content.write(1 << 49, b"here");
        assert_eq!((content.len(), content.pages()), (1 << 50, 1));
        let mut buf = [1; 6];
        assert_eq!(content.read((1 << 49) - 1, &mut buf), 6);
        assert_eq!(&buf, b"\0here\0");
    }
}
