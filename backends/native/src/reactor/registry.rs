//! The registered sources, and what the poller says of them.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use loop_api::Closed;
use loop_api::readiness::AsSource;
use loop_toolkit::wake_each;

use super::direction::Direction;
use super::sys::{Events, Poller, Registered};

/// A key's lower half is the index of a slot, the upper half its generation, which tells apart the
/// sources that had the slot one after the other.
const HALF: u32 = usize::BITS / 2;

/// The two directions of a source.
#[derive(Debug)]
pub(crate) struct Directions {
    pub(crate) read: Direction,
    pub(crate) write: Direction,
    /// Whether the poller reports that it can be written.
    writes: AtomicBool,
}

/// The sources of one loop. They can be registered and dropped on any thread.
#[derive(Debug)]
pub(crate) struct Reactor {
    registry: Mutex<Registry>,
}

#[derive(Debug)]
struct Registry {
    /// `None` once the loop has ended, so that no descriptor of the loop's outlives it.
    poller: Option<Arc<Poller>>,
    /// Before that: nothing is registered or waited for any more, but the threads are still woken
    /// by the poller.
    closed: bool,
    slots: Vec<Slot>,
    free: Vec<usize>,
    generation: usize,
}

#[derive(Debug)]
struct Slot {
    key: usize,
    directions: Option<Arc<Directions>>,
}

impl Reactor {
    pub(crate) fn new(poller: Arc<Poller>) -> Self {
        let registry = Registry {
            poller: Some(poller),
            closed: false,
            slots: Vec::new(),
            free: Vec::new(),
            generation: 0,
        };
        Reactor { registry: Mutex::new(registry) }
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a source: its key, and its two directions. `writes` says that it will be waited
    /// for to write it.
    pub(crate) fn add(
        &self,
        source: &Registered<impl AsSource>,
        writes: bool,
    ) -> io::Result<(usize, Arc<Directions>)> {
        let (read, write) = (Direction::new(), Direction::new());
        let directions =
            Arc::new(Directions { read, write, writes: AtomicBool::new(writes || Poller::BOTH) });
        let (poller, key) = {
            let mut registry = self.lock();
            let poller = registry.open()?;
            (poller, registry.insert(directions.clone())?)
        };
        // Its slot is taken first: the first event may come before this returns.
        if let Err(error) = poller.add(source, key, writes) {
            self.lock().remove(key);
            return Err(error);
        }
        Ok((key, directions))
    }

    /// Deregisters a source, which is still open. After this no event of it reaches any waiter.
    pub(crate) fn remove(&self, source: &Registered<impl AsSource>, key: usize) -> io::Result<()> {
        let Some(poller) = self.lock().poller.clone() else { return Ok(()) };
        let done = poller.delete(source);
        self.lock().remove(key);
        done
    }

    /// Asks for a report of the directions that have a waiter, where the poller needs to be asked:
    /// each time, or the first time for writing.
    #[cold]
    pub(crate) fn arm(
        &self,
        source: &Registered<impl AsSource>,
        key: usize,
        directions: &Directions,
    ) -> io::Result<()> {
        if !Poller::ONESHOT && directions.writes.swap(true, Ordering::AcqRel) {
            // The first asks for all that wait by then, and gets a report even of what came before.
            return Ok(());
        }
        let poller = self.lock().open()?;
        let armed = poller.arm(source, key, || (directions.read.is_awaited(), directions.write.is_awaited()));
        if armed.is_err() && !Poller::ONESHOT {
            // The others ask for themselves.
            directions.writes.store(false, Ordering::Release);
            let mut wake = Vec::new();
            directions.write.wake_all(&mut wake);
            wake_each(|| wake.pop());
        }
        armed
    }

    /// Ends the wait in the poller that is under way, or the next one.
    pub(crate) fn notify(&self) {
        if let Some(poller) = &self.lock().poller {
            poller.notify();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        let registry = self.lock();
        registry.slots.len() == registry.free.len()
    }

    /// Collects the wakers of all that wait for one of `events`.
    pub(crate) fn collect(&self, events: &Events, wake: &mut Vec<Waker>) {
        if events.is_empty() {
            return;
        }
        let registry = self.lock();
        for event in events.iter() {
            let Some(directions) = registry.find(event.key) else { continue };
            if event.readable {
                directions.read.event(event.cut, wake);
            }
            if event.writable {
                writable(directions, event.cut, wake);
            }
            if Poller::ONESHOT {
                // The report disarmed both directions: the remaining waiters ask again.
                directions.read.wake_all(wake);
                directions.write.wake_all(wake);
            }
        }
    }

    /// Closes every source, and collects all waiters.
    pub(crate) fn close(&self, wake: &mut Vec<Waker>) {
        let mut registry = self.lock();
        registry.closed = true;
        registry.free.clear();
        for directions in registry.slots.drain(..).filter_map(|slot| slot.directions) {
            directions.read.close(wake);
            directions.write.close(wake);
        }
    }

    /// Lets go of the poller.
    pub(crate) fn release(&self) {
        let poller = self.lock().poller.take();
        drop(poller);
    }
}

/// Out of line, because reads are more frequent.
#[inline(never)]
fn writable(directions: &Directions, cut: bool, wake: &mut Vec<Waker>) {
    directions.write.event(cut, wake);
}

impl Registry {
    fn open(&self) -> Result<Arc<Poller>, Closed> {
        self.poller.clone().filter(|_| !self.closed).ok_or(Closed)
    }

    fn insert(&mut self, directions: Arc<Directions>) -> io::Result<usize> {
        let index = self.free.pop().unwrap_or(self.slots.len());
        if index >> HALF != 0 {
            return Err(io::Error::new(io::ErrorKind::OutOfMemory, "too many sources on one loop"));
        }
        // One less than all the bits, because the key of all ones is the poller's own.
        self.generation = (self.generation + 1) % ((1 << HALF) - 1);
        let key = self.generation << HALF | index;
        let slot = Slot { key, directions: Some(directions) };
        if index == self.slots.len() {
            self.slots.push(slot);
        } else {
            self.slots[index] = slot;
        }
        Ok(key)
    }

    fn find(&self, key: usize) -> Option<&Directions> {
        let slot = self.slots.get(key & ((1 << HALF) - 1))?;
        if slot.key == key { slot.directions.as_deref() } else { None }
    }

    fn remove(&mut self, key: usize) {
        let index = key & ((1 << HALF) - 1);
        if let Some(slot) = self.slots.get_mut(index).filter(|slot| slot.key == key) {
            if slot.directions.take().is_some() {
                self.free.push(index);
            }
        }
    }
}
