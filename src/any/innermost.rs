//! Which loop the caller runs in, of all backends compiled in.

#[allow(unused_imports)]
use loop_api::context::{self, Innermost};
#[allow(unused_imports)]
use loop_api::{Handle as _, Shared};

use super::HandleRef;

/// With one backend compiled in there is nothing to tell apart, and nothing is asked.
const SEVERAL: bool = cfg!(feature = "native") as u8
    + cfg!(feature = "tokio") as u8
    + cfg!(feature = "smol") as u8
    + cfg!(feature = "dyn") as u8
    > 1;

/// Calls `f` with the loop that the caller entered last, whichever backend's. An erased loop runs on another that may be one of ours, and is
/// asked before those.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(Option<HandleRef<'_>>) -> R) -> R {
    let innermost = if SEVERAL { context::innermost() } else { None };
    #[cfg(feature = "dyn")]
    return loop_erased::ErasedHandle::with_current(|current| match current {
        Some(handle) if is(innermost, handle.shared()) => f(Some(HandleRef::Erased(handle))),
        _ => native(innermost, f),
    });
    #[cfg(not(feature = "dyn"))]
    native(innermost, f)
}

/// Whether the caller runs in the loop that its thread keeps for one backend. tokio may be entered past all of anyloop, and is then
/// the inner one.
#[allow(dead_code)]
#[inline]
fn is(innermost: Option<Innermost>, shared: &Shared) -> bool {
    if !SEVERAL {
        return true;
    }
    // Without a record the loop's own slot is all there is.
    innermost.is_none_or(|innermost| {
        innermost.is(shared) && !(cfg!(feature = "tokio") && innermost.has_foreign_inside())
    })
}

#[inline]
fn native<R>(innermost: Option<Innermost>, f: impl FnOnce(Option<HandleRef<'_>>) -> R) -> R {
    #[cfg(feature = "native")]
    return loop_native::NativeHandle::with_current(|current| match current {
        Some(handle) if is(innermost, handle.shared()) => f(Some(HandleRef::Native(handle))),
        _ => smol(innermost, f),
    });
    #[cfg(not(feature = "native"))]
    smol(innermost, f)
}

#[inline]
fn smol<R>(innermost: Option<Innermost>, f: impl FnOnce(Option<HandleRef<'_>>) -> R) -> R {
    #[cfg(feature = "smol")]
    return loop_smol::SmolHandle::with_current(|current| match current {
        Some(handle) if is(innermost, handle.shared()) => f(Some(HandleRef::Smol(handle))),
        _ => tokio(innermost, f),
    });
    #[cfg(not(feature = "smol"))]
    tokio(innermost, f)
}

/// Last, as it adopts whatever tokio runtime is there.
#[inline]
fn tokio<R>(innermost: Option<Innermost>, f: impl FnOnce(Option<HandleRef<'_>>) -> R) -> R {
    let _ = innermost;
    #[cfg(feature = "tokio")]
    return loop_tokio::TokioHandle::with_current(|current| match current {
        // It stands around the innermost: a runtime that was entered past us does not.
        Some(handle) if innermost.is_some_and(|innermost| !innermost.is(handle.shared())) => {
            loop_tokio::TokioHandle::with_entered(|entered| {
                f(Some(HandleRef::Tokio(entered.unwrap_or(handle))))
            })
        }
        current => f(current.map(HandleRef::Tokio)),
    });
    #[cfg(not(feature = "tokio"))]
    f(None)
}
