//! Channels on any event loop: named groups, and a message to all who are in one. Django's Channels
//! for [anyloop](https://docs.rs/anyloop).
//!
//! ```
//! use anyloop_channels::{Channels, Event};
//!
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! let channels = Channels::new();
//! channels.send("coffee", "before anyone came")?;
//!
//! let mut anna = channels.join("coffee", "anna").await?;
//! assert_eq!(anna.history, ["before anyone came"]);
//! assert_eq!(anna.present.join(" "), "anna");
//!
//! let bruno = channels.join("coffee", "bruno").await?;
//! bruno.member.send("ciao")?;
//! drop(bruno);
//! assert_eq!(anna.member.recv().await?, Event::Joined("bruno".into()));
//! assert_eq!(anna.member.recv().await?, Event::Message("ciao".into()));
//! assert_eq!(anna.member.recv().await?, Event::Left("bruno".into()));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Channels`] has the groups; [`Builder`] has its settings, with their limits.
//! - [`Member`] is one that is in a group, such as a web socket. It has a queue with an end: one
//!   that is slow blocks no other, and is told how much it missed.
//! - [`Layer`] is what carries messages between processes. Without one, they stay in this process.
//!
//! | feature | what it gives |
//! | --- | --- |
//! | `redis` | `Redis`, a layer of many processes |
//!
//! In a simulated world (`#[anyloop::test(sim)]`) channels run as they are, with the layer of one
//! process or with one of the test's own, as [`Layer`] shows one. `Redis` is tested against a Redis:
//! what numbers, keeps and publishes is a script that runs in there, and a stand-in for it in a world
//! would be tested in its place.
//!
//! This crate has no loop in it: the program depends on anyloop with the features of the loops it
//! picks.
#![forbid(unsafe_code)]

mod builder;
mod channels;
mod error;
mod event;
mod feed;
mod group;
mod hub;
mod layer;
mod member;
mod names;
#[cfg(feature = "redis")]
mod redis;
mod settings;

pub use builder::Builder;
pub use channels::{Channels, Welcome};
pub use error::{Error, ErrorKind};
pub use event::Event;
pub use feed::Feed;
pub use layer::{Layer, Memory, Opening};
pub use member::Member;
#[cfg(feature = "redis")]
pub use redis::Redis;
pub use settings::Slow;
