//! Changes of a text by ranges of its bytes, so that all else stays as it is.

use std::ops::Range;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What stands there then.
    pub text: String,
}

/// The changes of one text.
#[derive(Debug, Default)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// Puts `text` in place of the range.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push(Edit { range, text: text.into() });
    }

    /// Puts `text` at an offset.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes in order. One that overlaps an earlier one is left out; of two insertions at one
    /// place the first that was made stands first.
    pub fn sorted(mut self) -> Vec<Edit> {
        self.0.sort_by_key(|edit| edit.range.start);
        let mut end = 0;
        self.0.retain(|edit| {
            let fits = edit.range.start >= end;
            if fits {
                end = edit.range.end;
            }
            fits
        });
        self.0
    }
}

/// The text with the changes of [`Edits::sorted`].
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.range.start]);
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A text with the line ends of another: carriage returns, if its first line has one.
pub fn line_ends_of(other: &str, text: &str) -> String {
    let with_return = other.find('\n').is_some_and(|at| other[..at].ends_with('\r'));
    let text = text.replace("\r\n", "\n");
    if with_return { text.replace('\n', "\r\n") } else { text }
}

/// Which line an offset is on, counted from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::{Edits, apply, line_of};

    #[test]
    fn ranges_are_replaced_and_the_rest_stays() {
        let mut edits = Edits::default();
        edits.replace(6..11, "all");
        edits.insert(0, "> ");
        edits.replace(8..9, "overlaps, and is left out");
        assert_eq!(apply("hello world\n", &edits.sorted()), "> hello all\n");
        assert_eq!((line_of("a\nb\n", 0), line_of("a\nb\n", 2)), (1, 2));
    }
}
