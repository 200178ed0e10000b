//! All groups of a process, behind one lock that is never held while something waits.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyloop::sync::broadcast::Receiver;
use bytes::Bytes;

use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::feed::{self, Feed};
use crate::group::Group;
use crate::layer::Layer;
use crate::settings::Settings;

pub(crate) struct Hub {
    pub(crate) settings: Settings,
    pub(crate) layer: Box<dyn Layer>,
    groups: Mutex<Groups>,
}

#[derive(Debug, Default)]
struct Groups {
    by_name: HashMap<Arc<str>, Group>,
    /// Those without members, which are there for their history, by when they were used.
    idle: BTreeMap<u64, Arc<str>>,
    uses: u64,
    /// Whether those without members are not kept, as the layer has their history.
    forget_idle: bool,
}

/// A member's place in a group, and what it finds there.
pub(crate) struct Place {
    pub(crate) events: Receiver<Event>,
    pub(crate) history: Vec<Bytes>,
    pub(crate) present: Vec<Arc<str>>,
}

impl Hub {
    /// Starts the layer, too.
    pub(crate) fn start(settings: Settings, layer: Box<dyn Layer>) -> Arc<Hub> {
        let groups = Groups { forget_idle: layer.keeps_history(), ..Groups::default() };
        let hub = Arc::new(Hub { settings, layer, groups: Mutex::new(groups) });
        let weak = Arc::downgrade(&hub);
        hub.layer.start(Feed::new(weak));
        hub
    }

    fn lock(&self) -> MutexGuard<'_, Groups> {
        // Nothing that can panic runs under it but for lack of memory.
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn send(&self, group: &Arc<str>, message: Bytes) -> Result<(), Error> {
        let Settings { max_message, max_groups, history, .. } = self.settings;
        if message.len() > max_message {
            let text = format!(
                "a message of {} bytes is longer than the {max_message} that are allowed",
                message.len()
            );
            return Err(Error::new(ErrorKind::Message, text));
        }
        let mut groups = self.lock();
        groups.entry(group, max_groups)?.message(message.clone(), history);
        groups.settle(group);
        drop(groups);
        self.layer.send(group, &message)
    }

    /// Counts a member in, until what it gives is dropped.
    pub(crate) fn join(self: &Arc<Self>, group: &Arc<str>, name: &Arc<str>) -> Result<Joined, Error> {
        let mut groups = self.lock();
        let Settings { queue, max_groups, announce, .. } = self.settings;
        let entry = groups.entry(group, max_groups)?;
        if entry.join(name, queue) && announce {
            entry.tell(Event::Joined(Arc::clone(name)));
        }
        groups.settle(group);
        drop(groups);
        self.layer.changed(group);
        Ok(Joined { hub: Arc::clone(self), group: Arc::clone(group), name: Arc::clone(name) })
    }

    /// Looks at a group, if it is there.
    pub(crate) fn with<T>(&self, group: &str, look: impl FnOnce(&mut Group) -> T) -> Option<T> {
        self.lock().by_name.get_mut(group).map(look)
    }
}

impl feed::Groups for Hub {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn look(&self, group: &str, look: &mut dyn FnMut(&mut Group)) {
        self.with(group, look);
    }

    fn open(&self) -> Vec<Arc<str>> {
        let groups = self.lock();
        let open = groups.by_name.iter().filter(|(_, group)| group.has_members());
        open.map(|(name, _)| Arc::clone(name)).collect()
    }

    fn tell_all(&self, event: &Event) {
        for group in self.lock().by_name.values() {
            group.tell(event.clone());
        }
    }
}

/// A name that is counted in a group.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) hub: Arc<Hub>,
    pub(crate) group: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl Joined {
    /// What it finds, and hears from here on.
    pub(crate) fn enter(&self) -> Place {
        let place = self.hub.with(&self.group, |group| {
            Some(Place { events: group.listen()?, history: group.history(), present: group.present() })
        });
        place.flatten().expect("a group has its queue while it has members")
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        let mut groups = self.hub.lock();
        if let Some(group) = groups.by_name.get_mut(&self.group) {
            if group.leave(&self.name) && self.hub.settings.announce {
                group.tell(Event::Left(Arc::clone(&self.name)));
            }
            groups.settle(&self.group);
        }
        drop(groups);
        self.hub.layer.changed(&self.group);
    }
}

impl Groups {
    /// A group, which is made if it is not there.
    fn entry(&mut self, name: &Arc<str>, most: usize) -> Result<&mut Group, Error> {
        if !self.by_name.contains_key(name) && self.by_name.len() >= most {
            // The one whose history was not used for longest.
            let Some((_, oldest)) = self.idle.pop_first() else {
                let text = format!("there are {most} groups, and all have members: no more are allowed");
                return Err(Error::new(ErrorKind::Groups, text));
            };
            self.by_name.remove(&oldest);
        }
        Ok(self.by_name.entry(Arc::clone(name)).or_default())
    }

    /// Notes whether a group that was used has members, or something that is kept.
    fn settle(&mut self, name: &Arc<str>) {
        let Some(group) = self.by_name.get_mut(name) else { return };
        if let Some(since) = group.idle.take() {
            self.idle.remove(&since);
        }
        if group.has_members() {
            return;
        }
        if self.forget_idle || group.is_empty() {
            self.by_name.remove(name);
        } else {
            self.uses += 1;
            group.idle = Some(self.uses);
            self.idle.insert(self.uses, Arc::clone(name));
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("settings", &self.settings)
            .field("layer", &self.layer)
            .field("groups", &self.lock().by_name.len())
            .finish_non_exhaustive()
    }
}
