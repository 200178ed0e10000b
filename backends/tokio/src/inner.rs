//! What a handle holds, and the handle as a value.

use std::fmt;
use std::sync::Arc;

use loop_api::Shared;
use tokio::runtime::{self, Id};

/// How the runtime is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A `LocalRuntime` of ours.
    Local,
    /// A multi-thread runtime of ours.
    Multi,
    /// Somebody else's.
    Adopted,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) shared: Shared,
    pub(crate) runtime: runtime::Handle,
    pub(crate) id: Id,
    pub(crate) kind: Kind,
}

/// A tokio runtime as a loop of anyloop, seen from anywhere.
///
/// ```
/// use loop_api::Handle;
/// use loop_tokio::TokioHandle;
///
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// runtime.block_on(async {
///     let handle = TokioHandle::try_current().expect("inside a tokio runtime there is a loop");
///     assert_eq!(handle.spawn(async { 7 }).await.unwrap(), 7);
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct TokioHandle {
    pub(crate) inner: Arc<Inner>,
}

impl TokioHandle {
    pub(crate) fn new(shared: Shared, runtime: runtime::Handle, kind: Kind) -> Self {
        let id = runtime.id();
        TokioHandle { inner: Arc::new(Inner { shared, runtime, id, kind }) }
    }

    pub(crate) fn from_inner(inner: Arc<Inner>) -> Self {
        TokioHandle { inner }
    }

    #[inline]
    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// tokio's own handle of the runtime.
    ///
    /// ```
    /// use loop_api::EventLoop;
    ///
    /// let tokio = loop_tokio::TokioLoop::new()?;
    /// let handle = tokio.handle().runtime().clone();
    /// let task = handle.spawn(async { 1 });
    /// assert!(!task.is_finished());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn runtime(&self) -> &runtime::Handle {
        &self.inner.runtime
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.shared.is_closed()
    }
}

impl fmt::Debug for TokioHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokioHandle")
            .field("runtime", &self.inner.id)
            .field("kind", &self.inner.kind)
            .field("shared", &self.inner.shared)
            .finish()
    }
}
