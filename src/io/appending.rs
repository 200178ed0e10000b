//! Reading into a string that may hold something already. futures-lite's own methods take only an empty one: they assert it in a debug
//! build, and else replace what was there.

use std::io::{Error, ErrorKind, Result};
use std::mem;

/// A string that bytes are appended to. When this is dropped they are in the string, if they are UTF-8; if not, it is as it was.
pub(super) struct Appending<'a> {
    text: &'a mut String,
    /// All of `text`, and what was appended: the allocation is used again.
    pub(super) bytes: Vec<u8>,
    /// How much of `bytes` was there before.
    start: usize,
}

impl<'a> Appending<'a> {
    pub(super) fn new(text: &'a mut String) -> Self {
        let bytes = mem::take(text).into_bytes();
        Appending { text, start: bytes.len(), bytes }
    }

    /// Ends it, and gives `read`, unless the bytes were no text.
    pub(super) fn finish(mut self, read: Result<usize>) -> Result<usize> {
        let is_text = self.put_back();
        let read = read?;
        if is_text { Ok(read) } else { Err(Error::new(ErrorKind::InvalidData, "what was read is not UTF-8")) }
    }

    /// Whether what was appended is text.
    fn put_back(&mut self) -> bool {
        match String::from_utf8(mem::take(&mut self.bytes)) {
            Ok(text) => {
                *self.text = text;
                true
            }
            Err(error) => {
                let mut bytes = error.into_bytes();
                bytes.truncate(self.start);
                // It was a string.
                *self.text = String::from_utf8(bytes).unwrap_or_default();
                false
            }
        }
    }
}

impl Drop for Appending<'_> {
    fn drop(&mut self) {
        if !self.bytes.is_empty() {
            self.put_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::pin::pin;

    use futures_lite::future::{block_on, poll_once};

    use crate::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, duplex};

    #[test]
    fn text_is_appended_to_what_is_there() {
        block_on(async {
            let mut reader = BufReader::new(&b"two\nthree\nfour"[..]);
            let mut text = String::from("one ");
            assert_eq!(reader.read_line(&mut text).await.unwrap(), 4);
            assert_eq!(text, "one two\n");
            assert_eq!(reader.read_to_string(&mut text).await.unwrap(), 10);
            assert_eq!(text, "one two\nthree\nfour");
            assert_eq!(reader.read_line(&mut text).await.unwrap(), 0);
            assert_eq!(text, "one two\nthree\nfour");
        });
    }

    #[test]
    fn what_is_no_text_leaves_the_string_as_it_was() {
        block_on(async {
            let mut reader = BufReader::new(&b"\xff\nnext\n"[..]);
            let mut text = String::from("here");
            let error = reader.read_line(&mut text).await.unwrap_err();
            assert_eq!((error.kind(), text.as_str()), (ErrorKind::InvalidData, "here"));
            reader.read_line(&mut text).await.unwrap();
            assert_eq!(text, "herenext\n");
            let error = (&b"\xff"[..]).read_to_string(&mut text).await.unwrap_err();
            assert_eq!((error.kind(), text.as_str()), (ErrorKind::InvalidData, "herenext\n"));
        });
    }

    #[test]
    fn a_dropped_read_leaves_what_it_had_in_the_string() {
        block_on(async {
            let (mut here, there) = duplex(64);
            let mut reader = BufReader::new(there);
            let mut text = String::from("a ");
            here.write_all(b"half").await.unwrap();
            assert!(poll_once(pin!(reader.read_line(&mut text))).await.is_none());
            assert_eq!(text, "a half");
            here.write_all(b" line\n").await.unwrap();
            reader.read_line(&mut text).await.unwrap();
            assert_eq!(text, "a half line\n");
        });
    }
}
