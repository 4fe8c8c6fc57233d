//! Deadlines to wakers.
