//! Which task runs next, on which thread, and what wakes that thread.

mod idle;
pub(crate) mod injector;
pub(crate) mod local;
mod main_waker;
mod parker;
mod unparker;
pub(crate) mod worker;
mod workers;

#[cfg(all(test, anyloop_loom))]
pub(crate) use idle::Idle;
pub(crate) use injector::Injector;
pub(crate) use local::LocalQueue;
pub(crate) use main_waker::MainWaker;
#[cfg(all(test, anyloop_loom))]
pub(crate) use parker::Parker;
pub(crate) use unparker::Unparker;
pub(crate) use workers::{WorkerThreads, Workers};
