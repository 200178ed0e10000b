//! A web socket from its upgrade to its farewell.

use std::future::Future;
use std::io;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::sync::watch;
use anyloop::time::{Interval, interval, timeout};
use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use async_tungstenite::tungstenite::{Error, Message};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use hyper::upgrade::Upgraded;
use loop_compat::io::HyperIo;

use crate::handshake::handshake;

/// The longest message, in bytes.
const MESSAGE_LIMIT: usize = 64 * 1024;
/// How much of what is refused is still taken, in bytes.
const REST_LIMIT: u64 = 1024 * 1024;
/// How many bytes a reason may have: those of a control frame but for the code.
const REASON_LIMIT: usize = 123;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Why a conversation ends.
#[derive(Debug)]
pub enum Ended {
    /// The client is to be told.
    Farewell(CloseCode, String),
    /// The client is gone, or does not take what it is sent.
    Gone(Failed),
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Ended {
    fn from(error: E) -> Ended {
        Ended::Gone(error.into())
    }
}

/// A web socket that a client has asked for.
///
/// Its client is pinged each `patience`, and is gone if it says nothing until the next ping; that
/// is also how long it may take to receive a message.
#[derive(Debug)]
pub struct Conversation {
    socket: WebSocketStream<HyperIo<Upgraded>>,
    patience: Duration,
    /// Closed when the server is to end.
    draining: watch::Receiver<()>,
    pings: Interval,
    /// One that has gone without a word does not answer.
    answered: bool,
}

/// The answer to `request`, and the conversation once the client has it, which is to be awaited in
/// a task of its own; if the request does not ask rightly, there is none.
pub fn upgrade(
    mut request: Request,
    patience: Duration,
    draining: watch::Receiver<()>,
) -> (Response, impl Future<Output = Option<Conversation>> + Send) {
    let (answer, upgraded) = match handshake(request.headers()) {
        Ok(answer) => (answer, Some(hyper::upgrade::on(&mut request))),
        Err(refused) => (refused.into_response(), None),
    };
    let conversation = async move {
        let stream = HyperIo::new(upgraded?.await.ok()?);
        let config = WebSocketConfig::default()
            .read_buffer_size(16 * 1024)
            .max_write_buffer_size(4 * MESSAGE_LIMIT)
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
        let pings = interval(patience);
        Some(Conversation { socket, patience, draining, pings, answered: true })
    };
    (answer, conversation)
}

impl Conversation {
    /// The next text or bytes that the client sends; `None` once it has closed. Cancel safe.
    ///
    /// # Errors
    ///
    /// Why the conversation is to end: the client breaks the protocol, does not answer pings, or
    /// the server ends.
    pub async fn next(&mut self) -> Result<Option<Message>, Ended> {
        loop {
            anyloop::select! {
                message = self.socket.next() => match message {
                    None => return Ok(None),
                    Some(Ok(message)) => {
                        self.answered = true;
                        if message.is_text() || message.is_binary() {
                            return Ok(Some(message));
                        }
                    }
                    Some(Err(error)) => return Err(match code_of(&error) {
                        Some(code) => Ended::Farewell(code, error.to_string()),
                        None => error.into(),
                    }),
                },
                _ = self.pings.tick() => {
                    if !self.answered {
                        return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer pings").into());
                    }
                    self.answered = false;
                    self.send(Message::Ping(Default::default())).await?;
                }
                // Dropped, that is.
                _ = self.draining.changed() => {
                    return Err(Ended::Farewell(CloseCode::Away, "the server ends".to_owned()));
                }
            }
        }
    }

    /// Sends a message; meanwhile the client is not read from.
    ///
    /// # Errors
    ///
    /// Any error of the connection, or that the client takes nothing.
    pub async fn send(&mut self, message: Message) -> Result<(), Ended> {
        timeout(self.patience, self.socket.send(message)).await??;
        Ok(())
    }

    /// Ends it as it has `ended`: tells the client if it is to be told, and what has failed to
    /// standard error.
    pub async fn end(self, ended: Result<(), Ended>) {
        let patience = self.patience;
        let told = match ended {
            Ok(()) => Ok(()),
            Err(Ended::Gone(error)) => Err(error),
            Err(Ended::Farewell(code, reason)) => timeout(patience, self.say_farewell(code, reason))
                .await
                .unwrap_or_else(|elapsed| Err(elapsed.into())),
        };
        if let Err(error) = told {
            eprintln!("{error}");
        }
    }

    /// Tells why it ends, and goes once the client has heard it.
    async fn say_farewell(mut self, code: CloseCode, mut reason: String) -> Result<(), Failed> {
        reason.truncate(reason.floor_char_boundary(REASON_LIMIT));
        self.socket.close(Some(CloseFrame { code, reason: reason.into() })).await?;
        while let Some(Ok(_)) = self.socket.next().await {}
        // What it still sends, such as the rest of a message, would reset the connection, and the
        // client lose what it was told.
        let stream = self.socket.get_mut();
        stream.shutdown().await?;
        anyloop::io::copy(&mut stream.take(REST_LIMIT), &mut anyloop::io::sink()).await?;
        Ok(())
    }
}

/// The code that tells a client what it did, if it is one that can be told.
fn code_of(error: &Error) -> Option<CloseCode> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(CloseCode::Size),
        Error::Utf8(_) => Some(CloseCode::Invalid),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(CloseCode::Protocol),
        _ => None,
    }
}
