//! Tasks that are waited for together.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};

use loop_api::promise::promise;
use loop_api::task::{Member, Woken};
use loop_api::{JoinError, coop};
use loop_toolkit::CatchUnwind;

use super::{AbortHandle, Id, JoinHandle, LocalJoinHandle, LocalSet};
use crate::runtime::{Handle, or_panic};

mod collect;
mod member;
#[cfg(test)]
mod tests;

use member::{Ended, Joined, Sent, Slot, with_id};

/// Tasks that are waited for together, in the order in which they end. Dropping the set aborts
/// those that are left; panics and outputs that were not taken are dropped with it. As tokio's;
/// [`insert`](Self::insert) adds any task.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let mut set = anyloop::task::JoinSet::new();
/// for n in 1..=3 {
///     set.spawn(async move { n * n });
/// }
/// let mut sum = 0;
/// while let Some(square) = set.join_next().await {
///     sum += square.unwrap();
/// }
/// assert_eq!(sum, 14);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping the set aborts its tasks"]
pub struct JoinSet<T> {
    tasks: Vec<Option<Slot<T>>>,
    /// Indices of `tasks` that are `None`.
    free: Vec<usize>,
    woken: Arc<Woken>,
}

impl<T> JoinSet<T> {
    /// No tasks.
    pub fn new() -> JoinSet<T> {
        JoinSet { tasks: Vec::new(), free: Vec::new(), woken: Arc::default() }
    }

    /// Starts a task on the loop that the caller runs in, and adds it.
    ///
    /// # Panics
    ///
    /// Without a loop; [`spawn_on`](Self::spawn_on) needs none.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.insert(super::spawn(future))
    }

    /// Starts a task on the loop of `handle`, and adds it.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::runtime::Runtime;
    /// use anyloop::task::JoinSet;
    ///
    /// let mut runtime = Runtime::new()?;
    /// let mut set = JoinSet::new();
    /// set.spawn_on(async { 1 }, runtime.handle());
    /// assert_eq!(runtime.block_on(set.join_all()), [1]);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&mut self, future: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.insert(handle.spawn(future))
    }

    /// Starts a blocking job on the loop that the caller runs in, and adds it.
    ///
    /// # Panics
    ///
    /// Without a loop.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.insert(super::spawn_blocking(f))
    }

    /// Starts a blocking job on the loop of `handle`, and adds it.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.insert(handle.spawn_blocking(f))
    }

    /// Starts a task that stays on this thread, for a future that is not `Send`, and adds it.
    ///
    /// # Panics
    ///
    /// Outside of a loop's thread, as [`task::spawn_local`](super::spawn_local).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let (mut set, shared) = (anyloop::task::JoinSet::new(), std::rc::Rc::new(1));
    /// let task = set.spawn_local(async move { *shared + 1 });
    /// assert_eq!(set.join_next_with_id().await.unwrap()?, (task.id(), 2));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        let caller = Location::caller();
        self.add_local(caller, future, |future| or_panic(super::try_spawn_local_from(caller, future)))
    }

    /// [`spawn_local`](Self::spawn_local) on `local_set`: both sets hold the task, and it ends with
    /// the one that is dropped first.
    ///
    /// # Panics
    ///
    /// As [`LocalSet::spawn_local`].
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, future: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        let caller = Location::caller();
        self.add_local(caller, future, |future| local_set.spawn_local_from(caller, future))
    }

    #[track_caller]
    fn add_local<F>(
        &mut self,
        caller: &'static Location<'static>,
        future: F,
        spawn: impl FnOnce(Sent<F>) -> LocalJoinHandle<()>,
    ) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (promise, output) = promise();
        let future = CatchUnwind::new(caller, future);
        let task = spawn(Sent { future: Some(future), promise: Some(promise) }).abort_handle();
        self.add(Joined::Local(output, task.clone()));
        task
    }

    /// Adds a task that was started already, on any loop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let mut set = anyloop::task::JoinSet::new();
    /// set.insert(anyloop::task::spawn(async { 1 }));
    /// assert_eq!(set.len(), 1);
    /// assert_eq!(set.join_all().await, [1]);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn insert(&mut self, task: JoinHandle<T>) -> AbortHandle {
        let abort = task.abort_handle();
        self.add(Joined::Task(task));
        abort
    }

    fn add(&mut self, task: Joined<T>) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.tasks.push(None);
            self.tasks.len() - 1
        });
        // Its first poll leaves the waker with the task.
        self.tasks[index] = Some(Slot { task, member: Member::new(index, &self.woken) });
    }

    /// How many tasks are in the set, also of those that have ended and were not given yet.
    pub fn len(&self) -> usize {
        self.tasks.len() - self.free.len()
    }

    /// Whether no task is in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The output of the next task that ends; `None` if the set is empty. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`JoinError`] if the task panicked or was aborted; the others are not touched.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let mut set = anyloop::task::JoinSet::new();
    /// set.spawn(async { 1 });
    /// set.spawn_blocking(|| panic!("alone"));
    /// let mut outputs = (0, 0);
    /// while let Some(ended) = set.join_next().await {
    ///     match ended {
    ///         Ok(output) => outputs.0 += output,
    ///         Err(error) => outputs.1 += u32::from(error.is_panic()),
    ///     }
    /// }
    /// assert_eq!(outputs, (1, 1));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// As [`join_next`](Self::join_next), with the task's id; an error has it
    /// [in itself](JoinError::id).
    ///
    /// # Errors
    ///
    /// As `join_next`.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let mut set = anyloop::task::JoinSet::new();
    /// let id = set.spawn(async { 7 }).id();
    /// assert_eq!(set.join_next_with_id().await.unwrap()?, (id, 7));
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// The output of a task that has ended already, if one has.
    ///
    /// # Errors
    ///
    /// As [`join_next`](Self::join_next).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let mut set = anyloop::task::JoinSet::new();
    /// set.spawn(async { 1 });
    /// assert!(set.try_join_next().is_none()); // it has not begun
    /// assert_eq!(set.join_next().await.unwrap()?, 1);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.try_next().map(|(_, result)| result)
    }

    /// As [`try_join_next`](Self::try_join_next), with the task's id.
    ///
    /// # Errors
    ///
    /// As [`join_next`](Self::join_next).
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.try_next().map(with_id)
    }

    fn try_next(&mut self) -> Option<Ended<T>> {
        loop {
            let index = self.woken.try_next()?;
            let Some(Some(slot)) = self.tasks.get_mut(index) else { continue };
            // It cannot give way, so it is not to be refused for a budget that is used up.
            let polled = if coop::is_spent() { coop::without(|| slot.poll()) } else { slot.poll() };
            if let Poll::Ready(output) = polled {
                return Some((self.take(index)?, output));
            }
        }
    }

    fn take(&mut self, index: usize) -> Option<Slot<T>> {
        self.free.push(index);
        self.tasks[index].take()
    }

    /// [`join_next`](Self::join_next), for futures that are written by hand.
    ///
    /// # Errors
    ///
    /// As `join_next`.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_next(cx).map(|ended| ended.map(|(_, result)| result))
    }

    /// [`join_next_with_id`](Self::join_next_with_id), for futures that are written by hand.
    ///
    /// # Errors
    ///
    /// As [`join_next`](Self::join_next).
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        self.poll_next(cx).map(|ended| ended.map(with_id))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ended<T>>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        // Of many that have ended, a poll takes as many as it may make transfers.
        coop::poll_transfer(cx, |cx| self.poll_woken(cx))
    }

    fn poll_woken(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ended<T>>> {
        // Nothing keeps the task forever: neither tasks that wake this without an end, nor one that
        // is refused again and again.
        let mut polls = self.len() + 1;
        loop {
            let Some(index) = self.woken.next(cx.waker()) else { return Poll::Pending };
            // Its place may be empty, or taken by another, which a poll does no harm.
            let Some(Some(slot)) = self.tasks.get_mut(index) else { continue };
            if let Poll::Ready(output) = slot.poll() {
                return Poll::Ready(self.take(index).map(|slot| (slot, output)));
            }
            polls -= 1;
            if polls == 0 || slot.member.is_woken() || coop::is_spent() {
                // The runtime's budget is used up, and the others would be refused too. It may keep
                // its wake until this poll is over.
                slot.member.wake_by_ref();
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// Waits for all tasks, and gives their outputs in the order in which they ended. Dropping the
    /// wait aborts the tasks that are left, and loses the outputs of the others: it is not cancel
    /// safe.
    ///
    /// # Panics
    ///
    /// If a task panicked, with its panic, or was aborted; the others are aborted then.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(output) = self.join_next().await {
            match output {
                Ok(output) => outputs.push(output),
                Err(error) => error.resume(),
            }
        }
        outputs
    }

    /// Asks all tasks to end. They stay in the set, and are given by
    /// [`join_next`](Self::join_next).
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let mut set = anyloop::task::JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.abort_all();
    /// assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    /// assert!(set.is_empty());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort_all(&mut self) {
        self.tasks.iter().flatten().for_each(|member| member.task.abort());
    }

    /// Takes all tasks out of the set, and lets them run on.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let (sender, receiver) = anyloop::promise::promise();
    /// let mut set = anyloop::task::JoinSet::new();
    /// set.spawn(async move { sender.settle(1).unwrap() });
    /// set.detach_all();
    /// drop(set);
    /// assert_eq!(receiver.await.unwrap(), 1);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn detach_all(&mut self) {
        self.tasks.clear();
        self.free.clear();
    }

    /// Asks all tasks to end, and waits until they have. Their outputs and panics are dropped.
    /// Cancel safe: the tasks that have not ended stay in the set, asked to end.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// let mut set = anyloop::task::JoinSet::new();
    /// set.spawn(std::future::pending::<()>());
    /// set.shutdown().await;
    /// assert!(set.is_empty());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        JoinSet::new()
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.abort_all();
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish_non_exhaustive()
    }
}
