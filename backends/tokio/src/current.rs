//! Which tokio loop a thread is in, and which loop belongs to a runtime.
//!
//! On the threads of our own loops the answer lies in a thread-local. Elsewhere, in blocking jobs
//! and inside `enter` tokio is asked for its current runtime, so that the one that was entered last
//! is found, and that runtime's loop comes from a cache of one per thread; only when that misses is
//! the registry's lock taken.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{self, Future};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, Once, Weak};
use std::task::{Context, Poll, Waker};

use loop_api::callback;
use loop_api::context::{self, Entered, Scoped};
use loop_api::coop::{Foreign, set_foreign};
use loop_api::{Handle, Shared, task};
use tokio::runtime::{self, Id};
use tokio::task::coop;

use crate::inner::{Inner, Kind, TokioHandle};
use crate::task::current_id;

thread_local! {
    /// The loop whose `block_on` this thread is in, and no [`Handle::enter`] inside it.
    static SCOPED: Scoped<TokioHandle> = const { Scoped::new() };
    /// Whether a runtime of ours started this thread.
    static POOL_THREAD: Cell<bool> = const { Cell::new(false) };
    /// On a pool thread: its loop, once it was asked for.
    static OWNER: Cell<Option<TokioHandle>> = const { Cell::new(None) };
    /// Which one that is.
    static OWNER_ID: Cell<Option<Id>> = const { Cell::new(None) };
    /// The loop found last for a runtime that is not ours. Weak, so that a thread keeps no
    /// runtime's descriptors open.
    static FOUND: RefCell<Option<(Id, Weak<Inner>)>> = const { RefCell::new(None) };
    /// While the thread ends it goes before tokio's own context, which was made first.
    static CONTEXT: HasContext = HasContext::look();
}

/// Whether tokio's context was there when this was made.
struct HasContext(bool);

impl HasContext {
    fn look() -> HasContext {
        let gone = runtime::Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed());
        HasContext(!gone)
    }
}

impl Drop for HasContext {
    fn drop(&mut self) {
        self.0 = false;
    }
}

/// Enters a runtime, unless this thread is at its end: then tokio's context may be gone, and tokio
/// would panic, which in the destructor of a thread-local ends the process.
pub(crate) fn enter_runtime(runtime: &runtime::Handle) -> Option<runtime::EnterGuard<'_>> {
    let has_context = CONTEXT.try_with(|context| context.0).unwrap_or(false);
    has_context.then(|| runtime.enter())
}

/// All loops by their runtime's id, which tokio uses once.
static LOOPS: Mutex<Option<HashMap<Id, Weak<Inner>>>> = Mutex::new(None);

fn loops() -> MutexGuard<'static, Option<HashMap<Id, Weak<Inner>>>> {
    LOOPS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Calls `f` with the loop that this thread is in.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(Option<&TokioHandle>) -> R) -> R {
    // One call of `f`, which else would be too large to be inlined.
    with_scoped(|scoped| {
        let outside = if scoped.is_none() { Outside::find() } else { Outside::NONE };
        f(scoped.or(outside.handle()))
    })
}

/// Calls `f` with the loop whose `block_on` this thread is in, and no [`Handle::enter`] inside it.
#[inline]
pub(crate) fn with_scoped<R>(f: impl FnOnce(Option<&TokioHandle>) -> R) -> R {
    Scoped::look(&SCOPED, f)
}

/// The loop of a thread that is in no `block_on` of ours, if it is in one.
#[derive(Debug)]
pub struct Outside {
    handle: Option<TokioHandle>,
    /// It was taken out of [`OWNER`], so that no reference is counted, and is put back.
    is_owner: bool,
}

impl Outside {
    const NONE: Outside = Outside { handle: None, is_owner: false };

    /// Looks for it.
    #[inline(never)]
    pub fn find() -> Outside {
        // A blocking job may have entered a foreign runtime, which is then meant; a worker cannot
        // block in one.
        if POOL_THREAD.get() && runtime::worker_index().is_some() {
            if let Some(owner) = take_owner() {
                return Outside { handle: Some(owner), is_owner: true };
            }
        }
        Outside { handle: ambient(), is_owner: false }
    }

    /// The loop.
    #[inline]
    pub fn handle(&self) -> Option<&TokioHandle> {
        self.handle.as_ref()
    }

    #[inline(never)]
    fn put_back(&mut self) {
        let handle = self.handle.take();
        // While the thread ends its slot is gone.
        let _ = OWNER.try_with(|owner| owner.replace(handle));
    }
}

impl Drop for Outside {
    #[inline]
    fn drop(&mut self) {
        if self.is_owner {
            self.put_back();
        }
    }
}

/// Takes out the loop of a pool thread. Where it is missing it is found anew.
fn take_owner() -> Option<TokioHandle> {
    if let Some(owner) = OWNER.try_with(Cell::take).ok()? {
        return Some(owner);
    }
    // A task may have entered a foreign runtime before it asked: that one does not own the thread.
    let handle = ambient().filter(|handle| handle.inner().kind != Kind::Adopted)?;
    OWNER_ID.set(Some(handle.inner().id));
    Some(handle)
}

/// The loop of the runtime that tokio says is current.
fn ambient() -> Option<TokioHandle> {
    let runtime = runtime::Handle::try_current().ok()?;
    let id = runtime.id();
    let cached = FOUND.try_with(|found| match &*found.borrow() {
        Some((last, inner)) if *last == id => inner.upgrade(),
        _ => None,
    });
    if let Ok(Some(inner)) = cached {
        return Some(TokioHandle::from_inner(inner));
    }
    let handle = find_or_adopt(&runtime);
    #[cfg(feature = "test-util")]
    crate::test_clock::follow();
    let _ = FOUND.try_with(|found| found.replace(Some((id, Arc::downgrade(handle.inner())))));
    Some(handle)
}

/// Whether tokio, asked on this thread, finds the runtime of `handle`.
#[inline]
pub(crate) fn is_inside(handle: &TokioHandle) -> bool {
    with_scoped(|scoped| match scoped {
        Some(scoped) => Arc::ptr_eq(scoped.inner(), handle.inner()),
        None => owns_this_thread(handle),
    })
}

/// Whether this thread is inside the `block_on` of the loop of `handle`, so that the runtime cannot
/// end.
#[inline]
pub(crate) fn is_driving(handle: &TokioHandle) -> bool {
    with_scoped(|scoped| scoped.is_some_and(|scoped| Arc::ptr_eq(scoped.inner(), handle.inner())))
}

#[inline(never)]
fn owns_this_thread(handle: &TokioHandle) -> bool {
    if !POOL_THREAD.get() || runtime::worker_index().is_none() {
        return false;
    }
    if OWNER_ID.get().is_none() {
        // By the way it is put where it belongs.
        drop(Outside::find());
    }
    OWNER_ID.get() == Some(handle.inner().id)
}

/// Calls `f`, which drives the runtime, with `handle` as this thread's loop.
pub(crate) fn set<R>(handle: &TokioHandle, f: impl FnOnce() -> R) -> R {
    let _marked = context::mark_within(handle.shared(), context::number_of(&handle.inner().id));
    SCOPED.with(|slot| slot.set(handle, f))
}

/// Calls `f` with `handle` as this thread's loop, until another runtime is entered. The caller has
/// entered the runtime.
pub(crate) fn enter<R>(handle: &TokioHandle, f: impl FnOnce() -> R) -> R {
    let _marked = context::mark_within(handle.shared(), context::number_of(&handle.inner().id));
    let _restore = Restore(POOL_THREAD.replace(false));
    SCOPED.with(|slot| slot.clear(f))
}

/// [`enter`] until a guard is dropped. The caller has entered the runtime.
pub(crate) fn enter_guard<'a>(
    handle: &'a TokioHandle,
    runtime: Option<runtime::EnterGuard<'a>>,
) -> Entered<'a> {
    let entered = Entered::within(handle.shared(), context::number_of(&handle.inner().id));
    let restore = Restore(POOL_THREAD.replace(false));
    entered.holding((Scoped::hold(&SCOPED, None), restore, runtime))
}

/// Says again, when it is dropped, whether a runtime of ours started this thread.
#[derive(Debug)]
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        POOL_THREAD.set(self.0);
    }
}

/// Calls `f` with the loop of the runtime that tokio says is current, past all that we know of this
/// thread.
pub(crate) fn with_ambient<R>(f: impl FnOnce(Option<&TokioHandle>) -> R) -> R {
    f(ambient().as_ref())
}

/// This thread was started by a runtime of ours.
pub(crate) fn mark_pool_thread() {
    POOL_THREAD.set(true);
    context::mark_thread_of_loop();
}

/// Enters a loop of ours into the registry.
pub(crate) fn insert(handle: &TokioHandle) {
    watch_workers();
    loops().get_or_insert_default().insert(handle.inner().id, Arc::downgrade(handle.inner()));
}

/// Takes a loop out of the registry when its last handle is gone. Until then a closed loop stays
/// there: a job that outlived it still finds it.
pub(crate) fn remove(id: Id) {
    if let Some(loops) = &mut *loops() {
        if loops.get(&id).is_some_and(|inner| inner.strong_count() == 0) {
            loops.remove(&id);
        }
    }
}

/// tokio calls the same hook for workers and for blocking threads, and a thread may be the one and
/// then the other: whether it runs a loop now is asked when a caller wants to block it.
pub(crate) fn watch_workers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        context::add_probe(is_driven);
        context::set_foreign(entered);
        task::set_foreign_id(current_id);
        set_foreign(Foreign { is_spent: || !coop::has_budget_remaining(), without });
    });
}

/// The number of the runtime that tokio says is current, unless that only stands in; zero for none.
#[inline]
pub fn entered() -> u64 {
    match runtime::Handle::try_current() {
        Ok(runtime) => number_unless_lent(runtime),
        Err(_) => 0,
    }
}

#[inline(never)]
fn number_unless_lent(runtime: runtime::Handle) -> u64 {
    let number = context::number_of(&runtime.id());
    if context::is_lent(number) { 0 } else { number }
}

/// Calls `f` outside of tokio's budget.
fn without(f: &mut dyn FnMut()) {
    let call = future::poll_fn(|_| {
        f();
        Poll::Ready(())
    });
    // It is ready at once.
    let _ = pin!(coop::unconstrained(call)).poll(&mut Context::from_waker(Waker::noop()));
}

/// Whether a tokio runtime polls something on this thread.
fn is_driven() -> bool {
    runtime::worker_index().is_some() || (runtime::Handle::try_current().is_ok() && is_budgeted())
}

/// `worker_index` does not know the thread inside `block_on` of a multi-thread runtime. But what a
/// runtime polls has a budget, after which it must yield, and nothing else has: not a blocking job,
/// and not a thread that only entered the runtime.
#[cold]
fn is_budgeted() -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    let mut taken = Vec::new();
    // A budget is a u8. Each of its units goes back where it came from, in reverse order.
    while taken.len() <= usize::from(u8::MAX) {
        match coop::poll_proceed(&mut cx) {
            Poll::Ready(unit) => taken.push(unit),
            Poll::Pending => break,
        }
    }
    let budgeted = taken.len() <= usize::from(u8::MAX);
    while taken.pop().is_some() {}
    budgeted
}

impl Drop for Inner {
    fn drop(&mut self) {
        remove(self.id);
    }
}

/// The loop of `runtime`, a new one if it has none yet.
pub(crate) fn find_or_adopt(runtime: &runtime::Handle) -> TokioHandle {
    let id = runtime.id();
    let handle = {
        let mut loops = loops();
        let loops = loops.get_or_insert_default();
        if let Some(inner) = loops.get(&id).and_then(Weak::upgrade) {
            return TokioHandle::from_inner(inner);
        }
        let handle = TokioHandle::new(Shared::adopted("tokio"), runtime.clone(), Kind::Adopted);
        if let Some(name) = runtime.name() {
            handle.shared().set_name(name.to_owned());
        }
        loops.insert(id, Arc::downgrade(handle.inner()));
        handle
    };
    watch_workers();
    // Outside the lock: on a runtime that is shutting down the task is dropped at once. It also
    // keeps the loop (its exception handler, its callbacks) when all handles are gone.
    drop(runtime.spawn(callback::run_adopted(handle.clone())));
    handle
}
