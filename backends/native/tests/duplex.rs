//! Both directions of one socket at once, on two workers: where sources have to be armed again,
//! neither loses the other's order.

use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, Stream, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_native::{NativeHandle, NativeLoop};

const BYTES: usize = 4 << 20;

async fn both_ways(handle: &NativeHandle, stream: impl Stream) {
    let (mut read, mut write) = stream.into_split();
    let reader = handle.spawn(async move {
        let (mut total, mut buffer) = (0, [0; 3000]);
        while total < BYTES {
            match read.read(&mut buffer).await.unwrap() {
                0 => break,
                count => total += count,
            }
        }
        total
    });
    let writer = handle.spawn(async move {
        let mut left = BYTES;
        while left > 0 {
            left -= write.write(&[7; 5000][..left.min(5000)]).await.unwrap();
        }
        write
    });
    assert_eq!(reader.await.unwrap(), BYTES);
    drop(writer.await.unwrap());
}

#[test]
fn neither_direction_of_a_socket_stalls_while_the_other_is_served_elsewhere() {
    let mut native = NativeLoop::builder().worker_threads(3).build().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let listener = handle.listen_tcp("127.0.0.1:0".parse().unwrap(), &TcpOptions::default()).unwrap();
        let address = listener.local_addr().unwrap();
        let inner = handle.clone();
        let done = handle.spawn(async move {
            for _ in 0..4 {
                let near = inner.connect_tcp(address, TcpOptions::default());
                let (near, far) = futures_lite::future::zip(near, listener.accept()).await;
                let (near, far) = (near.unwrap(), far.unwrap().0);
                futures_lite::future::zip(both_ways(&inner, near), both_ways(&inner, far)).await;
            }
        });
        let late = async {
            handle.sleep(Duration::from_secs(60)).await;
            panic!("a direction stalled");
        };
        futures_lite::future::or(async { done.await.unwrap() }, late).await;
    });
}
