//! A native loop as a guest of asynchronous hosts.
#![cfg(unix)]

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_compat::guest::{Guest, GuestError, Hosted};
use loop_native::{NativeHandle, NativeLoop};

const LONG: Duration = Duration::from_secs(30);

/// Sockets, timers, tasks and jobs of the guest's own loop.
async fn work(handle: NativeHandle) -> io::Result<usize> {
    let options = TcpOptions::default();
    let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &options)?;
    let address = listener.local_addr()?;
    let inner = handle.clone();
    let server = handle.spawn(async move {
        for _ in 0..4 {
            let (mut stream, _) = listener.accept().await?;
            drop(inner.spawn(async move {
                let mut bytes = [0; 5];
                stream.read_exact(&mut bytes).await?;
                stream.write_all(&bytes).await
            }));
        }
        io::Result::Ok(())
    });
    let mut sum = 0;
    for count in 0..4_u8 {
        let mut stream = handle.connect_tcp(address, options.clone()).await?;
        handle.sleep(Duration::from_millis(2)).await;
        let mut bytes = [count; 5];
        stream.write_all(&bytes).await?;
        stream.read_exact(&mut bytes).await?;
        sum += usize::from(bytes[4]);
        sum += handle.spawn_blocking(|| 10).await?;
    }
    server.await??;
    Ok(sum)
}

fn guest<T: 'static, F: Future<Output = T> + 'static>(
    main: impl FnOnce(NativeHandle) -> F,
) -> Guest<NativeLoop, T> {
    let native = NativeLoop::new().unwrap();
    let main = main(native.handle().clone());
    Guest::new(native, main).unwrap()
}

/// The guest as a future, and how often it was polled.
fn counted<T>(mut hosted: Hosted<NativeLoop, T>) -> impl Future<Output = (Result<T, GuestError>, usize)> {
    let mut polls = 0;
    std::future::poll_fn(move |cx| {
        polls += 1;
        std::pin::Pin::new(&mut hosted).poll(cx).map(|result| (result, polls))
    })
}

/// Lets the host work beside its guest, and sees that neither stops the other nor spins.
async fn beside<T>(hosted: Hosted<NativeLoop, T>, host: &NativeOr<'_>) -> T {
    let ticks = AtomicUsize::new(0);
    let own = async {
        loop {
            host.sleep().await;
            ticks.fetch_add(1, Ordering::Relaxed);
        }
    };
    let (result, polls) = future::or(counted(hosted), own).await;
    assert!(ticks.load(Ordering::Relaxed) > 0, "the host made no progress");
    assert!(polls < 200, "{polls} polls");
    result.unwrap()
}

/// How the host sleeps for a millisecond.
struct NativeOr<'a>(&'a dyn Fn() -> future::Boxed<()>);

impl NativeOr<'_> {
    fn sleep(&self) -> future::Boxed<()> {
        (self.0)()
    }
}

/// `host` runs a guest by its handle.
fn on_a_loop<L>(mut host: L)
where
    L: EventLoop,
    L::Handle: loop_api::readiness::Readiness,
    <L::Handle as Handle>::Sleep: Send,
{
    let handle = host.handle().clone();
    let hosted = guest(work).on(&handle).unwrap();
    let sleep: &dyn Fn() -> future::Boxed<()> = &|| Box::pin(handle.sleep(Duration::from_millis(1)));
    assert_eq!(host.block_on(beside(hosted, &NativeOr(sleep))).unwrap(), 46);
}

#[test]
fn cmp16_native_on_native() {
    on_a_loop(NativeLoop::new().unwrap());
}

#[test]
fn cmp16_native_on_smol() {
    on_a_loop(loop_smol::SmolLoop::new().unwrap());
}

#[test]
fn cmp16_native_on_tokios_loop() {
    on_a_loop(loop_tokio::TokioLoop::new().unwrap());
}

#[test]
fn cmp16_native_on_bare_tokio() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let hosted = guest(work).on_tokio().unwrap();
        let sleep: &dyn Fn() -> future::Boxed<()> =
            &|| Box::pin(tokio::time::sleep(Duration::from_millis(1)));
        assert_eq!(beside(hosted, &NativeOr(sleep)).await.unwrap(), 46);
    });
}

#[test]
fn cmp16_native_on_a_local_set_of_many_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let sum = local.block_on(&runtime, async {
        tokio::task::spawn_local(guest(work).on_tokio().unwrap()).await.unwrap()
    });
    assert_eq!(sum.unwrap().unwrap(), 46);
}

#[test]
fn cmp13_each_world_finds_itself() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert!(NativeHandle::try_current().is_none());
        let mine = tokio::runtime::Handle::current().id();
        let hosted = guest(|handle| async move {
            // The guest is the loop; what the host has made current is there, too, and works at
            // once.
            assert!(NativeHandle::try_current().is_some());
            assert_eq!(tokio::runtime::Handle::current().id(), mine);
            tokio::time::sleep(Duration::from_millis(1)).await;
            handle.sleep(Duration::from_millis(1)).await;
            NativeHandle::try_current().is_some()
        });
        assert!(NativeHandle::try_current().is_none());
        assert!(hosted.on_tokio().unwrap().await.unwrap());
        assert!(NativeHandle::try_current().is_none());
    });
}

#[test]
fn cmp12_a_guests_panic_is_its_error_and_not_the_hosts() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(async {
        let hosted = guest(|_| async { panic!("inside") }).on_tokio().unwrap();
        Result::<(), _>::unwrap_err(hosted.await)
    });
    assert!(matches!(&error, GuestError::Main(error) if error.is_panic()), "{error}");
}

#[test]
fn cmp14_a_host_that_drops_its_guest_is_reported() {
    let reports = Arc::new(AtomicUsize::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let guest = guest(|handle| async move { handle.sleep(LONG).await });
        let seen = reports.clone();
        let report = move |exception: &loop_api::shared::Exception| {
            assert!(exception.message().contains("quit before"));
            seen.fetch_add(1, Ordering::Relaxed);
        };
        guest.handle().shared().set_exception_handler(Some(Arc::new(report)));
        let quick = tokio::time::timeout(Duration::from_millis(5), guest.on_tokio().unwrap()).await;
        assert!(quick.is_err());
    });
    assert_eq!(reports.load(Ordering::Relaxed), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn cmp15_guest_and_host_signals_do_not_fight() {
    /// The signals that the process handles itself.
    fn caught() -> String {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        status.lines().find(|line| line.starts_with("SigCgt")).unwrap().to_owned()
    }
    // tokio's handler for SIGUSR1, and for what a reactor needs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut usr1 = signal(SignalKind::user_defined1()).unwrap();
        let before = caught();
        let hosted = guest(|handle| async move {
            handle.sleep(Duration::from_millis(5)).await;
            let process = rustix::process::getpid();
            rustix::process::kill_process(process, rustix::process::Signal::USR1).unwrap();
            handle.sleep(Duration::from_millis(5)).await;
        });
        hosted.on_tokio().unwrap().await.unwrap();
        tokio::time::timeout(LONG, usr1.recv()).await.unwrap().unwrap();
        assert_eq!(caught(), before, "the guest took or gave a handler");
    });
}

#[test]
fn cmp12_a_loop_with_tokio_inside_is_refused_at_the_start() {
    let host = Arc::new(loop_compat::host::TokioHost::new());
    let native = NativeLoop::builder().host(host).build().unwrap();
    let error = Guest::new(native, async {}).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    assert!(error.to_string().contains("block_on"), "{error}");
}

/// A guest whose host has ended is told so when it is polled, and goes on in another host.
fn goes_on_elsewhere(mut hosted: Hosted<NativeLoop, i32>, end: impl FnOnce()) {
    end();
    let error = future::block_on(&mut hosted).unwrap_err();
    assert!(matches!(error, GuestError::Host(_)), "{error}");
    assert!(error.to_string().contains("another host"), "{error}");
    let mut other = NativeLoop::new().unwrap();
    let again = hosted.into_guest().on(other.handle()).unwrap();
    assert_eq!(other.block_on(again).unwrap(), 7);
}

/// A guest that was polled by its host, and waits.
async fn waiting(hosted: io::Result<Hosted<NativeLoop, i32>>) -> Hosted<NativeLoop, i32> {
    let mut hosted = hosted.unwrap();
    assert!(future::poll_once(&mut hosted).await.is_none());
    hosted
}

fn slow() -> Guest<NativeLoop, i32> {
    guest(|handle| async move {
        handle.sleep(Duration::from_millis(30)).await;
        7
    })
}

#[test]
fn cmp14_a_host_that_ends_first_is_an_error_of_its_guest() {
    fn on<L>(mut host: L)
    where
        L: EventLoop,
        L::Handle: loop_api::readiness::Readiness,
    {
        let handle = host.handle().clone();
        let mut hosted = None;
        host.block_on(async { hosted = Some(waiting(slow().on(&handle)).await) });
        goes_on_elsewhere(hosted.unwrap(), || drop(host));
    }
    on(NativeLoop::new().unwrap());
    on(loop_smol::SmolLoop::new().unwrap());
    on(loop_tokio::TokioLoop::new().unwrap());
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut hosted = None;
    tokio.block_on(async { hosted = Some(waiting(slow().on_tokio()).await) });
    goes_on_elsewhere(hosted.unwrap(), || drop(tokio));
}
