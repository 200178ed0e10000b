//! Values that belong to a task.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::LocalKey as ThreadKey;

use pin_project_lite::pin_project;

/// Declares variables that hold a value of their own in each [`scope`](LocalKey::scope), whatever
/// thread polls it.
///
/// ```
/// # futures_lite::future::block_on(async {
/// loop_api::task_local! { static USER: String; }
///
/// let greets = async { USER.with(|user| format!("Ciao {user}")) };
/// let greeting = USER.scope("Amber".to_owned(), greets).await;
/// assert_eq!(greeting, "Ciao Amber");
/// assert!(USER.try_with(|_| ()).is_err());
/// # });
/// ```
#[macro_export]
macro_rules! task_local {
    ($($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty);+ $(;)?) => {
        $($(#[$attribute])* $vis static $name: $crate::task::LocalKey<$type> = {
            ::std::thread_local! {
                static SLOT: ::std::cell::RefCell<::std::option::Option<$type>> =
                    const { ::std::cell::RefCell::new(::std::option::Option::None) };
            }
            $crate::task::LocalKey::new(&SLOT)
        };)+
    };
}

/// A variable made by [`task_local!`](crate::task_local).
pub struct LocalKey<T: 'static> {
    slot: &'static ThreadKey<RefCell<Option<T>>>,
}

/// The variable was read outside its scope: wrap the future in [`LocalKey::scope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the task-local variable has no value here: run the future inside its `scope(value, future)`",
        )
    }
}

impl std::error::Error for AccessError {}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(slot: &'static ThreadKey<RefCell<Option<T>>>) -> Self {
        LocalKey { slot }
    }

    /// `future` with the variable set to `value` for itself and all it calls; tasks that it spawns
    /// do not inherit it.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> Scope<T, F> {
        Scope { key: self, value: Some(value), future: Some(future) }
    }

    /// `f` with the variable set to `value`.
    pub fn sync_scope<R>(&'static self, value: T, f: impl FnOnce() -> R) -> R {
        let mut value = Some(value);
        let _entered = Entered::new(self, &mut value);
        f()
    }

    /// Reads the variable.
    ///
    /// # Errors
    ///
    /// [`AccessError`] outside a scope of it.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        self.slot.with(|slot| {
            let slot = slot.try_borrow().map_err(|_| AccessError)?;
            slot.as_ref().map(f).ok_or(AccessError)
        })
    }

    /// [`try_with`](Self::try_with) for callers that know where they are.
    ///
    /// # Panics
    ///
    /// Outside a scope of it; the message names the remedy.
    #[track_caller]
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match self.try_with(f) {
            Ok(output) => output,
            Err(error) => panic!("{error}"),
        }
    }

    /// A copy of the value.
    ///
    /// # Panics
    ///
    /// As [`with`](Self::with).
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// As [`get`](Self::get), for callers that may be outside of a scope of it.
    ///
    /// # Errors
    ///
    /// [`AccessError`] outside a scope of it.
    pub fn try_get(&'static self) -> Result<T, AccessError>
    where
        T: Clone,
    {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// The value is in the thread's slot for as long as this lives, and what was there before comes
/// back.
struct Entered<'a, T: 'static> {
    key: &'static LocalKey<T>,
    value: &'a mut Option<T>,
}

impl<'a, T: 'static> Entered<'a, T> {
    fn new(key: &'static LocalKey<T>, value: &'a mut Option<T>) -> Self {
        key.slot.with(|slot| std::mem::swap(&mut *slot.borrow_mut(), value));
        Entered { key, value }
    }
}

impl<T: 'static> Drop for Entered<'_, T> {
    fn drop(&mut self) {
        self.key.slot.with(|slot| std::mem::swap(&mut *slot.borrow_mut(), self.value));
    }
}

pin_project! {
    /// A future with a value of its own for a task-local variable: see [`LocalKey::scope`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Scope<T, F> where T: 'static {
        key: &'static LocalKey<T>,
        value: Option<T>,
        #[pin]
        future: Option<F>,
    }

    impl<T, F> PinnedDrop for Scope<T, F> where T: 'static {
        fn drop(this: Pin<&mut Self>) {
            // The future's own drop may read the variable.
            let mut this = this.project();
            if this.future.is_some() {
                let _entered = Entered::new(this.key, this.value);
                this.future.set(None);
            }
        }
    }
}

impl<T: 'static, F> Scope<T, F> {
    /// Takes the value, when the future is not being polled; then a poll finds none. `None` if it
    /// was taken before.
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for Scope<T, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _entered = Entered::new(this.key, this.value);
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("a task-local scope was polled after it was done");
        };
        let polled = future.poll(cx);
        if polled.is_ready() {
            this.future.set(None);
        }
        polled
    }
}

impl<T, F> fmt::Debug for Scope<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}
