//! A loop that the facade does not know, behind the ambient API.
#![cfg(all(feature = "dyn", feature = "native", feature = "io-util"))]

use anyloop::EventLoop;
use anyloop::erased::ErasedLoop;
use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::runtime::{Handle, Runtime};
use anyloop::time::{Duration, sleep};

#[test]
fn a_third_partys_loop_serves_the_ambient_api() {
    let third_party = loop_native::NativeLoop::new().unwrap();
    let mut runtime = Runtime::from_erased(ErasedLoop::of(third_party, |handle| handle.net()));
    let text = runtime.block_on(async {
        assert!(format!("{:?}", Handle::current()).contains("Erased"));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let client = anyloop::task::spawn(async move {
            assert!(format!("{:?}", Handle::current()).contains("Erased"));
            sleep(Duration::from_millis(1)).await;
            let mut stream = TcpStream::connect(addr).await?;
            stream.write_all(b"ciao").await?;
            stream.shutdown().await
        });
        let (mut stream, _) = listener.accept().await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        client.await??;
        std::io::Result::Ok(text)
    });
    assert_eq!(text.unwrap(), "ciao");
}

#[test]
fn what_was_not_named_is_unsupported() {
    let third_party = loop_native::NativeLoop::new().unwrap();
    let mut runtime = Runtime::from_erased(ErasedLoop::of(third_party, |handle| handle));
    let error = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
}

#[test]
fn both_halves_of_a_stream_work_at_once() {
    let third_party = loop_native::NativeLoop::new().unwrap();
    let mut runtime = Runtime::from_erased(ErasedLoop::of(third_party, |handle| handle.net()));
    let sent: Vec<u8> = (0..3_000_000u32).map(|n| n as u8).collect();
    let received = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut client = TcpStream::connect(listener.local_addr()?).await?;
        let (mut server, _) = listener.accept().await?;
        let echo = anyloop::task::spawn(async move {
            let (mut read, mut write) = server.split();
            anyloop::io::copy(&mut read, &mut write).await?;
            server.shutdown().await
        });
        let mut received = Vec::new();
        let (mut read, mut write) = client.split();
        // More than the system's buffers hold: the writer waits for the reader.
        let write = async {
            write.write_all(&sent).await?;
            write.shutdown().await
        };
        anyloop::try_join!(write, read.read_to_end(&mut received))?;
        echo.await??;
        std::io::Result::Ok(received)
    });
    assert!(received.unwrap() == sent);
}

#[cfg(all(unix, feature = "process"))]
#[test]
fn children_and_signals_go_through_it_if_they_are_named() {
    let third_party = || loop_native::NativeLoop::new().unwrap();
    let mut runtime =
        Runtime::from_erased(ErasedLoop::of(third_party(), |handle| handle.readiness().process().signals()));
    runtime.block_on(async {
        let output = anyloop::process::Command::new("echo").arg("ciao").output().await.unwrap();
        assert_eq!(output.stdout, b"ciao\n");
        let kind = anyloop::signal::unix::SignalKind::window_change();
        assert!(anyloop::signal::unix::signal(kind).is_ok());
    });
    let mut runtime = Runtime::from_erased(ErasedLoop::of(third_party(), |handle| handle.readiness()));
    runtime.block_on(async {
        let error = anyloop::process::Command::new("echo").output().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
        assert_eq!(anyloop::signal::ctrl_c().await.unwrap_err().kind(), std::io::ErrorKind::Unsupported);
    });
}
