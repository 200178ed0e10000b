//! What is to happen, in the order of time.

use std::collections::BTreeMap;
use std::fmt;
use std::task::Waker;

use crate::fault::Fault;
use crate::net::packet::Sent;

/// Something that is to happen.
pub(crate) enum Event {
    /// A sleep ends.
    Timer(Waker),
    /// A packet arrives.
    Packet(Box<Sent>),
    /// A client asks again, unless it was answered.
    SynTimer { end: u64, tries: u32 },
    /// A stream gives up, unless it was answered.
    GiveUp { end: u64 },
    /// A fault.
    Fault(Fault),
    /// Something of the test's own.
    Call(Box<dyn FnOnce() + Send>),
}

/// Its time, its place among those of that time, and its number, which is never used twice.
pub(crate) type Key = (u64, u64, u64);

/// The events to come.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    events: BTreeMap<Key, Event>,
    closed: bool,
}

impl Agenda {
    /// Puts an event in. On a closed agenda it comes back.
    pub(crate) fn insert(&mut self, key: Key, event: Event) -> Option<Event> {
        if self.closed {
            return Some(event);
        }
        self.events.insert(key, event)
    }

    /// Gives a sleep another waker; the one before comes back. `Err` if the sleep has ended.
    pub(crate) fn replace_waker(&mut self, key: Key, waker: Waker) -> Result<Waker, Waker> {
        match self.events.get_mut(&key) {
            Some(Event::Timer(slot)) => Ok(std::mem::replace(slot, waker)),
            _ => Err(waker),
        }
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Event> {
        self.events.remove(&key)
    }

    /// The first event, if it is due.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<(Key, Event)> {
        let first = self.events.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove_entry())
    }

    /// When the first event is due.
    pub(crate) fn first(&self) -> Option<u64> {
        self.events.first_key_value().map(|(key, _)| key.0)
    }

    /// Takes no more, and gives what was left, to be dropped without a lock.
    pub(crate) fn close(&mut self) -> BTreeMap<Key, Event> {
        self.closed = true;
        std::mem::take(&mut self.events)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Event::Timer(_) => "Timer",
            Event::Packet(_) => "Packet",
            Event::SynTimer { .. } => "SynTimer",
            Event::GiveUp { .. } => "GiveUp",
            Event::Fault(_) => "Fault",
            Event::Call(_) => "Call",
        })
    }
}
