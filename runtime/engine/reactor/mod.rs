//! mio, readiness and who waits for it.
