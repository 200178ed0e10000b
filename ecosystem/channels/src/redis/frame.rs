//! What is published to a group's channel, and kept in its list: words with spaces between.

use std::sync::Arc;

use bytes::Bytes;

/// What processes tell each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// `m ORIGIN EPOCH NUMBER MESSAGE`: numbers count a group's messages, from 1 in each epoch,
    /// which begins when Redis has no number.
    Message(Message),
    /// `p ORIGIN NAMES`: who is in a process, one a line.
    Present { origin: String, names: Vec<Arc<str>> },
    /// `l ORIGIN COUNT`: a process could not publish as many messages.
    Lost { origin: String, count: u64 },
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) origin: String,
    pub(super) epoch: String,
    pub(super) number: u64,
    pub(super) body: Bytes,
}

impl Frame {
    /// `None` if it is none of ours.
    pub(super) fn parse(bytes: &[u8]) -> Option<Frame> {
        let (kind, rest) = word(bytes)?;
        if kind == "m" {
            return Message::parse(rest).map(Frame::Message);
        }
        let (origin, rest) = word(rest)?;
        let rest = std::str::from_utf8(rest).ok()?;
        match kind {
            "p" => Some(Frame::Present { origin: origin.to_owned(), names: names(rest) }),
            "l" => Some(Frame::Lost { origin: origin.to_owned(), count: rest.parse().ok()? }),
            _ => None,
        }
    }
}

impl Message {
    /// Without its kind, as it is kept.
    pub(super) fn parse(bytes: &[u8]) -> Option<Message> {
        let (origin, rest) = word(bytes)?;
        let (epoch, rest) = word(rest)?;
        let (number, body) = word(rest)?;
        Some(Message {
            origin: origin.to_owned(),
            epoch: epoch.to_owned(),
            number: number.parse().ok()?,
            body: Bytes::copy_from_slice(body),
        })
    }
}

/// Names, one a line.
pub(super) fn names(lines: &str) -> Vec<Arc<str>> {
    lines.lines().filter(|name| !name.is_empty()).map(Arc::from).collect()
}

/// The first word, and what follows the space behind it.
fn word(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b' ')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::{Frame, Message};

    #[test]
    fn frames_are_parsed_and_others_passed_over() {
        let message = Message {
            origin: "a".to_owned(),
            epoch: "17".to_owned(),
            number: 3,
            body: b"\xff  x".as_slice().into(),
        };
        assert_eq!(Frame::parse(b"m a 17 3 \xff  x"), Some(Frame::Message(message)));
        let present = Frame::Present { origin: "a".to_owned(), names: vec!["anna".into(), "b c".into()] };
        assert_eq!(Frame::parse(b"p a anna\nb c"), Some(present));
        assert_eq!(Frame::parse(b"p a "), Some(Frame::Present { origin: "a".to_owned(), names: vec![] }));
        assert_eq!(Frame::parse(b"l a 7"), Some(Frame::Lost { origin: "a".to_owned(), count: 7 }));
        for bad in [&b""[..], b" ", b"m", b"m a 17 x y", b"x a b", b"l a -1", b"p \xff\xff", b"p a \xff"] {
            assert_eq!(Frame::parse(bad), None, "{bad:?}");
        }
    }
}
