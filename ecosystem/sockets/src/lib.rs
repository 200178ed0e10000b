//! Web sockets over `anyloop_web::serve`, by async-tungstenite: what the programs share.
//!
//! [`upgrade`] answers a request, and gives the [`Conversation`] that begins then: with pings,
//! limits on messages, a time limit on each send, and a farewell that tells the client why it ends.
//! [`serve`] is a server of such conversations, until it is asked to stop.

mod client;
mod conversation;
mod handshake;
mod serving;

pub use async_tungstenite::tungstenite::Message;
pub use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
pub use client::hear;
pub use conversation::{Conversation, Ended, upgrade};
pub use serving::serve;
