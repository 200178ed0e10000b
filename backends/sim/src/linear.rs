//! Whether what clients saw of a store is as if it had done one operation after the other.
//!
//! A [`History`] is told when each operation begins and what it gave; a [`Model`] says what a single
//! copy would have given: a [`Register`], a [`Map`] of them, a [`Counter`]. [`History::check`] looks
//! for an order of the operations in which each gives what it gave, and which keeps those apart that
//! did not overlap. If there is none, the store is not linearizable.
//!
//! ```
//! use loop_sim::linear::{History, Register, RegisterOp::*, RegisterRet::*};
//!
//! let history = History::new();
//! history.begin("a", Write(1)).end(Done);
//! let late = history.begin("b", Write(2)); // no answer has come yet
//! history.begin("a", Read).end(Value(2));
//! drop(late); // nor will it
//! assert!(history.check(&Register::of(0)).is_ok());
//!
//! history.begin("a", Read).end(Value(1));
//! let violation = history.check(&Register::of(0)).unwrap_err();
//! assert!(violation.to_string().contains("a: Read gave Value(1)"), "{violation}");
//! ```
//!
//! What a write overwrites is seen by no read that comes later: a request that was applied twice, or
//! a lost update, shows best by operations that tell what was there before, such as
//! [`Swap`](RegisterOp::Swap).

mod check;
mod history;
mod model;

pub use check::Violation;
pub use history::{History, Operation};
pub use model::{Counter, CounterOp, CounterRet, Map, Model, Register, RegisterOp, RegisterRet};
