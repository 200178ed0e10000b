//! What is to happen, in the order of time.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::task::Waker;

use crate::fault::Fault;
use crate::net::packet::Sent;
use crate::trace::What;

/// Something that is to happen.
pub(crate) enum Event {
    /// A sleep ends.
    Timer(Waker),
    /// A packet arrives.
    Packet(Sent),
    /// A client asks again, unless it was answered.
    SynTimer { end: u64, tries: u32 },
    /// A stream gives up, unless it was answered.
    GiveUp { end: u64 },
    /// A fault.
    Fault(Fault),
    /// A disk has come to what was asked of it.
    Disk(Box<Asked>),
    /// Something of the test's own.
    Call(Box<dyn FnOnce() + Send>),
}

/// What was asked of a disk.
pub(crate) struct Asked {
    pub(crate) host: u32,
    pub(crate) what: &'static str,
    pub(crate) inode: u64,
    pub(crate) len: u64,
    pub(crate) run: Box<dyn FnOnce() + Send>,
}

/// Its time, its place among those of that time, and its number, which is never used twice.
pub(crate) type Key = (u64, u64, u64);

/// The events to come.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    events: BTreeMap<Key, Event>,
    /// Packets that were put in in the order of time, as where all ways take equally long: most of
    /// all events, and this is the cheaper place for them. They are not taken back.
    packets: VecDeque<(Key, Event)>,
    closed: bool,
}

impl Agenda {
    /// Puts an event in. On a closed agenda it comes back.
    pub(crate) fn insert(&mut self, key: Key, event: Event) -> Option<Event> {
        if self.closed {
            return Some(event);
        }
        let in_order = self.packets.back().is_none_or(|(last, _)| *last < key);
        if in_order && matches!(event, Event::Packet(_)) {
            self.packets.push_back((key, event));
            return None;
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
        let first = self.events.first_entry();
        match self.packets.front() {
            Some((key, _)) if first.as_ref().is_none_or(|first| key < first.key()) => {
                if key.0 <= now {
                    self.packets.pop_front()
                } else {
                    None
                }
            }
            _ => Some(first.filter(|first| first.key().0 <= now)?.remove_entry()),
        }
    }

    /// When the first event is due.
    pub(crate) fn first(&self) -> Option<u64> {
        let packet = self.packets.front().map(|(key, _)| key.0);
        self.events.first_key_value().map(|(key, _)| key.0).into_iter().chain(packet).min()
    }

    /// Takes no more, and gives what was left, to be dropped without a lock.
    pub(crate) fn close(&mut self) -> BTreeMap<Key, Event> {
        self.closed = true;
        // Nothing of the program's is in them.
        self.packets.clear();
        std::mem::take(&mut self.events)
    }
}

impl Event {
    /// What is written down when it happens; nothing where it may be of no effect.
    #[inline]
    pub(crate) fn what(&self, (_, _, number): Key) -> Option<What> {
        Some(match self {
            Event::Timer(_) => What::Timer { number },
            Event::Packet(sent) => {
                let (kind, id, len) = sent.packet.summary();
                What::Packet { kind, from: sent.from, to: sent.to, id, len, sent: sent.at }
            }
            Event::SynTimer { .. } | Event::GiveUp { .. } => return None,
            Event::Fault(fault) => What::Fault(fault.to_string().into()),
            Event::Disk(asked) => {
                What::Disk { host: asked.host, what: asked.what, inode: asked.inode, len: asked.len }
            }
            Event::Call(_) => What::Call { number },
        })
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
            Event::Disk(_) => "Disk",
            Event::Call(_) => "Call",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::packet::Packet;
    use crate::rng::Rng;

    fn packet() -> Event {
        let packet = Packet::Fin { to: 0 };
        Event::Packet(Sent { from: 0, to: 0, end: None, packet, at: 0 })
    }

    #[test]
    fn events_come_in_the_order_of_their_keys_wherever_they_wait() {
        let (mut agenda, mut rng, mut keys) = (Agenda::default(), Rng::new(1), Vec::new());
        for number in 0..1000 {
            let key = (number / 2 + rng.below(20), 0, number);
            let event = if rng.below(3) == 0 { Event::Timer(Waker::noop().clone()) } else { packet() };
            assert!(agenda.insert(key, event).is_none());
            keys.push(key);
        }
        keys.sort_unstable();
        for key in keys {
            assert_eq!(agenda.first(), Some(key.0));
            assert!(key.0 == 0 || agenda.pop_due(key.0 - 1).is_none());
            assert_eq!(agenda.pop_due(key.0).map(|(popped, _)| popped), Some(key));
        }
        assert!(agenda.first().is_none() && agenda.pop_due(u64::MAX).is_none());
    }
}
