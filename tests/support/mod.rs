//! What several of the tests need.

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
