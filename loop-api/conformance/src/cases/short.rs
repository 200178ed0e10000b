//! What ends a transfer early though there is more: the next one must not wait for an event that
//! has been already.

#[cfg(unix)]
use std::io::Write;
use std::io::{IoSlice, IoSliceMut};

use futures_lite::io::{AsyncReadExt, AsyncWriteExt};

#[cfg(unix)]
use crate::support::tcp_pair;
use crate::support::{LONG, SHORT, connected, run, within};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::net::Net;
#[cfg(unix)]
use loop_api::net::StdNet;

/// Reads what `send` sends, which is `sent` in all.
#[cfg(unix)]
async fn hears<H, R>(handle: &H, near: &mut R, sent: &[u8], send: impl FnOnce())
where
    H: Handle,
    R: futures_lite::AsyncRead + Unpin,
{
    let mut heard = Vec::new();
    let read = async {
        while heard.len() < sent.len() {
            let mut buf = [0; 64];
            let n = near.read(&mut buf).await.expect("a read");
            assert_ne!(n, 0, "it ended after {heard:?}");
            heard.extend_from_slice(&buf[..n]);
        }
    };
    // It waits already, and what the registration itself reports is over, when all of it comes at
    // once.
    let both = futures_lite::future::zip(read, async {
        handle.sleep(SHORT).await;
        send();
    });
    let in_time = within(handle, LONG, both).await.is_some();
    assert!(in_time, "it waits forever after {heard:?}");
    assert_eq!(heard, sent);
}

pub fn net10_more_slices_than_the_system_takes_at_once<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        const BYTES: usize = 6000;
        let (mut one, mut other) = connected(&handle).await;
        let data: Vec<u8> = (0..BYTES).map(|n| n as u8).collect();
        let write = async {
            let mut done = 0;
            while done < BYTES {
                let slices: Vec<_> = data[done..].chunks(1).map(IoSlice::new).collect();
                done += one.write_vectored(&slices).await.expect("a write");
            }
        };
        // Nothing reads meanwhile: the buffer has space.
        assert!(within(&handle, LONG, write).await.is_some(), "the writer waits though the buffer has space");
        handle.sleep(SHORT).await;
        let mut heard = vec![0; BYTES];
        let read = async {
            let mut done = 0;
            while done < BYTES {
                let mut slices: Vec<_> = heard[done..].chunks_mut(1).map(IoSliceMut::new).collect();
                let n = other.read_vectored(&mut slices).await.expect("a read");
                assert_ne!(n, 0, "it ended after {done}");
                done += n;
            }
        };
        assert!(within(&handle, LONG, read).await.is_some(), "the reader waits though there are bytes");
        assert_eq!(heard, data);
    });
}

#[cfg(unix)]
pub fn net10_urgent_data_does_not_hide_what_follows<S: Subject>()
where
    HandleOf<S>: StdNet,
{
    run::<S, _>(|handle| async move {
        let (near, far) = tcp_pair();
        let mut near = handle.tcp_stream_from_std(near).expect("to be taken");
        for _ in 0..3 {
            hears(&handle, &mut near, b"abcdef", || {
                (&far).write_all(b"abc").expect("a write");
                socket2::SockRef::from(&far).send_out_of_band(b"!").expect("to be sent");
                (&far).write_all(b"def").expect("a write");
            })
            .await;
        }
    });
}

#[cfg(unix)]
pub use unix::*;

#[cfg(unix)]
mod unix {
    use std::mem::MaybeUninit;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

    use super::*;
    use loop_api::net::StdUnixNet;

    /// Sends `bytes` with a descriptor.
    fn send_with_descriptor(far: &UnixStream, bytes: &[u8]) {
        let descriptors = [far.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
        let sent = sendmsg(far, &[IoSlice::new(bytes)], &mut control, SendFlags::empty());
        assert_eq!(sent.expect("to be sent"), bytes.len());
    }

    pub fn net12_a_message_with_a_descriptor_does_not_hide_the_next<S: Subject>()
    where
        HandleOf<S>: StdUnixNet,
    {
        run::<S, _>(|handle| async move {
            let (near, far) = UnixStream::pair().expect("a pair");
            let mut near = handle.unix_stream_from_std(near).expect("to be taken");
            for _ in 0..3 {
                hears(&handle, &mut near, b"one two three", || {
                    send_with_descriptor(&far, b"one ");
                    send_with_descriptor(&far, b"two ");
                    (&far).write_all(b"three").expect("a write");
                })
                .await;
            }
            // By halves and by slices, too.
            let (mut near, _write) = loop_api::net::Stream::into_split(near);
            hears(&handle, &mut near, b"onetwo", || {
                send_with_descriptor(&far, b"one");
                (&far).write_all(b"two").expect("a write");
            })
            .await;
            let read = async {
                let (mut heard, mut first, mut second) = (0, [0; 8], [0; 8]);
                while heard < 6 {
                    let mut slices = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
                    heard += near.read_vectored(&mut slices).await.expect("a read");
                }
            };
            let both = futures_lite::future::zip(read, async {
                handle.sleep(SHORT).await;
                send_with_descriptor(&far, b"one");
                (&far).write_all(b"two").expect("a write");
            });
            assert!(within(&handle, LONG, both).await.is_some(), "it waits forever");
        });
    }

    #[cfg(target_os = "linux")]
    pub fn net12_what_another_process_sends_is_not_hidden<S: Subject>()
    where
        HandleOf<S>: StdUnixNet,
    {
        run::<S, _>(|handle| async move {
            let (near, far) = UnixStream::pair().expect("a pair");
            // What comes from different senders is not given in one piece then.
            rustix::net::sockopt::set_socket_passcred(&near, true).expect("to ask for the sender");
            let mut near = handle.unix_stream_from_std(near).expect("to be taken");
            hears(&handle, &mut near, b"ours, theirs", || {
                (&far).write_all(b"ours, ").expect("a write");
                let stdout = std::os::fd::OwnedFd::from(far.try_clone().expect("a descriptor"));
                let printed = std::process::Command::new("printf").arg("theirs").stdout(stdout).status();
                assert!(printed.expect("printf to run").success());
            })
            .await;
        });
    }

    #[cfg(target_os = "linux")]
    pub fn net12_urgent_data_does_not_hide_what_follows<S: Subject>()
    where
        HandleOf<S>: StdUnixNet,
    {
        run::<S, _>(|handle| async move {
            let (near, far) = UnixStream::pair().expect("a pair");
            if let Err(error) = rustix::net::send(&far, b"?", SendFlags::OOB) {
                // Before Linux 5.15, and where it was built without.
                assert_eq!(error, rustix::io::Errno::OPNOTSUPP);
                return;
            }
            let mut near = handle.unix_stream_from_std(near).expect("to be taken");
            for _ in 0..3 {
                hears(&handle, &mut near, b"abcdef", || {
                    (&far).write_all(b"abc").expect("a write");
                    rustix::net::send(&far, b"!", SendFlags::OOB).expect("to be sent");
                    (&far).write_all(b"def").expect("a write");
                })
                .await;
            }
        });
    }

    #[cfg(target_os = "linux")]
    pub fn net12_messages_that_keep_their_bounds_are_all_read<S: Subject>()
    where
        HandleOf<S>: StdUnixNet,
    {
        use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
        run::<S, _>(|handle| async move {
            let (near, far) =
                socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                    .expect("a pair");
            let (near, far) = (UnixStream::from(near), UnixStream::from(far));
            let mut near = handle.unix_stream_from_std(near).expect("to be taken");
            for _ in 0..3 {
                hears(&handle, &mut near, b"onetwo", || {
                    (&far).write_all(b"one").expect("a write");
                    (&far).write_all(b"two").expect("a write");
                })
                .await;
            }
        });
    }
}

#[cfg(target_os = "linux")]
pub fn io23_a_short_read_of_another_kind_of_descriptor_is_not_the_last<S: Subject>()
where
    HandleOf<S>: loop_api::readiness::Readiness,
{
    use loop_api::io::Interest;
    use loop_api::readiness::{Readiness, Source};
    use rustix::event::{EventfdFlags, eventfd};
    run::<S, _>(|handle| async move {
        // It gives eight bytes at each read, however many are asked for, and one event.
        let flags = EventfdFlags::SEMAPHORE | EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC;
        let counter = std::fs::File::from(eventfd(0, flags).expect("an eventfd"));
        let source = handle.register(counter).expect("to be registered");
        let read = async {
            for n in 0..8 {
                let read = |mut io: &std::fs::File| std::io::Read::read(&mut io, &mut [0; 64]);
                let got = if n % 2 == 0 {
                    source.io(Interest::Readable, read).await
                } else {
                    std::future::poll_fn(|cx| source.poll_io(cx, Interest::Readable, read)).await
                };
                assert_eq!(got.expect("a read"), 8);
            }
        };
        let both = futures_lite::future::zip(read, async {
            handle.sleep(SHORT).await;
            let mut counter = source.get_ref();
            counter.write_all(&8_u64.to_ne_bytes()).expect("a write");
        });
        assert!(within(&handle, LONG, both).await.is_some(), "it waits forever");
    });
}
