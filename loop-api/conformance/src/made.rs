//! A subject by the type of its loop alone, so that subjects that differ in how they make it share
//! the compiled cases: most of what a test program is made of.

use std::any::Any;
use std::cell::RefCell;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use loop_api::EventLoop;
#[cfg(unix)]
use loop_api::signal::SignalKind;

use crate::Subject;
use crate::harness::run_case;

/// What a subject is asked for.
struct Maker<L: EventLoop> {
    make: fn() -> io::Result<L>,
    #[cfg(unix)]
    raise: fn(&L::Handle, SignalKind),
}

thread_local! {
    /// The [`Maker`] of the subject whose case runs on this thread.
    static MAKER: RefCell<Option<Arc<dyn Any + Send + Sync>>> = const { RefCell::new(None) };
}

/// The subject whose case this thread runs.
#[doc(hidden)]
#[derive(Debug)]
pub struct Made<L>(PhantomData<fn() -> L>);

impl<L: EventLoop + 'static> Subject for Made<L> {
    type Loop = L;

    fn make() -> io::Result<L> {
        asked(|maker: &Maker<L>| maker.make)()
    }

    #[cfg(unix)]
    fn raise(handle: &L::Handle, kind: SignalKind) {
        asked(|maker: &Maker<L>| maker.raise)(handle, kind);
    }
}

/// Asks the subject whose case this thread runs.
fn asked<L: EventLoop + 'static, R>(f: impl FnOnce(&Maker<L>) -> R) -> R {
    let found = MAKER.with_borrow(|maker| maker.as_ref()?.downcast_ref().map(f));
    found.expect("a thread of the case: start it by `spawn_thread`")
}

/// Runs a case of [`Made`] on loops of `S`.
#[doc(hidden)]
#[track_caller]
pub fn run_subject<S: Subject>(name: &'static str, alone: bool, case: fn()) {
    let maker: Arc<dyn Any + Send + Sync> = Arc::new(Maker::<S::Loop> {
        make: S::make,
        #[cfg(unix)]
        raise: S::raise,
    });
    run_case(name, alone, move || {
        MAKER.set(Some(maker));
        case();
    });
}

/// A thread of a case on which loops are made.
pub(crate) fn spawn_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let maker = MAKER.with_borrow(Clone::clone);
    thread::spawn(move || {
        MAKER.set(maker);
        f()
    })
}
