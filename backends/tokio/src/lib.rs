//! tokio as a loop of anyloop.
