//! The enums, one for each kind of thing that a backend has.

use loop_api::Handle as LoopHandle;
use loop_api::net::{Net, Stream};
use loop_api::readiness::Readiness;
use loop_api::task::Task as LoopTask;

use super::any_enum;

type HandleOf<H> = H;
type HandleRefOf<'a, H> = &'a H;
type TaskOf<H, T> = <H as LoopHandle>::Task<T>;
type LocalTaskOf<H, T> = <H as LoopHandle>::LocalTask<T>;
// The same whatever the task's output is.
type AbortOf<H> = <<H as LoopHandle>::Task<()> as LoopTask<()>>::Abort;
type SleepOf<H> = <H as LoopHandle>::Sleep;
type SourceOf<H, T> = <H as Readiness>::Source<T>;
type TcpStreamOf<H> = <H as Net>::TcpStream;
type TcpListenerOf<H> = <H as Net>::TcpListener;
type UdpSocketOf<H> = <H as Net>::UdpSocket;
type TcpReadHalfOf<'a, H> = <<H as Net>::TcpStream as Stream>::ReadHalf<'a>;
type TcpWriteHalfOf<'a, H> = <<H as Net>::TcpStream as Stream>::WriteHalf<'a>;
type TcpOwnedReadHalfOf<H> = <<H as Net>::TcpStream as Stream>::OwnedReadHalf;
type TcpOwnedWriteHalfOf<H> = <<H as Net>::TcpStream as Stream>::OwnedWriteHalf;

any_enum!(Handle = HandleOf);
any_enum!(HandleRef<'a> = HandleRefOf);
any_enum!(Task<T> [Send + 'static] = TaskOf);
any_enum!(LocalTask<T> ['static] = LocalTaskOf);
any_enum!(Abort = AbortOf);
any_enum!(Sleep = SleepOf);
any_enum!(Source<T> [loop_api::readiness::AsSource + Send + Sync + 'static] = SourceOf);
any_enum!(TcpStream = TcpStreamOf);
any_enum!(TcpListener = TcpListenerOf);
any_enum!(UdpSocket = UdpSocketOf);
any_enum!(TcpReadHalf<'a> = TcpReadHalfOf);
any_enum!(TcpWriteHalf<'a> = TcpWriteHalfOf);
any_enum!(TcpOwnedReadHalf = TcpOwnedReadHalfOf);
any_enum!(TcpOwnedWriteHalf = TcpOwnedWriteHalfOf);

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
