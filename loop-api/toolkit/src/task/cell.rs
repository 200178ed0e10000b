//! The cell: one allocation that holds a task's state, its executor, and its future or output.
#![allow(unsafe_code)]

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::header::{Header, VTable, release};
use super::runnable::Runnable;
use super::schedule::{Schedule, TaskFuture};
use super::state::{Completed, Idle, Start, State};
use super::waker;
use loop_api::error::JoinError;
use loop_api::loom_shim::UnsafeCell;
use loop_api::task::Id;

/// `repr(C)`, so that a pointer to the cell is a pointer to its header.
#[repr(C)]
struct Cell<F: TaskFuture, S> {
    header: Header,
    schedule: S,
    /// Where the task was spawned. The future knows too, but once polled it may not be read.
    location: &'static Location<'static>,
    /// Belongs to the thread that set RUNNING; once COMPLETE, to the join handle if JOIN was set
    /// then, else to the completer.
    stage: UnsafeCell<Stage<F>>,
}

/// Two variants, not three: then the compiler can tell them apart by a niche of the larger one.
enum Stage<F: TaskFuture> {
    /// Pinned: never moved from here.
    Pending(F),
    /// `None` if the output was taken, or there was none because the task was cancelled.
    Done(Option<F::Output>),
}

/// How many bytes a task takes.
#[cfg(all(test, not(anyloop_loom)))]
pub(super) fn size_of_task<F: TaskFuture, S>(_: &F) -> usize {
    size_of::<Cell<F, S>>()
}

impl<F: TaskFuture, S: Schedule> Cell<F, S> {
    const VTABLE: VTable = VTable {
        poll: poll::<F, S>,
        schedule: schedule::<F, S>,
        schedule_last: schedule_last::<F, S>,
        yield_now: yield_now::<F, S>,
        cancel: cancel::<F, S>,
        take: take::<F, S>,
        drop_output: drop_output::<F, S>,
        free: free::<F, S>,
        location: location::<F, S>,
        abort_in_place: F::ABORT_IN_PLACE,
    };

    /// # Safety
    ///
    /// The task must be alive for `'a`, and a `Cell<F, S>`.
    unsafe fn of<'a>(task: NonNull<Header>) -> &'a Self {
        // SAFETY: `task` comes from `allocate`, whose pointer was to the whole cell. What changes
        // in a cell is in an UnsafeCell or atomic.
        unsafe { task.cast::<Self>().as_ref() }
    }
}

/// Makes a task that is about to be scheduled. It has as many references as are given: for its
/// `Runnable`, for its join handle, and for the list of its set, if it is in one.
pub(super) fn allocate<F: TaskFuture, S: Schedule>(
    future: F,
    schedule: S,
    references: usize,
    id: u64,
) -> NonNull<Header> {
    let location = future.location();
    let cell = Box::new(Cell {
        header: Header::new(State::new(references), const { &Cell::<F, S>::VTABLE }, id),
        schedule,
        location,
        stage: UnsafeCell::new(Stage::Pending(future)),
    });
    // SAFETY: a box is not null.
    unsafe { NonNull::new_unchecked(Box::into_raw(cell)) }.cast()
}

/// Frees a task that no other thread has seen. Its future is dropped inside the loop, and a panic
/// of that is reported.
///
/// # Safety
///
/// It comes from `allocate::<F, S>`, and all its references are the caller's.
pub(super) unsafe fn discard<F: TaskFuture, S: Schedule>(task: NonNull<Header>) {
    // SAFETY: alive by contract, and there is no other reference.
    let cell = unsafe { Cell::<F, S>::of(task) };
    let _entered = cell.header.id().enter();
    cell.schedule.within(&mut || {
        // SAFETY: there is no other reference.
        let dropped = unsafe { cell.stage.with_mut(|stage| empty(stage)) };
        report::<F>(dropped, cell.location);
    });
    // SAFETY: by contract.
    unsafe { free::<F, S>(task) }
}

// ---- what is in the vtable ----

/// # Safety
///
/// See [`VTable`].
unsafe fn poll<F: TaskFuture, S: Schedule>(task: NonNull<Header>) -> bool {
    /// Ends the task if its poll unwinds. That is not the future's panic, which is in the output,
    /// but that of the wrapper around it.
    struct Unwound<F: TaskFuture, S: Schedule>(NonNull<Header>, std::marker::PhantomData<(F, S)>);
    impl<F: TaskFuture, S: Schedule> Drop for Unwound<F, S> {
        fn drop(&mut self) {
            // SAFETY: dropped only out of a poll, with RUNNING set and the Runnable's reference at
            // hand.
            unsafe { cancel::<F, S>(self.0, 1) }
        }
    }

    // SAFETY: the Runnable's reference keeps the task alive until one of the branches gives it up.
    let cell = unsafe { Cell::<F, S>::of(task) };
    match cell.header.state.start(false) {
        Start::Poll => {}
        // SAFETY: RUNNING is set by `start`; our reference is given up.
        Start::Cancel => unsafe {
            cancel::<F, S>(task, 1);
            return false;
        },
        // SAFETY: our reference is given up.
        Start::Gone => unsafe {
            release(task, 1);
            return false;
        },
    }

    let unwound = Unwound::<F, S>(task, std::marker::PhantomData);
    // SAFETY: our reference outlives the waker. RUNNING is set, so the stage is ours; it is not
    // complete, so it is Pending. The future is pinned: it stays in its place until it is dropped
    // there.
    let polled = unsafe {
        let waker = waker::borrowed(task);
        cell.stage.with_mut(|stage| match &mut *stage {
            Stage::Pending(future) => Pin::new_unchecked(future).poll(&mut Context::from_waker(&waker)),
            Stage::Done(_) => unreachable!("a running task has its future"),
        })
    };
    mem::forget(unwound);

    let Poll::Ready(output) = polled else {
        match cell.header.state.idle() {
            Idle::Waits => {}
            // SAFETY: that was the last reference.
            Idle::Last => unsafe { free::<F, S>(task) },
            Idle::Again => return true,
            // SAFETY: RUNNING is still set; our reference is given up.
            Idle::Abort => unsafe { cancel::<F, S>(task, 1) },
        }
        return false;
    };
    // SAFETY: RUNNING is set, so the stage is ours.
    let dropped = unsafe {
        cell.stage.with_mut(|stage| {
            let dropped = empty(stage);
            stage.write(Stage::Done(Some(output)));
            dropped
        })
    };
    report::<F>(dropped, cell.location);
    // SAFETY: the stage has the output; our reference is given up.
    unsafe { finish::<F, S>(task, 1) }
    false
}

/// # Safety
///
/// See [`VTable`].
unsafe fn schedule<F: TaskFuture, S: Schedule>(task: NonNull<Header>) {
    // SAFETY: the caller has a reference of its own, so the scheduler is alive until it returns;
    // and one for the Runnable.
    unsafe { Cell::<F, S>::of(task).schedule.schedule(Runnable::from_header(task)) }
}

/// # Safety
///
/// See [`VTable`].
unsafe fn schedule_last<F: TaskFuture, S: Schedule>(task: NonNull<Header>) {
    // SAFETY: the reference is the caller's until the Runnable is made of it, and the scheduler is
    // not used after that.
    unsafe {
        if let Some(put) = Cell::<F, S>::of(task).schedule.local_schedule() {
            return put(Runnable::from_header(task));
        }
    }
    // SAFETY: the task is alive, so a reference can be counted, which keeps the scheduler alive
    // until it is done.
    unsafe {
        task.as_ref().state.retain();
        schedule::<F, S>(task);
        release(task, 1);
    }
}

/// # Safety
///
/// See [`VTable`].
unsafe fn yield_now<F: TaskFuture, S: Schedule>(task: NonNull<Header>) {
    // SAFETY: as in `schedule`.
    unsafe { Cell::<F, S>::of(task).schedule.yield_now(Runnable::from_header(task)) }
}

/// # Safety
///
/// See [`VTable`].
unsafe fn cancel<F: TaskFuture, S: Schedule>(task: NonNull<Header>, references: usize) {
    // SAFETY: alive by contract.
    let cell = unsafe { Cell::<F, S>::of(task) };
    let entered = cell.header.id().enter();
    // SAFETY: RUNNING is set by the caller, so the stage is ours.
    unsafe {
        cell.stage.with_mut(|stage| {
            if let Err(payload) = empty(stage) {
                stage.write(Stage::Done(Some(F::caught(payload, cell.location))));
            }
        });
    }
    drop(entered);
    // SAFETY: the future is gone; the references are passed on.
    unsafe { finish::<F, S>(task, references) }
}

/// Completes a task whose stage holds no future any more, and releases `references`.
///
/// # Safety
///
/// RUNNING is set by the caller, who gives up the references, and holds one throughout if it gives
/// up none.
unsafe fn finish<F: TaskFuture, S: Schedule>(task: NonNull<Header>, references: usize) {
    // SAFETY: alive by contract.
    let cell = unsafe { Cell::<F, S>::of(task) };
    // Before the waiter is told, so that the one who has awaited a task does not find it in the
    // set.
    let listed = Id::set_of(cell.header.id_bits()) != 0
        // SAFETY: alive.
        && cell.schedule.tasks().is_some_and(|set| unsafe { set.remove(task) });
    let references = references + usize::from(listed);
    let location = cell.location;
    match cell.header.state.complete(references) {
        // The cell may be gone by now, unless the caller holds a reference.
        Completed::Released => return,
        Completed::Detached => {
            // SAFETY: there was no join handle when the task completed, so the output is ours.
            unsafe { cell.stage.with_mut(|stage| discard_output(stage, cell)) };
        }
        Completed::Awaited => {
            // SAFETY: the slot was given to us, for good.
            let waker = unsafe { cell.header.waker.with_mut(|slot| (*slot).take()) };
            if let Some(waker) = waker {
                report::<F>(catch_unwind(AssertUnwindSafe(|| waker.wake())), location);
            }
        }
    }
    if references > 0 {
        // SAFETY: ours, and the list's.
        unsafe { release(task, references) }
    }
}

/// # Safety
///
/// See [`VTable`]; the pointer must be good for writing a `Result<F::Value, JoinError>`.
unsafe fn take<F: TaskFuture, S: Schedule>(task: NonNull<Header>, to: *mut ()) {
    // SAFETY: alive, complete and the caller's, all by contract.
    let cell = unsafe { Cell::<F, S>::of(task) };
    // SAFETY: the caller's, by contract.
    let stage = unsafe { cell.stage.with_mut(|stage| mem::replace(&mut *stage, Stage::Done(None))) };
    let result = match stage {
        Stage::Done(Some(output)) => output.into_result(|| cell.header.id()),
        Stage::Pending(_) | Stage::Done(None) => Err(JoinError::Cancelled(cell.header.id())),
    };
    // SAFETY: by contract.
    unsafe { to.cast::<Result<F::Value, JoinError>>().write(result) }
}

/// # Safety
///
/// See [`VTable`].
unsafe fn drop_output<F: TaskFuture, S: Schedule>(task: NonNull<Header>) {
    // SAFETY: alive, complete and the caller's, all by contract.
    unsafe {
        let cell = Cell::<F, S>::of(task);
        cell.stage.with_mut(|stage| discard_output(stage, cell));
    }
}

/// Drops an output that is not taken. What panics in there is reported.
///
/// # Safety
///
/// The stage must be the caller's.
unsafe fn discard_output<F: TaskFuture, S: Schedule>(stage: *mut Stage<F>, cell: &Cell<F, S>) {
    // SAFETY: the caller's.
    if let Stage::Done(Some(output)) = unsafe { &mut *stage } {
        let (location, _entered) = (cell.location, cell.header.id().enter());
        if F::ENDS_OUTSIDE && mem::needs_drop::<F::Value>() | output.is_panic() {
            return cell.schedule.within(&mut || output.discard(F::KIND, Some(location)));
        }
        output.discard(F::KIND, Some(location));
    }
}

/// # Safety
///
/// See [`VTable`].
unsafe fn free<F: TaskFuture, S: Schedule>(task: NonNull<Header>) {
    // SAFETY: from `allocate`, and no other reference is left.
    let cell = unsafe { Box::from_raw(task.cast::<Cell<F, S>>().as_ptr()) };
    // A future is left only in a task that no other thread has seen, or that is in no set and
    // nothing can wake any more. SAFETY: no other reference is left.
    let dropped = unsafe { cell.stage.with_mut(|stage| empty(stage)) };
    report::<F>(dropped, cell.location);
}

/// # Safety
///
/// See [`VTable`].
unsafe fn location<F: TaskFuture, S: Schedule>(task: NonNull<Header>) -> &'static Location<'static> {
    // SAFETY: alive by contract.
    unsafe { Cell::<F, S>::of(task) }.location
}

/// Drops what is in the stage, in its place. It is empty afterwards also if that panics.
///
/// # Safety
///
/// The stage must be the caller's.
unsafe fn empty<F: TaskFuture>(stage: *mut Stage<F>) -> Result<(), Box<dyn Any + Send>> {
    let dropped = if mem::needs_drop::<Stage<F>>() {
        // SAFETY: the caller's; overwritten below without another drop. After a panic what is left
        // is not looked at.
        catch_unwind(AssertUnwindSafe(|| unsafe { stage.drop_in_place() }))
    } else {
        Ok(())
    };
    // SAFETY: the caller's; what was there has been dropped.
    unsafe { stage.write(Stage::Done(None)) };
    dropped
}

/// Hands a panic that cannot be awaited to the exception handler.
fn report<F: TaskFuture>(result: Result<(), Box<dyn Any + Send>>, location: &'static Location<'static>) {
    if let Err(payload) = result {
        report_cold::<F>(payload, location);
    }
}

#[cold]
fn report_cold<F: TaskFuture>(payload: Box<dyn Any + Send>, location: &'static Location<'static>) {
    // Dropping a caught panic unread reports it. If reporting panics too there is no handler left
    // to tell; the second payload is not dropped, because that could panic again.
    mem::forget(catch_unwind(AssertUnwindSafe(|| drop(F::caught(payload, location)))));
}
