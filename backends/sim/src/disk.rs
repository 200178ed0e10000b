//! Disks: what a host's files hold, as its programs see it and as a crash leaves it. No file of
//! this folder knows of tasks or of hosts.

mod body;
pub(crate) mod config;
mod content;
mod crash;
pub(crate) mod error;
mod inode;
mod metadata;
pub(crate) mod names;
mod resolve;
pub(crate) mod store;
mod tree;
mod whole;
