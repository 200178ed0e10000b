//! The programs of the talk, in one test for them all.

#[path = "../support/mod.rs"]
mod support;

mod page;
mod servers;
mod three_ways;
mod world;
