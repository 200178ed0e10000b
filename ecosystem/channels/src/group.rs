//! One group: its members, and its last messages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use anyloop::sync::broadcast;
use bytes::Bytes;

use crate::event::Event;

/// Its queue is one ring for all members, each of which has a place in it: to send costs the same
/// whether they read or not, and what is overwritten before a member has read it, it missed.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// While it has members.
    events: Option<broadcast::Sender<Event>>,
    history: VecDeque<Bytes>,
    /// The names in this process, and how many members have each.
    local: BTreeMap<Arc<str>, usize>,
    /// The names in other processes.
    remote: BTreeSet<Arc<str>>,
    /// When it was last used, among those without members.
    pub(crate) idle: Option<u64>,
}

impl Group {
    pub(crate) fn join(&mut self, name: &Arc<str>, queue: usize) -> bool {
        self.events.get_or_insert_with(|| broadcast::Sender::new(queue));
        let members = self.local.entry(Arc::clone(name)).or_default();
        *members += 1;
        *members == 1 && !self.remote.contains(name)
    }

    /// Whether the name is in no more.
    pub(crate) fn leave(&mut self, name: &Arc<str>) -> bool {
        let Some(members) = self.local.get_mut(name) else { return false };
        *members -= 1;
        if *members > 0 {
            return false;
        }
        self.local.remove(name);
        if self.local.is_empty() {
            self.events = None;
            self.remote.clear();
        }
        !self.remote.contains(name)
    }

    /// A place in the queue, from here on.
    pub(crate) fn listen(&self) -> Option<broadcast::Receiver<Event>> {
        self.events.as_ref().map(broadcast::Sender::subscribe)
    }

    pub(crate) fn tell(&self, event: Event) {
        if let Some(events) = &self.events {
            // There may be none that listens yet.
            let _none = events.send(event);
        }
    }

    pub(crate) fn has_members(&self) -> bool {
        self.events.is_some()
    }

    /// Whether nothing was said that is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.history.is_empty()
    }

    pub(crate) fn message(&mut self, message: Bytes, keep: usize) {
        if keep > 0 {
            if self.history.len() >= keep {
                self.history.pop_front();
            }
            self.history.push_back(message.clone());
        }
        self.tell(Event::Message(message));
    }

    /// What was said before this process had members.
    pub(crate) fn restore(&mut self, earlier: impl DoubleEndedIterator<Item = Bytes>, keep: usize) {
        for message in earlier.rev().take(keep.saturating_sub(self.history.len())) {
            self.history.push_front(message);
        }
    }

    pub(crate) fn history(&self) -> Vec<Bytes> {
        self.history.iter().cloned().collect()
    }

    /// The names in this process.
    pub(crate) fn local(&self) -> Vec<Arc<str>> {
        self.local.keys().cloned().collect()
    }

    pub(crate) fn present(&self) -> Vec<Arc<str>> {
        self.local.keys().chain(&self.remote).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Takes over who is in other processes, and gives what that changes.
    pub(crate) fn set_remote(&mut self, remote: BTreeSet<Arc<str>>) -> Vec<Event> {
        let here = |name: &&Arc<str>| !self.local.contains_key(*name);
        let joined = remote.difference(&self.remote).filter(here).cloned().map(Event::Joined);
        let left = self.remote.difference(&remote).filter(here).cloned().map(Event::Left);
        let changes = joined.chain(left).collect();
        self.remote = remote;
        changes
    }
}
