//! The io traits and what is built on them.

#[cfg(feature = "reactor")]
mod interest;
#[cfg(feature = "reactor")]
mod ready;

#[cfg(feature = "reactor")]
pub use interest::Interest;
#[cfg(feature = "reactor")]
pub use ready::Ready;
