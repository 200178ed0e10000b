//! What a spawned task may hold across an await: handles whose outputs have a lifetime in them, or
//! a box of a trait. Compiling is the test.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use anyloop::task::{self, JoinHandle, JoinSet};

type Failure = Box<dyn Error + Send + Sync>;
type Job = Box<dyn FnOnce() -> u8 + Send>;

async fn fallible() -> Result<u8, Failure> {
    Ok(1)
}

/// Of one output, every way to wait for a task.
macro_rules! awaits {
    ($output:ty, $value:expr) => {
        task::spawn(async {
            let value = || -> $output { $value };
            drop(task::spawn(async move { value() }).await);
            drop(task::spawn_blocking(move || value()).await);
            drop(task::spawn(async move { value() }).cancel().await);
            drop(anyloop::join!(task::spawn(async move { value() }), task::spawn_blocking(value)));
            drop(anyloop::time::timeout(Duration::MAX, task::spawn(async move { value() })).await);
            drop(task::join_all([task::spawn(async move { value() })]).await);
            drop(task::wait([task::spawn(async move { value() })]).all().await);
            let mut set = JoinSet::new();
            set.spawn(async move { value() });
            drop(set.join_next().await);
            drop(set.join_all().await);
            #[cfg(feature = "macros")]
            anyloop::select! {
                _ = task::spawn(async move { value() }) => {}
            }
        })
    };
}

#[test]
fn a_task_may_await_a_handle_of_any_output() {
    // Without a backend it compiles all the same.
    let Ok(mut runtime) = anyloop::runtime::Runtime::new() else { return };
    runtime.block_on(async {
        awaits!(&'static str, "word").await.unwrap();
        awaits!(Result<u8, Failure>, Ok(1)).await.unwrap();
        awaits!(Job, Box::new(|| 1)).await.unwrap();
        awaits!(Vec<&'static str>, vec!["word"]).await.unwrap();
        let outer = task::spawn(async { task::spawn(fallible()).await.unwrap().unwrap() });
        assert_eq!(outer.await.unwrap(), 1);
    });
}

#[test]
fn a_task_may_await_a_local_handle_of_any_output() {
    let Ok(mut runtime) = anyloop::runtime::Runtime::new() else { return };
    runtime.block_on(async {
        let local = task::spawn_local(async { task::spawn_local(async { "word" }).await.unwrap() });
        assert_eq!(local.await.unwrap(), "word");
    });
}

/// The same through the contract, for a loop that is not known.
async fn generic<H: anyloop::loop_api::Handle>(handle: H) -> &'static str {
    handle.spawn(async { "word" }).await.unwrap()
}

#[test]
fn a_task_may_await_a_handle_of_a_loop_that_it_is_generic_over() {
    fn spawn<H: anyloop::loop_api::Handle>(handle: &H) -> impl Future<Output = &'static str> + use<H> {
        let task = handle.spawn(generic(handle.clone()));
        async move { task.await.unwrap() }
    }
    let Ok(mut runtime) = anyloop::runtime::Runtime::new() else { return };
    let handle = runtime.handle().clone();
    assert_eq!(runtime.block_on(spawn(&handle)), "word");
}

/// No bound is needed to name the types, nor to await the handle: as tokio's.
#[allow(dead_code)]
struct Holds<T> {
    task: JoinHandle<T>,
    set: JoinSet<T>,
}

#[allow(dead_code)]
async fn awaits_without_bounds<T>(holds: Holds<T>) -> Option<T> {
    holds.task.await.ok()
}

#[cfg(unix)]
#[test]
fn a_task_may_hold_a_source_of_a_reference() {
    use std::os::unix::net::UnixStream;
    use std::sync::OnceLock;
    let Ok(mut runtime) = anyloop::runtime::Runtime::new() else { return };
    runtime.block_on(async {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        static OURS: OnceLock<UnixStream> = OnceLock::new();
        let ours: &'static UnixStream = OURS.get_or_init(|| ours);
        let task = task::spawn(async move {
            let source = anyloop::io::Async::new(ours).unwrap();
            source.readable().await.unwrap();
        });
        drop(theirs);
        task.await.unwrap();
    });
}
