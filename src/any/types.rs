//! The enums, one for each kind of thing that a backend has.

use loop_api::Handle as LoopHandle;
use loop_api::fs::Fs;
use loop_api::net::{Net, Stream};
use loop_api::readiness::AsSource;
use loop_api::task::Task as LoopTask;

use super::any_enum;

type HandleOf<H> = H;
type HandleRefOf<'a, H> = &'a H;
// The same whatever the task's output is.
type AbortOf<H> = <<H as LoopHandle>::Task<()> as LoopTask<()>>::Abort;
type SleepOf<H> = <H as LoopHandle>::Sleep;
type TcpStreamOf<H> = <H as Net>::TcpStream;
type TcpListenerOf<H> = <H as Net>::TcpListener;
type UdpSocketOf<H> = <H as Net>::UdpSocket;
type TcpReadHalfOf<'a, H> = <<H as Net>::TcpStream as Stream>::ReadHalf<'a>;
type TcpWriteHalfOf<'a, H> = <<H as Net>::TcpStream as Stream>::WriteHalf<'a>;
type TcpOwnedReadHalfOf<H> = <<H as Net>::TcpStream as Stream>::OwnedReadHalf;
type TcpOwnedWriteHalfOf<H> = <<H as Net>::TcpStream as Stream>::OwnedWriteHalf;
type FileOf<H> = <H as Fs>::File;
type ReadDirOf<H> = <H as Fs>::ReadDir;

any_enum!(Handle = HandleOf);
any_enum!(HandleRef<'a> = HandleRefOf);
any_enum!(
    Task<T>, std::sync::Mutex<T>;
    loop_toolkit::task::JoinHandle<T>, loop_tokio::Task<T>, loop_smol::JoinHandle<T>, loop_erased::Task<T>
);
any_enum!(
    LocalTask<T>, fn(T) -> T;
    loop_toolkit::task::JoinHandle<T>, loop_tokio::Task<T>, loop_smol::JoinHandle<T>, loop_erased::LocalTask<T>
);
any_enum!(Abort = AbortOf);
any_enum!(Sleep = SleepOf);
any_enum!(
    Source<T: AsSource>, fn(T) -> T;
    loop_native::NativeSource<T>, loop_tokio::Source<T>, loop_smol::Source<T>, loop_erased::Source<T>
);
any_enum!(TcpStream = TcpStreamOf);
any_enum!(TcpListener = TcpListenerOf);
any_enum!(UdpSocket = UdpSocketOf);
any_enum!(File = FileOf);
any_enum!(ReadDir = ReadDirOf);
any_enum!(TcpReadHalf<'a> = TcpReadHalfOf);
any_enum!(TcpWriteHalf<'a> = TcpWriteHalfOf);
any_enum!(TcpOwnedReadHalf = TcpOwnedReadHalfOf);
any_enum!(TcpOwnedWriteHalf = TcpOwnedWriteHalfOf);

#[cfg(feature = "process")]
mod process {
    use loop_api::process::Process;

    use super::any_enum;

    type ChildOf<H> = <H as Process>::Child;

    any_enum!(Child = ChildOf);
}
#[cfg(feature = "process")]
pub(crate) use process::*;

#[cfg(feature = "signal")]
mod signal {
    use loop_api::signal::Signals;

    use super::any_enum;

    type SignalOf<H> = <H as Signals>::Signal;

    any_enum!(Signal = SignalOf);
}
#[cfg(feature = "signal")]
pub(crate) use signal::*;

#[cfg(unix)]
mod unix {
    use loop_api::net::{Stream, UnixNet};

    use super::any_enum;

    type UnixStreamOf<H> = <H as UnixNet>::UnixStream;
    type UnixListenerOf<H> = <H as UnixNet>::UnixListener;
    type UnixDatagramOf<H> = <H as UnixNet>::UnixDatagram;
    type UnixReadHalfOf<'a, H> = <<H as UnixNet>::UnixStream as Stream>::ReadHalf<'a>;
    type UnixWriteHalfOf<'a, H> = <<H as UnixNet>::UnixStream as Stream>::WriteHalf<'a>;
    type UnixOwnedReadHalfOf<H> = <<H as UnixNet>::UnixStream as Stream>::OwnedReadHalf;
    type UnixOwnedWriteHalfOf<H> = <<H as UnixNet>::UnixStream as Stream>::OwnedWriteHalf;

    any_enum!(UnixStream = UnixStreamOf);
    any_enum!(UnixListener = UnixListenerOf);
    any_enum!(UnixDatagram = UnixDatagramOf);
    any_enum!(UnixReadHalf<'a> = UnixReadHalfOf);
    any_enum!(UnixWriteHalf<'a> = UnixWriteHalfOf);
    any_enum!(UnixOwnedReadHalf = UnixOwnedReadHalfOf);
    any_enum!(UnixOwnedWriteHalf = UnixOwnedWriteHalfOf);
}
#[cfg(unix)]
pub(crate) use unix::*;
