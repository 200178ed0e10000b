//! One event-loop API over any loop.
