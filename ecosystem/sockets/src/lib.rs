//! Web sockets over `anyloop_web::serve`, by async-tungstenite: what the programs share.
//!
//! [`upgrade`] answers a request, and gives the [`Conversation`] that begins then: with pings,
//! limits on messages, a time limit on each send, and a farewell that tells the client why it ends.

mod conversation;
mod handshake;

pub use async_tungstenite::tungstenite::Message;
pub use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
pub use conversation::{Conversation, Ended, upgrade};
