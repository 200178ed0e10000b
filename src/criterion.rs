//! Benchmarks on every loop, by [criterion](https://docs.rs/criterion) 0.7: `#[anyloop::bench]`, and a
//! loop as criterion's executor.
//!
//! Criterion measures one loop after the other, by the clock on the wall. So it tells how a change
//! of yours moves one loop; which of two loops is the cheaper it tells only where they differ by far
//! more than the machine's noise.
//!
//! ```
//! # #[cfg(feature = "macros")]
//! # fn main() {
//! use anyloop::criterion::Criterion;
//!
//! // A fn(&mut Criterion), for criterion_group!
//! #[anyloop::bench]
//! async fn spawn_and_join() {
//!     anyloop::spawn(async {}).await.unwrap();
//! }
//!
//! let folder = std::env::temp_dir().join(format!("anyloop-bench-{}", std::process::id()));
//! let quick = std::time::Duration::from_millis(1);
//! let mut criterion =
//!     Criterion::default().sample_size(10).warm_up_time(quick).measurement_time(quick).output_directory(&folder);
//! spawn_and_join(&mut criterion); // spawn_and_join/native, spawn_and_join/tokio, ...
//! std::fs::remove_dir_all(&folder).ok();
//! # }
//! # #[cfg(not(feature = "macros"))]
//! # fn main() {}
//! ```

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::io;

use ::criterion::BenchmarkGroup;
use ::criterion::async_executor::AsyncExecutor;
use ::criterion::measurement::Measurement;

pub use ::criterion::Criterion;

use crate::runtime::Runtime;

/// A loop as criterion's executor: `bencher.to_async(&executor).iter(|| async { ... })`.
///
/// One that is asked while it runs panics, as [`Runtime::block_on`] does.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::criterion::Executor;
/// use anyloop::runtime::Runtime;
/// use criterion::async_executor::AsyncExecutor;
///
/// let executor = Executor::new(Runtime::new()?);
/// assert_eq!(executor.block_on(async { 6 * 7 }), 42);
/// # std::io::Result::Ok(())
/// ```
pub struct Executor(RefCell<Runtime>);

impl Executor {
    /// Takes the loop; dropping the executor ends it.
    pub fn new(runtime: Runtime) -> Executor {
        Executor(RefCell::new(runtime))
    }
}

impl AsyncExecutor for &Executor {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.borrow_mut().block_on(future)
    }
}

impl AsyncExecutor for Executor {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        (&self).block_on(future)
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

/// What `#[anyloop::bench]` writes for each backend.
#[doc(hidden)]
pub fn bench<M: Measurement, F: Future>(
    group: &mut BenchmarkGroup<'_, M>,
    backend: &str,
    runtime: io::Result<Runtime>,
    routine: impl Fn() -> F,
) {
    let runtime = runtime.unwrap_or_else(|error| panic!("no event loop could be made: {error}"));
    let executor = Executor::new(runtime);
    group.bench_function(backend, |bencher| bencher.to_async(&executor).iter(&routine));
}
