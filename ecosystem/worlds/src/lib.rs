//! Programs that know nothing of worlds, in a simulated one: see `tests/`.
