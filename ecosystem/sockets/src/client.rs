//! The other end, for the tests.

use anyloop::net::TcpStream;
use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt;

/// The next message that a client hears and that is no ping. Cancel safe.
///
/// # Panics
///
/// If the connection ends before.
pub async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Message {
    loop {
        match socket.next().await.expect("it goes on").expect("a message") {
            Message::Ping(_) => {}
            message => return message,
        }
    }
}
