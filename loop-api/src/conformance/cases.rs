//! The cases, by group: their names say what they show.
#![allow(missing_docs)]

mod exe;
mod run;
mod tmr;

pub use exe::*;
pub use run::*;
pub use tmr::*;
