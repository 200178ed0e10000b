//! Where a layer tells what it hears from other processes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Weak};

use bytes::Bytes;

use crate::event::Event;
use crate::group::Group;
use crate::settings::Settings;

/// The groups of this process, as a feed sees them.
pub(crate) trait Groups: fmt::Debug + Send + Sync {
    fn settings(&self) -> &Settings;

    /// Looks at a group, if it is there.
    fn look(&self, group: &str, look: &mut dyn FnMut(&mut Group));

    /// Those that have members.
    fn open(&self) -> Vec<Arc<str>>;

    fn tell_all(&self, event: &Event);
}

/// What a [`Layer`](crate::Layer) tells of other processes, and asks of this one. It does not keep
/// the channels alive, and does nothing once they are gone. Two are equal if they are those of the
/// same channels. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed(Weak<dyn Groups>);

impl Feed {
    pub(crate) fn new(groups: Weak<dyn Groups>) -> Feed {
        Feed(groups)
    }

    /// The names of the members in this process; `None` if there are none.
    pub fn local(&self, group: &str) -> Option<Vec<Arc<str>>> {
        let mut local = None;
        self.0.upgrade()?.look(group, &mut |group| local = Some(group.local()));
        local.filter(|names| !names.is_empty())
    }

    /// The groups that have members in this process.
    pub fn groups(&self) -> Vec<Arc<str>> {
        self.0.upgrade().map(|groups| groups.open()).unwrap_or_default()
    }

    /// How many messages a group keeps for those that join later.
    pub fn history(&self) -> usize {
        self.0.upgrade().map_or(0, |groups| groups.settings().history)
    }

    /// A message of another process, for a group that has members here.
    pub fn deliver(&self, group: &str, message: Bytes) {
        self.with(group, |settings, group| group.message(message, settings.history));
    }

    /// What was said in a group before it had members here, the earliest first.
    pub fn restore(&self, group: &str, earlier: Vec<Bytes>) {
        self.with(group, |settings, group| group.restore(earlier.into_iter(), settings.history));
    }

    /// Who is in a group in all other processes; members are told what that changes.
    pub fn present(&self, group: &str, names: impl IntoIterator<Item = Arc<str>>) {
        let names: BTreeSet<_> = names.into_iter().collect();
        self.with(group, |settings, group| {
            let changes = group.set_remote(names);
            if settings.announce {
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
        if let Some(groups) = self.0.upgrade() {
            groups.tell_all(if reachable { &Event::Back } else { &Event::Away });
        }
    }

    /// For a group that has members here.
    fn with(&self, group: &str, then: impl FnOnce(&Settings, &mut Group)) {
        let Some(groups) = self.0.upgrade() else { return };
        let mut then = Some(then);
        groups.look(group, &mut |group| {
            if let Some(then) = then.take().filter(|_| group.has_members()) {
                then(groups.settings(), group);
            }
        });
    }
}

impl PartialEq for Feed {
    fn eq(&self, other: &Feed) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl Eq for Feed {}
