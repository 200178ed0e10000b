//! What is told of messages that did not come.

use std::sync::{Arc, Mutex};

use ::redis::{PushInfo, PushKind, Value};
use anyloop::sync::mpsc;
use bytes::Bytes;

use super::{Known, Link};
use crate::redis::frame::Message;
use crate::{Channels, Error, Event, Feed, Layer, Member, Redis};

/// A layer that only keeps its feed.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Option<Feed>>>);

impl Layer for Kept {
    fn start(&self, feed: Feed) {
        *self.0.lock().unwrap() = Some(feed);
    }

    fn send(&self, _: &Arc<str>, _: &Bytes) -> Result<(), Error> {
        Ok(())
    }
}

/// A member of a group, and the feed of its channels.
async fn member() -> (Member, Feed) {
    let kept = Kept::default();
    let channels = Channels::builder().layer(kept.clone()).build();
    let member = channels.join("coffee", "anna").await.unwrap().member;
    let feed = kept.0.lock().unwrap().clone().unwrap();
    (member, feed)
}

fn message(epoch: &str, number: u64, body: &'static str) -> Message {
    Message { origin: "other".to_owned(), epoch: epoch.to_owned(), number, body: body.into() }
}

#[anyloop::test]
async fn how_many_are_missing_is_told_where_the_numbers_tell() {
    let (mut member, feed) = member().await;
    let mut known = Known { epoch: Some("1".to_owned()), number: 2, ..Known::default() };
    for message in [
        message("1", 3, "next"),
        message("1", 7, "after three"),
        message("1", 7, "again"),
        message("1", 6, "late"),
        message("2", 1, "of another epoch"),
    ] {
        known.take(&feed, "own", "coffee", message);
    }
    // Nothing is missing, and then two.
    known.reach(&feed, "coffee", Some("2".to_owned()), 1);
    known.reach(&feed, "coffee", Some("2".to_owned()), 3);
    known.take(&feed, "own", "coffee", message("2", 4, "last"));
    for expected in [
        Event::Message("next".into()),
        Event::Gap(Some(3)),
        Event::Message("after three".into()),
        Event::Gap(None),
        Event::Message("of another epoch".into()),
        Event::Gap(Some(2)),
        Event::Message("last".into()),
    ] {
        assert_eq!(member.recv().await.unwrap(), expected);
    }
}

#[anyloop::test]
async fn what_another_process_could_not_publish_is_told() {
    let (mut member, feed) = member().await;
    let settings = Redis::new("redis://localhost/").unwrap().settings;
    let (_keep, messages) = mpsc::channel(1);
    let mut link = Link::new(settings, Arc::default(), feed.clone(), messages);
    link.groups.insert("coffee".into(), Known::default());
    let own = format!("l {} 5", link.origin);
    for frame in [own.as_str(), "l other 7"] {
        let data = ["channels:coffee", frame].map(|part| Value::BulkString(part.into()));
        link.hear(PushInfo { kind: PushKind::Message, data: data.into() });
    }
    feed.deliver("coffee", "last".into());
    assert_eq!(
        member.recv().await.unwrap(),
        Event::Gap(Some(7)),
        "what it could not publish itself it knows"
    );
    assert_eq!(member.recv().await.unwrap(), Event::Message("last".into()));
}
