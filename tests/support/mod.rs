//! What several of the tests need; not each needs all of it.
#![allow(dead_code)]

use anyloop::runtime::{Backend, Builder};

/// Calls `test` for each backend that is compiled in, with and without worker threads.
pub(crate) fn each_builder(test: impl Fn(Builder)) {
    for &backend in Backend::compiled() {
        for workers in [None, Some(2)] {
            let mut builder = Builder::new();
            builder.backend(backend);
            if let Some(count) = workers {
                builder.worker_threads(count);
            }
            test(builder);
        }
    }
}

/// A loop of that backend with tokio as its part. On Windows native cannot wait inside tokio on one
/// thread, and so has a worker there.
#[cfg(feature = "compat")]
pub(crate) fn with_tokio(backend: Backend) -> Builder {
    let mut builder = Builder::new();
    builder.backend(backend).with_tokio();
    if cfg!(windows) && backend == Backend::Native {
        builder.worker_threads(1);
    }
    builder
}
