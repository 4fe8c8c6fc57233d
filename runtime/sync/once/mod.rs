//! Values that are set once: [`OnceCell`], which knows how to make its value, and [`SetOnce`],
//! which waits for somebody to bring it.
//!
//! Called by users. Both keep the value in a `slot`. Who makes the value of a `OnceCell` holds the
//! one permit of its `Permits`; who waits for a `SetOnce` is in its `Audience`.
//!
//! Absent: `Lazy`. A `static` cell and a function that calls `get_or_init` do it.

mod slot;

#[cfg(not(loom))]
mod cell;
#[cfg(not(loom))]
mod initialize;
mod set_once;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(not(loom))]
pub use cell::{OnceCell, SetError};
#[cfg(not(loom))]
pub use initialize::{GetOrInit, GetOrTryInit};
pub use set_once::{SetOnce, SetOnceError, SetOnceWait};
