//! What carries messages between processes.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::feed::Feed;

/// What [`Layer::open`] gives: ready once the group is as the layer knows it.
pub type Opening<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// What carries messages and presence between the processes that share groups. [`Memory`] is the
/// layer of one process, which has nothing to carry.
///
/// Its methods are called on the loop, and must not block. What it hears, it tells to its [`Feed`].
///
/// ```
/// use std::sync::{Arc, Mutex, OnceLock};
/// use anyloop_channels::{Channels, Error, Event, Feed, Layer};
/// use bytes::Bytes;
///
/// /// All channels of a program, as if each were a process.
/// #[derive(Debug, Clone, Default)]
/// struct Beside {
///     all: Arc<Mutex<Vec<Feed>>>,
///     own: Arc<OnceLock<Feed>>,
/// }
///
/// impl Layer for Beside {
///     fn start(&self, feed: Feed) {
///         self.all.lock().unwrap().push(feed.clone());
///         self.own.set(feed).expect("it is started once");
///     }
///
///     fn send(&self, group: &Arc<str>, message: &Bytes) -> Result<(), Error> {
///         let own = self.own.get().expect("it was started");
///         for feed in self.all.lock().unwrap().iter().filter(|feed| *feed != own) {
///             feed.deliver(group, message.clone());
///         }
///         Ok(())
///     }
/// }
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let layer = Beside::default();
/// let beside = Beside { own: Arc::default(), ..layer.clone() };
/// let here = Channels::builder().layer(layer).build();
/// let there = Channels::builder().layer(beside).build();
/// let mut anna = there.join("coffee", "anna").await?;
/// here.send("coffee", "ciao")?;
/// assert_eq!(anna.member.recv().await?, Event::Message("ciao".into()));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Layer: fmt::Debug + Send + Sync + 'static {
    /// Called once, when the channels are built: `feed` is where the layer tells what it hears.
    fn start(&self, feed: Feed);

    /// Carries a message to the other processes; the members of this one have it.
    ///
    /// # Errors
    ///
    /// One of kind [`Layer`](crate::ErrorKind::Layer) if the other processes will not get it.
    fn send(&self, group: &Arc<str>, message: &Bytes) -> Result<(), Error>;

    /// Whether it keeps the history of groups, which it [restores](Feed::restore) when one is
    /// opened: this process keeps none then of groups in which it has no members.
    fn keeps_history(&self) -> bool {
        false
    }

    /// The members of a group in this process are not the same as before: [`Feed::local`] tells.
    fn changed(&self, group: &Arc<str>) {
        let _ = group;
    }

    /// Called when a member joins, whom it keeps waiting: ready once the group's history and
    /// members are told to the feed, or it is known that they cannot be had.
    fn open<'a>(&'a self, group: &'a Arc<str>) -> Opening<'a> {
        let _ = group;
        Box::pin(ready(()))
    }
}

/// The layer of one process, which is used where none is set: history is in its memory, and ends
/// with it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

impl Layer for Memory {
    fn start(&self, _: Feed) {}

    fn send(&self, _: &Arc<str>, _: &Bytes) -> Result<(), Error> {
        Ok(())
    }
}
