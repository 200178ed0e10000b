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

/// A key's lower half is a place in the list, the upper half tells apart those who had the place one after the other.
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
    /// Before that: nothing is registered or waited for any more, but the threads are still woken by the poller.
    closed: bool,
    places: Vec<Place>,
    free: Vec<usize>,
    generation: usize,
}

#[derive(Debug)]
struct Place {
    key: usize,
    directions: Option<Arc<Directions>>,
}

impl Reactor {
    pub(crate) fn new(poller: Arc<Poller>) -> Self {
        let registry = Registry {
            poller: Some(poller),
            closed: false,
            places: Vec::new(),
            free: Vec::new(),
            generation: 0,
        };
        Reactor { registry: Mutex::new(registry) }
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a source: its key, and its two directions. `writes` says that it will be waited for to write it.
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
            (poller, registry.take_place(directions.clone())?)
        };
        // Its place is taken first: the first event may come before this returns.
        if let Err(error) = poller.add(source, key, writes) {
            self.lock().leave_place(key);
            return Err(error);
        }
        Ok((key, directions))
    }

    /// Deregisters a source, which is still open. After this no event of it reaches anybody.
    pub(crate) fn remove(&self, source: &Registered<impl AsSource>, key: usize) -> io::Result<()> {
        let Some(poller) = self.lock().poller.clone() else { return Ok(()) };
        let done = poller.delete(source);
        self.lock().leave_place(key);
        done
    }

    /// Asks for a report of the directions that somebody waits for, where the poller needs to be asked: each time, or the first time for
    /// writing.
    #[cold]
    pub(crate) fn arm(
        &self,
        source: &Registered<impl AsSource>,
        key: usize,
        directions: &Directions,
    ) -> io::Result<()> {
        if !Poller::ONESHOT && directions.writes.swap(true, Ordering::AcqRel) {
            // Whoever was first asks for all who wait by then, and is told even of what came before.
            return Ok(());
        }
        let poller = self.lock().open()?;
        let armed = poller.arm(source, key, || (directions.read.is_awaited(), directions.write.is_awaited()));
        if armed.is_err() && !Poller::ONESHOT {
            // The others ask for themselves.
            directions.writes.store(false, Ordering::Release);
            let mut wake = Vec::new();
            directions.write.shake(&mut wake);
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
        registry.places.len() == registry.free.len()
    }

    /// Collects the wakers of all who wait for one of `events`.
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
                // The report disarmed both directions: whoever still waits asks again.
                directions.read.shake(wake);
                directions.write.shake(wake);
            }
        }
    }

    /// Closes every source, and collects everybody who waits.
    pub(crate) fn close(&self, wake: &mut Vec<Waker>) {
        let mut registry = self.lock();
        registry.closed = true;
        registry.free.clear();
        for directions in registry.places.drain(..).filter_map(|place| place.directions) {
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

/// Out of the way of those who read.
#[inline(never)]
fn writable(directions: &Directions, cut: bool, wake: &mut Vec<Waker>) {
    directions.write.event(cut, wake);
}

impl Registry {
    fn open(&self) -> Result<Arc<Poller>, Closed> {
        self.poller.clone().filter(|_| !self.closed).ok_or(Closed)
    }

    fn take_place(&mut self, directions: Arc<Directions>) -> io::Result<usize> {
        let index = self.free.pop().unwrap_or(self.places.len());
        if index >> HALF != 0 {
            return Err(io::Error::new(io::ErrorKind::OutOfMemory, "too many sources on one loop"));
        }
        // One less than all the bits, because the key of all ones is the poller's own.
        self.generation = (self.generation + 1) % ((1 << HALF) - 1);
        let key = self.generation << HALF | index;
        let place = Place { key, directions: Some(directions) };
        if index == self.places.len() {
            self.places.push(place);
        } else {
            self.places[index] = place;
        }
        Ok(key)
    }

    fn find(&self, key: usize) -> Option<&Directions> {
        let place = self.places.get(key & ((1 << HALF) - 1))?;
        if place.key == key { place.directions.as_deref() } else { None }
    }

    fn leave_place(&mut self, key: usize) {
        let index = key & ((1 << HALF) - 1);
        if let Some(place) = self.places.get_mut(index).filter(|place| place.key == key) {
            if place.directions.take().is_some() {
                self.free.push(index);
            }
        }
    }
}
