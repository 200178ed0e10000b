//! The listings of the page on testing, and the README's first program.
#![allow(missing_docs)]

mod every_loop;
mod paused;
mod worlds;
