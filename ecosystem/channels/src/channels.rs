//! The groups of a process.

use std::sync::Arc;

use bytes::Bytes;

use crate::builder::Builder;
use crate::error::Error;
use crate::hub::{Hub, Place};
use crate::member::Member;
use crate::names::{check_group, check_member};

/// Named groups. Clones are the same groups.
///
/// Nothing here waits for a member: a message is put into the group's queue, and each member reads
/// it from there at its own pace. There is a program in [the crate's page](crate).
#[derive(Debug, Clone)]
pub struct Channels {
    hub: Arc<Hub>,
}

/// What [`Channels::join`] gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Welcome {
    /// The place in the group.
    pub member: Member,
    /// The last messages before it joined, the earliest first. The next one is an event of the
    /// member: none is in both, and none is missing between.
    pub history: Vec<Bytes>,
    /// The names that are in the group, its own included, in order.
    pub present: Vec<Arc<str>>,
}

impl Builder {
    /// Makes the channels, and starts the layer, which may need to be called on a loop for that.
    pub fn build(self) -> Channels {
        Channels { hub: Hub::start(self.settings, self.layer) }
    }
}

impl Channels {
    /// Groups of this process alone, with the defaults of [`Builder`]. It needs no loop.
    pub fn new() -> Channels {
        Channels::builder().build()
    }

    /// Sets limits, and the layer that other processes are reached by.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Joins a group under a name, until the [`Member`] is dropped. Others are told, unless one of
    /// that name is in already: two tabs of one person are one name.
    ///
    /// It waits for nothing but the layer, which tells what the group is in other processes, and
    /// for that only while it can be reached. Cancel safe: dropped early, the member leaves again.
    ///
    /// # Errors
    ///
    /// One of kind [`Name`](crate::ErrorKind::Name), or
    /// [`Groups`](crate::ErrorKind::Groups) if no further group is allowed.
    ///
    /// ```
    /// use anyloop_channels::Channels;
    ///
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let channels = Channels::new();
    /// let anna = channels.join("coffee", "anna").await?;
    /// let bruno = channels.join("coffee", "bruno").await?;
    /// assert_eq!(bruno.present.join(" "), "anna bruno");
    /// drop(anna);
    /// assert_eq!(channels.present("coffee")?.join(" "), "bruno");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn join(&self, group: &str, name: &str) -> Result<Welcome, Error> {
        check_group(group)?;
        check_member(name)?;
        let (group, name): (Arc<str>, Arc<str>) = (group.into(), name.into());
        let joined = self.hub.join(&group, &name)?;
        self.hub.layer.open(&group).await;
        let Place { events, history, present } = joined.enter();
        let member = Member { joined, events, missed: None };
        Ok(Welcome { member, history, present })
    }

    /// Sends a message to all that are in a group, and keeps it for those that join later. It does
    /// not wait, and there need be no member.
    ///
    /// # Errors
    ///
    /// One of kind [`Name`](crate::ErrorKind::Name), [`Message`](crate::ErrorKind::Message) if it
    /// is too long, [`Groups`](crate::ErrorKind::Groups) if no further group is allowed; or
    /// [`Layer`](crate::ErrorKind::Layer), when the members in this process have it, and those in
    /// other processes will not get it.
    ///
    /// ```
    /// use anyloop_channels::{Channels, ErrorKind};
    ///
    /// let channels = Channels::builder().max_message(1000).history(2).build();
    /// channels.send("coffee", "one")?;
    /// channels.send("coffee", "two")?;
    /// channels.send("coffee", "three")?;
    /// assert_eq!(channels.history("coffee")?, ["two", "three"]);
    /// let error = channels.send("coffee", vec![0; 1001]).expect_err("it is too long");
    /// assert_eq!(error.kind(), ErrorKind::Message);
    /// # Ok::<(), anyloop_channels::Error>(())
    /// ```
    pub fn send(&self, group: &str, message: impl Into<Bytes>) -> Result<(), Error> {
        check_group(group)?;
        self.hub.send(&group.into(), message.into())
    }

    /// The names that are in a group, in order. Those of other processes are known while this one
    /// has a member in it.
    ///
    /// # Errors
    ///
    /// One of kind [`Name`](crate::ErrorKind::Name).
    pub fn present(&self, group: &str) -> Result<Vec<Arc<str>>, Error> {
        check_group(group)?;
        Ok(self.hub.with(group, |group| group.present()).unwrap_or_default())
    }

    /// The last messages of a group, the earliest first. Those of other processes are known while
    /// this one has a member in it.
    ///
    /// # Errors
    ///
    /// One of kind [`Name`](crate::ErrorKind::Name).
    pub fn history(&self, group: &str) -> Result<Vec<Bytes>, Error> {
        check_group(group)?;
        Ok(self.hub.with(group, |group| group.history()).unwrap_or_default())
    }
}

impl Default for Channels {
    fn default() -> Channels {
        Channels::new()
    }
}
