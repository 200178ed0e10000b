//! Futures, sockets, timers and executors of one runtime, at home on another.
//!
//! Nothing here names a backend of anyloop: it works on any [`loop_api::EventLoop`], and, where it says so, on no loop of ours at all.
