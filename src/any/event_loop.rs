//! A loop of any backend, and how each is made.

use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;

use loop_api::EventLoop;

use super::backend::Backend;
use super::macros::each;
#[allow(unused_imports)]
use super::options::BUDGET;
use super::options::Options;
use super::types::Handle;

/// A loop of any backend.
#[derive(Debug)]
// One loop lives in one place: a box would only be another allocation.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Loop {
    #[cfg(feature = "native")]
    Native(loop_native::NativeLoop),
    #[cfg(feature = "tokio")]
    Tokio(loop_tokio::TokioLoop),
    #[cfg(feature = "smol")]
    Smol(loop_smol::SmolLoop),
    #[cfg(feature = "dyn")]
    Erased(loop_erased::ErasedLoop),
    #[allow(dead_code)]
    Never(Infallible, PhantomData<()>),
}

impl Loop {
    /// Makes a loop of a backend that is compiled in.
    pub(crate) fn build(backend: Backend, options: &Options) -> io::Result<Loop> {
        // With no backend of ours compiled in this is never called.
        let _ = &options.host;
        watch();
        match backend {
            #[cfg(feature = "native")]
            Backend::Native => build_native(options).map(Loop::Native),
            #[cfg(feature = "tokio")]
            Backend::Tokio => build_tokio(options).map(Loop::Tokio),
            #[cfg(feature = "smol")]
            Backend::Smol => build_smol(options).map(Loop::Smol),
            #[cfg(feature = "sim")]
            Backend::Sim => build_sim(options).map(Loop::Erased),
            #[allow(unreachable_patterns)]
            other => Err(io::Error::new(io::ErrorKind::Unsupported, other.not_compiled())),
        }
    }

    pub(crate) fn handle(&self) -> Handle {
        each!(Loop => Handle as wrap; self, l => wrap(EventLoop::handle(l).clone()))
    }
}

/// tokio runtimes that are entered inside a loop of another backend are seen from now on.
pub(crate) fn watch() {
    #[cfg(feature = "tokio")]
    loop_tokio::watch();
}

#[cfg(feature = "native")]
fn build_native(options: &Options) -> io::Result<loop_native::NativeLoop> {
    let mut builder = loop_native::NativeLoop::builder();
    if let Some(n) = options.worker_threads {
        builder = builder.worker_threads(n);
    }
    if let Some(name) = &options.thread_name {
        builder = builder.thread_name(name).blocking_thread_name(name);
    }
    if let Some(tasks) = options.event_interval {
        builder = builder.event_interval(tasks);
    }
    if let Some(n) = options.max_blocking_threads {
        builder = builder.max_blocking_threads(n);
    }
    if let Some(time) = options.thread_keep_alive {
        builder = builder.thread_keep_alive(time);
    }
    if let Some(time) = options.spin {
        builder = builder.spin(time);
    }
    builder = builder.thread_hooks(options.hooks());
    #[cfg(feature = "test-util")]
    {
        builder = builder.start_paused(options.start_paused);
    }
    if let Some(host) = &options.host {
        builder = builder.host(host.clone());
    }
    if let Some(budget) = BUDGET {
        builder = builder.budget(budget);
    }
    builder.build()
}

#[cfg(feature = "tokio")]
fn build_tokio(options: &Options) -> io::Result<loop_tokio::TokioLoop> {
    let mut builder = loop_tokio::Builder::new();
    // It is tokio itself.
    let _ = &options.host;
    if let Some(n) = options.worker_threads {
        builder = builder.worker_threads(n);
    }
    if let Some(name) = &options.thread_name {
        builder = builder.thread_name(name);
    }
    if let Some(name) = &options.thread_name_fn {
        builder = builder.thread_name_fn(name.clone());
    }
    if let Some(bytes) = options.thread_stack_size {
        builder = builder.thread_stack_size(bytes);
    }
    if let Some(tasks) = options.event_interval {
        builder = builder.event_interval(tasks);
    }
    if let Some(tasks) = options.global_queue_interval {
        builder = builder.global_queue_interval(tasks);
    }
    if let Some(events) = options.max_io_events_per_tick {
        builder = builder.max_io_events_per_tick(events);
    }
    if let Some(events) = options.max_io_events_per_busy_tick {
        builder = builder.max_io_events_per_busy_tick(events);
    }
    if let Some(n) = options.max_blocking_threads {
        builder = builder.max_blocking_threads(n);
    }
    if let Some(time) = options.thread_keep_alive {
        builder = builder.thread_keep_alive(time);
    }
    #[cfg(feature = "test-util")]
    {
        builder = builder.start_paused(options.start_paused);
    }
    if let Some(hook) = &options.on_thread_start {
        builder = builder.on_thread_start(hook.clone());
    }
    if let Some(hook) = &options.on_thread_stop {
        builder = builder.on_thread_stop(hook.clone());
    }
    if let Some(hook) = &options.on_thread_park {
        builder = builder.on_thread_park(hook.clone());
    }
    if let Some(hook) = &options.on_thread_unpark {
        builder = builder.on_thread_unpark(hook.clone());
    }
    builder.build()
}

#[cfg(feature = "smol")]
fn build_smol(options: &Options) -> io::Result<loop_smol::SmolLoop> {
    #[cfg(feature = "test-util")]
    if options.start_paused {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "smol's clock is the process's and cannot be stopped: test with the backend `native` or `tokio`, \
             or with a simulator, or with short times",
        ));
    }
    let mut builder = loop_smol::Builder::new();
    if let Some(n) = options.worker_threads {
        builder.worker_threads(n);
    }
    if let Some(name) = &options.thread_name {
        builder.blocking_thread_name(name);
    }
    if let Some(n) = options.max_blocking_threads {
        builder.max_blocking_threads(n);
    }
    if let Some(time) = options.thread_keep_alive {
        builder.thread_keep_alive(time);
    }
    builder.thread_hooks(options.hooks());
    if let Some(host) = &options.host {
        builder.host(host.clone());
    }
    if let Some(budget) = BUDGET {
        builder.budget(budget);
    }
    builder.build()
}

/// In a world tokio goes by the world's clock.
#[cfg(all(feature = "sim", feature = "compat", feature = "test-util"))]
pub(crate) fn with_paused_tokio(builder: loop_sim::Builder) -> io::Result<loop_sim::Builder> {
    Ok(builder.host(std::sync::Arc::new(loop_compat::host::PausedTokio::new())))
}

#[cfg(all(feature = "sim", not(all(feature = "compat", feature = "test-util"))))]
pub(crate) fn with_paused_tokio(_: loop_sim::Builder) -> io::Result<loop_sim::Builder> {
    let message = "with_tokio in a simulated world needs anyloop's features `compat` and `test-util`";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}

#[cfg(feature = "sim")]
fn build_sim(options: &Options) -> io::Result<loop_erased::ErasedLoop> {
    let mut builder = loop_sim::Builder::from_env()?;
    if options.host.is_some() {
        builder = with_paused_tokio(builder)?;
    }
    if options.worker_threads.is_some() {
        // What threads would do to the order of tasks, a world does on one.
        builder = builder.order(loop_sim::Order::Random);
    }
    if let Some(budget) = BUDGET {
        builder = builder.budget(budget);
    }
    Ok(loop_erased::ErasedLoop::of(builder.build(), super::world::host))
}
