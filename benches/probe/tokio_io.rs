//! An echo through tokio's I/O traits, over whatever stream has them: 64 bytes there and back, read
//! into memory that is not initialised.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::MESSAGE;

pub(crate) async fn server<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let mut buf = Vec::with_capacity(8 * 1024);
    while let Ok(1..) = stream.read_buf(&mut buf).await {
        stream.write_all(&buf).await.expect("the client reads");
        buf.clear();
    }
}

pub(crate) async fn client<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, times: usize) {
    let mut buf = Vec::with_capacity(8 * 1024);
    for _ in 0..times {
        stream.write_all(&[7; MESSAGE]).await.expect("the server reads");
        buf.clear();
        while buf.len() < MESSAGE {
            stream.read_buf(&mut buf).await.expect("the server answers");
        }
    }
}
