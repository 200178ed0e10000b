//! Which loop the caller runs in, of all backends compiled in.
//!
//! With one backend the closure that is given the loop is called at one place only, so that it is
//! inlined however large it is. With several it is called at one for each, and is to be small: there
//! it goes on to a function of that backend's own ([`apart`](super::dispatch::apart)), by a jump, as
//! nothing is left to do after it. So an ambient call asks each backend's slot, a load and a
//! comparison, and is then in the backend. What is in no slot (a loop that was entered by a guard, a
//! thread of a foreign runtime, a worker of tokio's, a runtime that is adopted) is looked for apart.

#[allow(unused_imports)]
use loop_api::context::{self, Innermost};
#[allow(unused_imports)]
use loop_api::{Handle as _, Shared};

use super::each;
use super::types::{Handle, HandleRef};

/// With one backend compiled in there is nothing to tell apart, and nothing is asked.
const SEVERAL: bool = cfg!(feature = "native") as u8
    + cfg!(feature = "tokio") as u8
    + cfg!(feature = "smol") as u8
    + cfg!(feature = "dyn") as u8
    > 1;

type Found<'a> = Option<HandleRef<'a>>;

/// Calls `f` with the loop that the caller entered last, whichever backend's.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(Found<'_>) -> R) -> R {
    if SEVERAL {
        return erased(context::innermost(), f);
    }
    only(|found| {
        let elsewhere = if found.is_none() { Elsewhere::find(None) } else { None };
        f(found.or_else(|| elsewhere.as_ref()?.handle()))
    })
}

/// Whether the caller runs in the loop that its thread keeps for one backend. tokio may be entered
/// past all of anyloop, and is then the inner one.
#[allow(dead_code)]
#[inline]
fn is(innermost: Option<Innermost>, shared: &Shared) -> bool {
    if !SEVERAL {
        return true;
    }
    // Without a record the loop's own slot is all there is.
    innermost.is_none_or(|innermost| innermost.is(shared) && !has_tokio_inside(innermost))
}

#[allow(dead_code)]
#[inline]
fn has_tokio_inside(innermost: Innermost) -> bool {
    let _ = innermost;
    #[cfg(feature = "tokio")]
    return innermost.foreign().is_some_and(|before| loop_tokio::entered() != before);
    #[cfg(not(feature = "tokio"))]
    false
}

/// Calls `f` with what is in the slot of the one backend.
#[inline]
fn only<R>(f: impl FnOnce(Found<'_>) -> R) -> R {
    #[cfg(feature = "native")]
    return loop_native::NativeHandle::with_scoped(|handle| f(handle.map(HandleRef::Native)));
    #[cfg(all(feature = "tokio", not(feature = "native")))]
    return loop_tokio::TokioHandle::with_scoped(|handle| f(handle.map(HandleRef::Tokio)));
    #[cfg(all(feature = "smol", not(any(feature = "native", feature = "tokio"))))]
    return loop_smol::SmolHandle::with_scoped(|handle| f(handle.map(HandleRef::Smol)));
    #[cfg(all(feature = "dyn", not(any(feature = "native", feature = "tokio", feature = "smol"))))]
    return loop_erased::ErasedHandle::with_scoped(|handle| f(handle.map(HandleRef::Erased)));
    #[cfg(not(any(feature = "native", feature = "tokio", feature = "smol", feature = "dyn")))]
    f(None)
}

/// Calls `f` with the loop of a slot. An erased loop runs on another that may be one of ours, and
/// is asked before those.
#[inline]
fn erased<R>(innermost: Option<Innermost>, f: impl FnOnce(Found<'_>) -> R) -> R {
    #[cfg(feature = "dyn")]
    return loop_erased::ErasedHandle::with_scoped(|current| match current {
        Some(handle) if is(innermost, handle.shared()) => f(Some(HandleRef::Erased(handle))),
        _ => native(innermost, f),
    });
    #[cfg(not(feature = "dyn"))]
    native(innermost, f)
}

#[inline]
fn native<R>(innermost: Option<Innermost>, f: impl FnOnce(Found<'_>) -> R) -> R {
    #[cfg(feature = "native")]
    return loop_native::NativeHandle::with_scoped(|current| match current {
        Some(handle) if is(innermost, handle.shared()) => f(Some(HandleRef::Native(handle))),
        _ => smol(innermost, f),
    });
    #[cfg(not(feature = "native"))]
    smol(innermost, f)
}

#[inline]
fn smol<R>(innermost: Option<Innermost>, f: impl FnOnce(Found<'_>) -> R) -> R {
    #[cfg(feature = "smol")]
    return loop_smol::SmolHandle::with_scoped(|current| match current {
        Some(handle) if is(innermost, handle.shared()) => f(Some(HandleRef::Smol(handle))),
        _ => tokio(innermost, f),
    });
    #[cfg(not(feature = "smol"))]
    tokio(innermost, f)
}

#[inline]
fn tokio<R>(innermost: Option<Innermost>, f: impl FnOnce(Found<'_>) -> R) -> R {
    #[cfg(feature = "tokio")]
    return loop_tokio::TokioHandle::with_scoped(|current| match current {
        Some(handle) if innermost.is_none_or(|innermost| innermost.is(handle.shared())) => {
            f(Some(HandleRef::Tokio(handle)))
        }
        _ => elsewhere(innermost, f),
    });
    #[cfg(not(feature = "tokio"))]
    elsewhere(innermost, f)
}

/// Calls `f` with the loop of a caller for which no slot has one.
#[inline(never)]
fn elsewhere<R>(innermost: Option<Innermost>, f: impl FnOnce(Found<'_>) -> R) -> R {
    let elsewhere = Elsewhere::find(innermost);
    f(elsewhere.as_ref().and_then(Elsewhere::handle))
}

impl Handle {
    #[inline]
    pub(crate) fn by_ref(&self) -> HandleRef<'_> {
        each!(Handle => HandleRef as wrap; self, h => wrap(h))
    }
}

/// The loop of a caller for which no slot has one.
enum Elsewhere {
    #[allow(dead_code)]
    Handle(Handle),
    #[cfg(feature = "tokio")]
    Tokio(loop_tokio::Outside),
}

impl Elsewhere {
    #[inline(never)]
    fn find(innermost: Option<Innermost>) -> Option<Elsewhere> {
        // A guard makes a record, and so has a thread of a foreign runtime one.
        #[cfg(feature = "tokio")]
        if innermost.is_none() {
            return Some(Elsewhere::Tokio(loop_tokio::Outside::find()));
        }
        recorded(innermost).map(Elsewhere::Handle)
    }

    #[inline]
    fn handle(&self) -> Found<'_> {
        match self {
            Elsewhere::Handle(handle) => Some(handle.by_ref()),
            #[cfg(feature = "tokio")]
            Elsewhere::Tokio(outside) => outside.handle().map(HandleRef::Tokio),
        }
    }
}

#[cold]
fn recorded(innermost: Option<Innermost>) -> Option<Handle> {
    let _ = innermost;
    #[cfg(feature = "dyn")]
    if let Some(handle) = loop_erased::ErasedHandle::try_current() {
        if is(innermost, handle.shared()) {
            return Some(Handle::Erased(handle));
        }
    }
    #[cfg(feature = "native")]
    if let Some(handle) = loop_native::NativeHandle::try_current() {
        if is(innermost, handle.shared()) {
            return Some(Handle::Native(handle));
        }
    }
    #[cfg(feature = "smol")]
    if let Some(handle) = loop_smol::SmolHandle::try_current() {
        if is(innermost, handle.shared()) {
            return Some(Handle::Smol(handle));
        }
    }
    // Last, as it adopts whatever tokio runtime is there.
    #[cfg(feature = "tokio")]
    return loop_tokio::TokioHandle::with_current(|current| match current {
        // It stands around the innermost: a runtime that was entered past us does not.
        Some(handle) if innermost.is_some_and(|innermost| !innermost.is(handle.shared())) => {
            loop_tokio::TokioHandle::with_entered(|entered| entered.or(Some(handle)).cloned())
        }
        current => current.cloned(),
    })
    .map(Handle::Tokio);
    #[cfg(not(feature = "tokio"))]
    None
}
