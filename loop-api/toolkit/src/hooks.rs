//! What a loop's threads do when they start and end.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use loop_api::context;

/// A hook, called on the thread it is about.
pub type ThreadHook = Arc<dyn Fn() + Send + Sync>;

/// What gives each thread its name.
pub type ThreadName = Arc<dyn Fn() -> String + Send + Sync>;

/// std rounds the size of a stack up to whole pages, and panics if that runs over.
pub(crate) const MAX_STACK_SIZE: usize = 1 << (usize::BITS - 2);

/// What the threads that a loop starts call when they start and before they end: workers and those
/// for blocking jobs. For builders.
///
/// A hook's panic ends neither the thread nor the loop.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use loop_toolkit::{Pool, ThreadHooks};
///
/// let started = Arc::new(AtomicUsize::new(0));
/// let counts = started.clone();
/// let hooks = ThreadHooks::default().on_start(Arc::new(move || _ = counts.fetch_add(1, Ordering::Relaxed)));
/// let thread = std::thread::spawn(move || drop(hooks.started()));
/// thread.join().unwrap();
/// assert_eq!(started.load(Ordering::Relaxed), 1);
/// ```
#[derive(Clone, Default)]
pub struct ThreadHooks {
    start: Option<ThreadHook>,
    stop: Option<ThreadHook>,
    name: Option<ThreadName>,
    stack_size: Option<usize>,
}

impl ThreadHooks {
    /// Has `hook` called when a thread starts, in place of the one before.
    pub fn on_start(mut self, hook: ThreadHook) -> ThreadHooks {
        self.start = Some(hook);
        self
    }

    /// Has `hook` called before a thread ends, in place of the one before.
    pub fn on_stop(mut self, hook: ThreadHook) -> ThreadHooks {
        self.stop = Some(hook);
        self
    }

    /// Has `name` called for the name of each thread, in place of the loop's own names.
    pub fn names(mut self, name: ThreadName) -> ThreadHooks {
        self.name = Some(name);
        self
    }

    /// Makes the threads' stacks this large, in bytes; otherwise they are as large as std's.
    pub fn stack_size(mut self, bytes: usize) -> ThreadHooks {
        self.stack_size = Some(bytes.min(MAX_STACK_SIZE));
        self
    }

    /// A thread that is to be started, called `name` unless [`names`](Self::names) says otherwise.
    /// A zero byte in a name is left out.
    pub fn thread(&self, name: impl FnOnce() -> String) -> thread::Builder {
        let mut name = self.name.as_ref().map_or_else(name, |name| name());
        // A thread's name ends at one, and std panics on it.
        name.retain(|letter| letter != '\0');
        let builder = thread::Builder::new().name(name);
        match self.stack_size {
            Some(bytes) => builder.stack_size(bytes),
            None => builder,
        }
    }

    /// First thing on a thread of the loop's: calls the one hook, and the other when what this
    /// gives is dropped.
    pub fn started(&self) -> StartedThread {
        context::mark_thread_of_loop();
        call(self.start.as_ref());
        StartedThread { stop: self.stop.clone() }
    }
}

/// A thread of a loop's, before whose end this is dropped.
#[must_use = "it is dropped before the thread ends"]
pub struct StartedThread {
    stop: Option<ThreadHook>,
}

impl Drop for StartedThread {
    fn drop(&mut self) {
        call(self.stop.as_ref());
    }
}

fn call(hook: Option<&ThreadHook>) {
    if let Some(hook) = hook {
        // Its panic was told by the panic hook.
        mem::forget(catch_unwind(AssertUnwindSafe(|| hook())));
    }
}

impl fmt::Debug for ThreadHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadHooks")
            .field("start", &self.start.is_some())
            .field("stop", &self.stop.is_some())
            .field("name", &self.name.is_some())
            .field("stack_size", &self.stack_size)
            .finish()
    }
}

impl fmt::Debug for StartedThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedThread").finish_non_exhaustive()
    }
}
