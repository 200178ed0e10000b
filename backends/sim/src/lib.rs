//! A simulated world as an event loop.
//!
//! A program on any loop of anyloop runs in it unchanged: on many hosts in one process, with a clock
//! that jumps when nothing is left to do, tasks in an order that a seed decides, and a network in
//! memory that loses, delays and cuts. The same seed is the same run.
//!
//! ```
//! use loop_api::{EventLoop, Handle};
//! use loop_sim::{Order, SimHandle, SimLoop};
//! use std::time::Duration;
//!
//! let run = |seed| {
//!     let mut sim = SimLoop::builder().seed(seed).order(Order::Random).build();
//!     let tasks: Vec<_> = (0..5).map(|n| sim.handle().spawn(async move {
//!         SimHandle::current().sleep(Duration::from_secs(60)).await;
//!         SimHandle::current().world().note(n);
//!     })).collect();
//!     sim.block_on(async { for task in tasks { task.await.unwrap() } });
//!     sim.world().stats()
//! };
//! assert_eq!(run(1), run(1));
//! assert_ne!(run(1).hash, run(2).hash, "another seed is another order");
//! ```
//!
//! One [`SimLoop`] is one [`World`], on the thread that made it. Each host of it is a [`SimHandle`]
//! with tasks, callbacks, sockets, an address and a clock of its own; the current handle of the
//! thread is that of the host whose task is polled. All that is chosen (the next task, a latency, a
//! loss, a random number of the program's) is drawn by one oracle, so that a run can be repeated,
//! recorded and made smaller.
//!
//! A world is strict: a thread that is not of it and wakes one of its tasks, or a blocking job that
//! waits for something outside, fails the run and names the place where the task was spawned. What
//! is the world's own: tasks, time, TCP, UDP, names, files, unix sockets, signals, blocking jobs
//! (which run on threads, but one at a time with the world). What it does not have: descriptors, the
//! standard library's sockets and files, and processes.

#![cfg_attr(not(feature = "interpose"), forbid(unsafe_code))]
#![deny(unsafe_code)]

mod agenda;
mod baton;
mod builder;
mod chaos;
mod checks;
mod config;
mod core;
mod current;
mod disk;
mod disk_view;
mod duration;
mod env;
mod explore;
mod fault;
mod files;
mod handle;
mod host_clock;
mod hosts;
mod interpose;
mod jobs;
mod leaks;
pub mod linear;
mod listen;
mod local;
mod net;
mod oracle;
mod order;
mod plan;
mod quiet;
mod ready;
mod resources;
mod rng;
mod scheduler;
mod seeds;
mod shrink;
mod signals;
mod sim_loop;
mod sleep;
mod socket;
mod state;
mod stuck;
mod tasks;
mod test_run;
mod timeline;
mod trace;
mod waiters;
mod watch;
mod world;

pub use builder::Builder;
pub use chaos::Chaos;
pub use disk::config::DiskConfig;
pub use disk_view::Disk;
pub use explore::{Explored, explore};
pub use fault::{DiskCall, Fault, ParseError};
pub use files::{File, ReadDir};
pub use hosts::WorldError;
pub use listen::SimSignal;
pub use local::SimLocalTask;
pub use net::link::{Latency, Link, NetConfig};
pub use oracle::{ChoiceKind, Recording};
pub use order::Order;
pub use plan::Plan;
pub use resources::Resources;
pub use rng::Rng;
pub use seeds::{Difference, Failure, Report, check_deterministic, seeds};
pub use shrink::{Shrunk, shrink};
pub use sim_loop::SimLoop;
pub use sleep::SimSleep;
pub use socket::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, TcpListener, TcpStream, UdpSocket, WriteHalf};
#[cfg(unix)]
pub use socket::{UnixDatagram, UnixListener, UnixStream};
pub use state::SimHandle;
pub use test_run::test;
pub use trace::{Stats, TraceEvent};
pub use world::World;
