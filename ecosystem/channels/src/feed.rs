//! Where a layer tells what it hears from other processes.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use bytes::Bytes;

use crate::event::Event;
use crate::hub::Hub;

/// What a [`Layer`](crate::Layer) tells of other processes, and asks of this one. It does not keep
/// the channels alive, and does nothing once they are gone. Two are equal if they are those of the
/// same channels. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed(Weak<Hub>);

impl Feed {
    pub(crate) fn new(hub: &Arc<Hub>) -> Feed {
        Feed(Arc::downgrade(hub))
    }

    /// The names of the members in this process; `None` if there are none.
    pub fn local(&self, group: &str) -> Option<Vec<Arc<str>>> {
        let hub = self.0.upgrade()?;
        hub.with(group, |group| group.local()).filter(|names| !names.is_empty())
    }

    /// The groups that have members in this process.
    pub fn groups(&self) -> Vec<Arc<str>> {
        self.0.upgrade().map(|hub| hub.open()).unwrap_or_default()
    }

    /// How many messages a group keeps for those that join later.
    pub fn history(&self) -> usize {
        self.0.upgrade().map_or(0, |hub| hub.settings.history)
    }

    /// A message of another process, for a group that has members here.
    pub fn deliver(&self, group: &str, message: Bytes) {
        self.with(group, |hub, group| group.message(message, hub.settings.history));
    }

    /// What was said in a group before it had members here, the earliest first.
    pub fn restore(&self, group: &str, earlier: Vec<Bytes>) {
        self.with(group, |hub, group| group.restore(earlier.into_iter(), hub.settings.history));
    }

    /// Who is in a group in all other processes; members are told what that changes.
    pub fn present(&self, group: &str, names: impl IntoIterator<Item = Arc<str>>) {
        let names: BTreeSet<_> = names.into_iter().collect();
        self.with(group, |hub, group| {
            let changes = group.set_remote(names);
            if hub.settings.announce {
                changes.into_iter().for_each(|change| group.tell(change));
            }
        });
    }

    /// Messages of other processes to a group were lost: this many, or `None` if that is not known.
    pub fn gap(&self, group: &str, lost: Option<u64>) {
        self.with(group, |_, group| group.tell(Event::Gap(lost)));
    }

    /// Whether other processes can be reached from now on; all members are told.
    pub fn reachable(&self, reachable: bool) {
        if let Some(hub) = self.0.upgrade() {
            hub.tell_all(if reachable { &Event::Back } else { &Event::Away });
        }
    }

    fn with(&self, group: &str, then: impl FnOnce(&Hub, &mut crate::group::Group)) {
        if let Some(hub) = self.0.upgrade() {
            hub.with(group, |group| {
                if group.has_members() {
                    then(&hub, group)
                }
            });
        }
    }
}

impl PartialEq for Feed {
    fn eq(&self, other: &Feed) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl Eq for Feed {}
