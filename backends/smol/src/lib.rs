//! smol (async-executor and async-io) as a loop of anyloop.
