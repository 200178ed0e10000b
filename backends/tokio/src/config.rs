//! What a loop is made from, and the runtime that is made of it.

use std::fmt;
use std::io;
use std::time::Duration;

use loop_toolkit::{ThreadHook, ThreadName, Threads};
use tokio::runtime::{self, LocalOptions};

use crate::current;
use crate::no_thread;

#[derive(Debug)]
pub(crate) enum Runtime {
    Local(tokio::runtime::LocalRuntime),
    Multi(tokio::runtime::Runtime),
}

/// What a [`Builder`](crate::Builder) sets.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) worker_threads: Option<usize>,
    pub(crate) max_blocking_threads: Option<usize>,
    pub(crate) thread_keep_alive: Option<Duration>,
    pub(crate) thread_name: Option<ThreadName>,
    pub(crate) thread_stack_size: Option<usize>,
    pub(crate) event_interval: Option<u32>,
    pub(crate) global_queue_interval: Option<u32>,
    pub(crate) max_io_events_per_tick: Option<usize>,
    pub(crate) max_io_events_per_busy_tick: Option<usize>,
    #[cfg(feature = "test-util")]
    pub(crate) start_paused: bool,
    pub(crate) on_thread_start: Option<ThreadHook>,
    pub(crate) on_thread_stop: Option<ThreadHook>,
    pub(crate) on_thread_park: Option<ThreadHook>,
    pub(crate) on_thread_unpark: Option<ThreadHook>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("worker_threads", &self.worker_threads).finish_non_exhaustive()
    }
}

impl Config {
    /// The runtime, whose threads are counted in `threads`.
    pub(crate) fn build(self, threads: &Threads) -> io::Result<Runtime> {
        if self.worker_threads == Some(0) || self.max_blocking_threads == Some(0) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a loop needs at least one thread of each kind: leave the option out for the default",
            ));
        }
        let mut builder = match self.worker_threads {
            None => runtime::Builder::new_current_thread(),
            Some(n) => {
                let mut builder = runtime::Builder::new_multi_thread();
                builder.worker_threads(n);
                builder
            }
        };
        builder.enable_all();
        let (on_start, on_stop) = (self.on_thread_start, self.on_thread_stop);
        let (started, stopped) = (threads.clone(), threads.clone());
        builder.on_thread_start(move || {
            started.started();
            current::mark_pool_thread();
            on_start.iter().for_each(|hook| hook());
        });
        builder.on_thread_stop(move || {
            on_stop.iter().for_each(|hook| hook());
            stopped.stopped();
        });
        if let Some(hook) = self.on_thread_park {
            builder.on_thread_park(move || hook());
        }
        if let Some(hook) = self.on_thread_unpark {
            builder.on_thread_unpark(move || hook());
        }
        if let Some(n) = self.max_blocking_threads {
            builder.max_blocking_threads(n);
        }
        if let Some(time) = self.thread_keep_alive {
            builder.thread_keep_alive(time);
        }
        if let Some(name) = self.thread_name {
            builder.thread_name_fn(move || name().replace('\0', ""));
        }
        if let Some(bytes) = self.thread_stack_size {
            builder.thread_stack_size(bytes);
        }
        if let Some(tasks) = self.event_interval {
            builder.event_interval(tasks);
        }
        if let Some(tasks) = self.global_queue_interval {
            builder.global_queue_interval(tasks);
        }
        if let Some(events) = self.max_io_events_per_tick {
            builder.max_io_events_per_tick(events);
        }
        if let Some(events) = self.max_io_events_per_busy_tick {
            builder.max_io_events_per_busy_tick(events);
        }
        #[cfg(feature = "test-util")]
        if self.start_paused {
            if self.worker_threads.is_some() {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "tokio stops the clock of a runtime on one thread only: leave out worker_threads",
                ));
            }
            builder.start_paused(true);
        }
        Ok(match self.worker_threads {
            None => Runtime::Local(builder.build_local(LocalOptions::default())?),
            Some(_) => Runtime::Multi(no_thread::caught(|| builder.build())??),
        })
    }
}
