//! Loops with tokio as their part, and tests for each of them.

use std::sync::Arc;

use loop_compat::host::TokioHost;
use loop_native::NativeLoop;
use loop_smol::SmolLoop;

pub(crate) fn native(workers: usize) -> NativeLoop {
    NativeLoop::builder().worker_threads(workers).host(Arc::new(TokioHost::new())).build().unwrap()
}

pub(crate) fn smol(workers: usize) -> SmolLoop {
    let mut builder = loop_smol::Builder::new();
    if workers > 0 {
        builder.worker_threads(workers);
    }
    builder.host(Arc::new(TokioHost::new())).build().unwrap()
}

/// Writes each test for four loops.
macro_rules! on_each {
    ($($(#[$meta:meta])* fn $name:ident($event_loop:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            fn check<L: EventLoop>(#[allow(unused_mut)] mut $event_loop: L) $body

            #[test]
            fn native_one_thread() {
                check(crate::with_tokio::native(0));
            }

            #[test]
            fn native_workers() {
                check(crate::with_tokio::native(2));
            }

            #[test]
            fn smol_one_thread() {
                check(crate::with_tokio::smol(0));
            }

            #[test]
            fn smol_workers() {
                check(crate::with_tokio::smol(2));
            }
        }
    )*};
}
