//! What can be sent and shared, as with tokio: a table. (tokio's waits for a descriptor can be shared,
//! too; here those of an erased loop cannot.)
#![cfg(any(feature = "native", feature = "tokio", feature = "smol"))]

use std::marker::PhantomData;

use anyloop::runtime::{Builder, EnterGuard, Handle, SharedRuntime};
use anyloop::task::{AbortHandle, JoinHandle, LocalJoinHandle, LocalSet};
use anyloop::time::{Duration, Interval, Sleep, Timeout};

/// The type of a value.
struct Of<T>(PhantomData<T>);

fn of<T>(_make: &impl Fn() -> T) -> Of<T> {
    Of(PhantomData)
}

/// A method of a reference is found before that of what it refers to, if its bounds hold.
macro_rules! auto_trait {
    ($bound:ident: $yes:ident $no:ident $method:ident) => {
        trait $yes {
            fn $method(&self) -> bool {
                true
            }
        }
        impl<T: $bound> $yes for &Of<T> {}

        trait $no {
            fn $method(&self) -> bool {
                false
            }
        }
        impl<T> $no for Of<T> {}
    };
}

auto_trait!(Send: IsSend IsNotSend is_send);
auto_trait!(Sync: IsSync IsNotSync is_sync);

/// Rows `value => [!] Send [!] Sync;`, where the value is not made.
macro_rules! table {
    ($($value:expr => [$($send:tt)+] [$($sync:tt)+];)*) => {$({
        #[allow(unreachable_code, clippy::diverging_sub_expression)]
        let of = of(&|| $value);
        let is = ((&&of).is_send(), (&&of).is_sync());
        let expected = (table!(@ $($send)+), table!(@ $($sync)+ is.1));
        assert_eq!(is, expected, "{}: whether Send and Sync", stringify!($value));
    })*};
    (@ Send) => { true };
    (@ !Send) => { false };
    (@ Sync $is:expr) => { true };
    (@ !Sync $is:expr) => { false };
    // It hangs on the backends that are compiled in.
    (@ ? $is:expr) => { $is };
}

/// A value of a type that is only named.
fn a<T>() -> T {
    unreachable!("no value is made")
}

type Local = std::rc::Rc<()>;
type ToSend = std::cell::Cell<u8>;

#[test]
fn of_the_runtime() {
    table! {
        a::<Builder>() => [Send] [Sync];
        a::<Handle>() => [Send] [Sync];
        a::<SharedRuntime>() => [Send] [Sync];
        a::<EnterGuard<'static>>() => [!Send] [Sync];
    }
}

#[test]
fn of_tasks() {
    table! {
        a::<JoinHandle<u8>>() => [Send] [Sync];
        a::<JoinHandle<ToSend>>() => [Send] [Sync];
        a::<LocalJoinHandle<Local>>() => [!Send] [!Sync];
        a::<AbortHandle>() => [Send] [Sync];
        a::<LocalSet>() => [!Send] [!Sync];
        anyloop::task::yield_now() => [Send] [Sync];
        anyloop::task::LocalSet::run_until(a(), a::<std::future::Ready<()>>()) => [!Send] [!Sync];
    }
}

#[test]
fn of_time() {
    table! {
        a::<Interval>() => [Send] [Sync];
        a::<Sleep>() => [Send] [Sync];
        a::<Timeout<std::future::Ready<()>>>() => [Send] [Sync];
        anyloop::time::sleep(a::<Duration>()) => [Send] [Sync];
    }
    #[cfg(feature = "test-util")]
    table! {
        anyloop::time::advance(a::<Duration>()) => [Send] [Sync];
    }
}

#[cfg(unix)]
mod descriptors {
    use std::marker::PhantomData;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

    use anyloop::io::unix::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard};
    use anyloop::io::{Interest, Ready};

    use super::{IsNotSend, IsNotSync, IsSend, IsSync, Local, ToSend, a, of};

    /// A descriptor with the auto traits of `T`.
    struct Fd<T>(PhantomData<T>);

    impl<T> AsFd for Fd<T> {
        fn as_fd(&self) -> BorrowedFd<'_> {
            a()
        }
    }

    impl<T> AsRawFd for Fd<T> {
        fn as_raw_fd(&self) -> RawFd {
            a()
        }
    }

    fn io<T>(_: &T) -> std::io::Result<()> {
        a()
    }

    fn io_mut<T>(_: &mut T) -> std::io::Result<()> {
        a()
    }

    #[test]
    fn of_descriptors() {
        table! {
            a::<Ready>() => [Send] [Sync];
            a::<AsyncFd<Fd<u8>>>() => [Send] [Sync];
            a::<AsyncFd<Fd<ToSend>>>() => [Send] [!Sync];
            a::<AsyncFd<Fd<Local>>>() => [!Send] [!Sync];
            a::<AsyncFdReadyGuard<'static, Fd<u8>>>() => [Send] [Sync];
            a::<AsyncFdReadyGuard<'static, Fd<ToSend>>>() => [!Send] [!Sync];
            a::<AsyncFdReadyMutGuard<'static, Fd<u8>>>() => [Send] [Sync];
            a::<AsyncFdReadyMutGuard<'static, Fd<ToSend>>>() => [Send] [!Sync];
            a::<AsyncFdReadyMutGuard<'static, Fd<Local>>>() => [!Send] [!Sync];
        }
    }

    #[test]
    fn of_waits_for_descriptors() {
        table! {
            AsyncFd::<Fd<u8>>::readable(a()) => [Send] [?];
            AsyncFd::<Fd<u8>>::readable_mut(a()) => [Send] [?];
            AsyncFd::<Fd<u8>>::writable(a()) => [Send] [?];
            AsyncFd::<Fd<u8>>::writable_mut(a()) => [Send] [?];
            AsyncFd::<Fd<u8>>::ready_mut(a(), a::<Interest>()) => [Send] [?];
            AsyncFd::<Fd<ToSend>>::readable(a()) => [!Send] [?];
            AsyncFd::<Fd<ToSend>>::readable_mut(a()) => [Send] [?];
            AsyncFd::<Fd<ToSend>>::writable(a()) => [!Send] [?];
            AsyncFd::<Fd<ToSend>>::writable_mut(a()) => [Send] [?];
            AsyncFd::<Fd<ToSend>>::ready_mut(a(), a::<Interest>()) => [Send] [?];
            AsyncFd::<Fd<Local>>::readable(a()) => [!Send] [?];
            AsyncFd::<Fd<Local>>::readable_mut(a()) => [!Send] [?];
            AsyncFd::<Fd<u8>>::async_io(a(), a::<Interest>(), io) => [Send] [?];
            AsyncFd::<Fd<u8>>::async_io_mut(a(), a::<Interest>(), io_mut) => [Send] [?];
            AsyncFd::<Fd<ToSend>>::async_io_mut(a(), a::<Interest>(), io_mut) => [Send] [?];
        }
    }
}
