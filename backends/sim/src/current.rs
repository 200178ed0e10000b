//! The host that a thread is in, and the clock that the thread goes by.

use std::cell::RefCell;
use std::sync::{Arc, Weak};
use std::time::{Duration, UNIX_EPOCH};

use loop_api::Handle;
use loop_api::context::Scoped;
use loop_api::time::{Instant, set_clock};

use crate::interpose::{self, Asked};
use crate::state::{Inner, SimHandle};

thread_local! {
    pub(crate) static CURRENT: Scoped<SimHandle> = const { Scoped::new() };
    static CLOCKS: RefCell<Clocks> = const { RefCell::new(Clocks { worlds: Vec::new(), before: None }) };
}

/// The worlds that a thread made and that are not closed: outside of all hosts, it goes by the last.
struct Clocks {
    worlds: Vec<Weak<Inner>>,
    before: Option<fn() -> Instant>,
}

/// The time on the clock of the current host; outside of all hosts, of the world.
fn virtual_now() -> Instant {
    let now = |host: Option<&SimHandle>| host.map(|host| host.instant(host.nanos()));
    if let Ok(Some(now)) = CURRENT.try_with(|slot| slot.with_current(now)) {
        return now;
    }
    match world_of_thread() {
        Some(world) => Instant::from_std(world.base + Duration::from_nanos(world.core.now())),
        None => Instant::from_std(std::time::Instant::now()),
    }
}

/// The last of the worlds that the thread made, or runs a job of.
fn world_of_thread() -> Option<Arc<Inner>> {
    let last =
        |clocks: &RefCell<Clocks>| clocks.try_borrow().ok()?.worlds.iter().rev().find_map(Weak::upgrade);
    CLOCKS.try_with(last).ok().flatten()
}

/// What std's clock tells in a world. Between runs, what is measured is the test's own; with real
/// threads, all of them go by the system's.
fn std_clock() -> Option<(Duration, Duration)> {
    let told = |host: Option<&SimHandle>| {
        let host = host.filter(|host| host.0.world.config.threads.is_none())?;
        let day = host.wall_clock().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some((Duration::from_nanos(host.nanos()), day))
    };
    Scoped::look(&CURRENT, told)
}

fn std_random() -> Option<u64> {
    let of_host = |host: Option<&SimHandle>| host.map(|host| host.0.world.clone());
    let world = Scoped::look(&CURRENT, of_host)
        .or_else(world_of_thread)
        .filter(|world| world.config.threads.is_none())?;
    Some(world.core.random())
}

/// From now on this thread goes by the clock of a world.
pub(crate) fn follow(world: &Arc<Inner>) {
    interpose::ask(Asked { clock: std_clock, random: std_random });
    CLOCKS.with_borrow_mut(|clocks| {
        if clocks.worlds.is_empty() {
            clocks.before = set_clock(Some(virtual_now));
        }
        clocks.worlds.push(Arc::downgrade(world));
    });
}

/// It no longer does.
pub(crate) fn unfollow(world: &Arc<Inner>) {
    // While the thread ends there is no clock to put back.
    let _gone = CLOCKS.try_with(|clocks| {
        let mut clocks = clocks.borrow_mut();
        let before = clocks.worlds.len();
        clocks.worlds.retain(|other| !std::ptr::eq(other.as_ptr(), Arc::as_ptr(world)));
        if before > 0 && clocks.worlds.is_empty() {
            set_clock(clocks.before.take());
        }
    });
}
