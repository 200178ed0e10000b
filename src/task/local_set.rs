//! Tasks that stay on a thread, waited for and ended together: tokio's name for it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use loop_api::{Handle as _, LocalError, task};

use super::early::Early;
use super::{AbortHandle, LocalJoinHandle, TaskTracker};
use crate::any::{self, each};
use crate::runtime::{Id, Runtime, or_panic};

thread_local! {
    /// The sets that were entered on this thread, the last one at the end.
    static ENTERED: RefCell<Vec<Rc<Tasks>>> = const { RefCell::new(Vec::new()) };
    /// How many those are.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// Tasks that stay on this thread, waited for and ended together. It is thin: the loop's thread can
/// [`spawn_local`](super::spawn_local) by itself, and tasks of the set run whenever the loop does,
/// not only while the set is polled, as tokio's.
///
/// Tasks may be spawned before a loop runs: they start, in their order, when the set is first run by
/// [`block_on`](Self::block_on) or [`run_until`](Self::run_until), or awaited. (To a set that is
/// neither nothing happens in a loop: its early tasks wait.)
///
/// Awaited, by `&mut` or by value, it waits until its tasks have ended. Dropped, it asks those that
/// are left to end. What is spawned by the free [`spawn_local`](super::spawn_local) where a loop runs
/// does not belong to it.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::task::LocalSet;
/// use std::{cell::Cell, rc::Rc};
///
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let (set, sum) = (LocalSet::new(), Rc::new(Cell::new(0)));
/// for n in 1..=3 {
///     let sum = sum.clone();
///     set.spawn_local(async move { sum.set(sum.get() + n) });
/// }
/// let kept = sum.clone();
/// assert_eq!(set.run_until(async { anyloop::task::spawn_local(async move { kept.get() }).await }).await?, 6);
/// set.await;
/// assert_eq!(sum.get(), 6);
/// # std::io::Result::Ok(())
/// # })?;
///
/// // Before there is a loop.
/// let set = LocalSet::new();
/// let early = set.spawn_local(async { "early" });
/// let mut runtime = anyloop::runtime::Runtime::new()?;
/// assert_eq!(set.block_on(&mut runtime, early)?, "early");
/// # std::io::Result::Ok(())
/// ```
#[must_use = "dropping the set ends its tasks"]
pub struct LocalSet {
    set: Rc<Tasks>,
    id: Id,
    /// What awaits the set, from its first poll.
    wait: Option<Pin<Box<dyn Future<Output = ()>>>>,
    not_send: PhantomData<*const ()>,
}

/// Starts an early task, or drops it if told false.
type Start = Box<dyn FnOnce(bool)>;

/// What a set and its guards share.
struct Tasks {
    tasks: RefCell<Vec<AbortHandle>>,
    tracker: TaskTracker,
    /// What starts those that were spawned before a loop ran, or drops them if told false.
    early: RefCell<Vec<Start>>,
}

impl Tasks {
    #[track_caller]
    fn spawn<F>(&self, caller: &'static Location<'static>, future: F) -> LocalJoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let future = self.tracker.track_future(future);
        let task = if runs_here() {
            self.start_early();
            or_panic(super::spawn_on_loop(caller, future))
        } else {
            let early = Early::new();
            let task = early.clone();
            self.early.borrow_mut().push(Box::new(move |starts| {
                if starts {
                    early.start(|id| start(id, caller, future));
                } else {
                    drop(future);
                    early.end();
                }
            }));
            LocalJoinHandle::early(task)
        };
        let mut tasks = self.tasks.borrow_mut();
        if tasks.len() == tasks.capacity() {
            tasks.retain(|task| !task.is_finished());
        }
        tasks.push(task.abort_handle());
        task
    }

    /// Starts what was spawned before a loop ran.
    #[track_caller]
    fn start_early(&self) {
        for start in self.early.take() {
            start(true);
        }
    }
}

/// Starts an early task, which keeps its id.
#[track_caller]
fn start<F>(id: task::Id, caller: &'static Location<'static>, future: F) -> any::LocalTask<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let with_id = async move {
        let mut future = pin!(future);
        poll_fn(move |cx| {
            let _entered = id.enter();
            future.as_mut().poll(cx)
        })
        .await
    };
    or_panic(super::spawn_on_loop(caller, with_id)).into_task_of_loop()
}

/// Whether a task can be spawned on this thread, or never can.
fn runs_here() -> bool {
    any::with_current(|current| match current {
        Some(handle) => {
            let shared: &loop_api::Shared = each!(HandleRef; handle, h => h.shared());
            shared.is_loop_thread() || shared.is_adopted()
        }
        None => false,
    })
}

/// Whether a set was entered here.
#[inline]
pub(super) fn is_entered() -> bool {
    COUNT.get() > 0
}

/// Spawns on the loop that runs here, or else on the set that was entered last.
#[cold]
#[track_caller]
pub(super) fn spawn_entered<F>(
    caller: &'static Location<'static>,
    future: F,
) -> Result<LocalJoinHandle<F::Output>, LocalError>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let set = ENTERED.with(|entered| entered.borrow().last().cloned());
    match set {
        Some(set) if !runs_here() => Ok(set.spawn(caller, future)),
        _ => super::spawn_on_loop(caller, future),
    }
}

impl LocalSet {
    /// No tasks.
    pub fn new() -> LocalSet {
        let tracker = TaskTracker::new();
        tracker.close();
        let set = Tasks { tasks: RefCell::default(), tracker, early: RefCell::default() };
        LocalSet { set: Rc::new(set), id: Id::next(), wait: None, not_send: PhantomData }
    }

    /// Starts a task that stays on this thread, and adds it. Where no loop runs on this thread yet
    /// it is kept until the set is run.
    ///
    /// # Panics
    ///
    /// On an adopted runtime, as [`task::spawn_local`](super::spawn_local).
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> LocalJoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.spawn_local_from(Location::caller(), future)
    }

    #[track_caller]
    pub(super) fn spawn_local_from<F>(
        &self,
        caller: &'static Location<'static>,
        future: F,
    ) -> LocalJoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.set.spawn(caller, future)
    }

    /// A number for the set, which no loop and no other set has.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Runs `future`, while the set's tasks run beside it. Cancel safe if `future` is.
    ///
    /// # Panics
    ///
    /// If tasks were spawned before a loop ran, and this is polled where none does.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        self.set.start_early();
        future.await
    }

    /// [`Runtime::block_on`], by tokio's name.
    ///
    /// # Panics
    ///
    /// As `Runtime::block_on`.
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &mut Runtime, future: F) -> F::Output {
        runtime.block_on(self.run_until(future))
    }

    /// Until the guard is dropped, the free [`spawn_local`](super::spawn_local) adds to this set
    /// where no loop runs on this thread. Where one does, that is where tasks go, with or without a
    /// set.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::task::{LocalSet, spawn_local};
    ///
    /// let set = LocalSet::new();
    /// let entered = set.enter();
    /// let task = spawn_local(async { 1 });
    /// drop(entered);
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// assert_eq!(set.block_on(&mut runtime, task)?, 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> LocalEnterGuard {
        ENTERED.with(|entered| entered.borrow_mut().push(self.set.clone()));
        COUNT.set(COUNT.get() + 1);
        LocalEnterGuard { set: self.set.clone(), not_send: PhantomData }
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        LocalSet::new()
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.set.start_early();
        let tracker = &this.set.tracker;
        let wait = this.wait.get_or_insert_with(|| {
            let tracker = tracker.clone();
            Box::pin(async move { tracker.wait().await })
        });
        let done = wait.as_mut().poll(cx);
        if done.is_ready() {
            this.wait = None;
        }
        done
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        for start in self.set.early.take() {
            start(false);
        }
        // What is dropped may spawn, and so come back here.
        let tasks = self.set.tasks.take();
        tasks.iter().for_each(AbortHandle::abort);
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").field("len", &self.set.tracker.len()).finish_non_exhaustive()
    }
}

/// What [`LocalSet::enter`] gives.
#[must_use = "the set is entered only while this lives"]
pub struct LocalEnterGuard {
    set: Rc<Tasks>,
    not_send: PhantomData<*const ()>,
}

impl Drop for LocalEnterGuard {
    fn drop(&mut self) {
        // While the thread ends there is none to be taken out.
        let left = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            let place = entered.iter().rposition(|set| Rc::ptr_eq(set, &self.set));
            place.map(|place| entered.remove(place))
        });
        COUNT.set(COUNT.get() - 1);
        drop(left);
    }
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}
