//! Sleeping, deadlines and intervals.
