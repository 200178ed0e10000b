//! One that is in a group.

use std::fmt;

use anyloop::sync::broadcast::Receiver;
use anyloop::sync::broadcast::error::RecvError;
use bytes::Bytes;

use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::hub::Joined;
use crate::settings::Slow;

/// One that is in a group, until it is dropped.
pub struct Member {
    pub(crate) joined: Joined,
    pub(crate) events: Receiver<Event>,
    /// How much it missed, once it is disconnected for that.
    pub(crate) missed: Option<u64>,
}

impl Member {
    /// The next event of the group: messages, its own included, in the order in which they were
    /// sent, and what else an [`Event`] can be. Cancel safe.
    ///
    /// A member that does not call this blocks no other, and holds no more memory than any other:
    /// what it misses is counted, and told in the place of what it missed.
    ///
    /// # Errors
    ///
    /// One of kind [`Slow`](ErrorKind::Slow) if it missed something, and the channels are built
    /// with [`Slow::Disconnect`]. It is the same from then on.
    ///
    /// ```
    /// use anyloop_channels::{Channels, Event};
    ///
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let channels = Channels::builder().queue(2).build();
    /// let mut anna = channels.join("coffee", "anna").await?.member;
    /// for message in ["one", "two", "three"] {
    ///     anna.send(message)?;
    /// }
    /// assert_eq!(anna.recv().await?, Event::Missed(1));
    /// assert_eq!(anna.recv().await?, Event::Message("two".into()));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn recv(&mut self) -> Result<Event, Error> {
        if self.missed.is_none() {
            match self.events.recv().await {
                Ok(event) => return Ok(event),
                Err(RecvError::Lagged(missed)) if self.joined.hub.settings.slow == Slow::Tell => {
                    return Ok(Event::Missed(missed));
                }
                Err(RecvError::Lagged(missed)) => self.missed = Some(missed),
                Err(RecvError::Closed) => unreachable!("a group lives as long as its members"),
            }
        }
        let missed = self.missed.unwrap_or_default();
        Err(Error::new(ErrorKind::Slow, format!("too slow: it missed {missed} events, and is let go")))
    }

    /// Sends a message to all that are in the group, itself included, as
    /// [`Channels::send`](crate::Channels::send) does.
    ///
    /// # Errors
    ///
    /// As `Channels::send`, but for the name, which is a good one.
    pub fn send(&self, message: impl Into<Bytes>) -> Result<(), Error> {
        self.joined.hub.send(&self.joined.group, message.into())
    }

    /// The name of its group.
    pub fn group(&self) -> &str {
        &self.joined.group
    }

    /// Its own name.
    pub fn name(&self) -> &str {
        &self.joined.name
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("group", &self.joined.group)
            .field("name", &self.joined.name)
            .finish_non_exhaustive()
    }
}
