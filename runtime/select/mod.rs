//! `select!`, `join!`, `try_join!` and `pin!`: waiting for several futures in one task.
//!
//! All are `macro_rules`. What a macro need not write into the user's function is here, as plain
//! code: `order` decides which branch comes first, `join` polls a chain of futures. The macros
//! reach it through `$crate::__support`, so they work under any name of this crate and whatever
//! names the user has shadowed.
//!
//! What must not compile:
//!
//! ```compile_fail
//! # async fn nothing() {
//! wakeful::select! {}
//! # }
//! ```
//! ```compile_fail
//! # async fn sixty_five() {
//! wakeful::select! {
//!     _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{}
//!     _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{}
//!     _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{}
//!     _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{}
//!     _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{}
//!     _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{}
//!     _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{} _=a()=>{}
//!     _=a()=>{} _=a()=>{}
//! }
//! # }
//! # async fn a() {}
//! ```
//! ```compile_fail,E0505
//! # async fn moved() {
//! let text = String::new();
//! async fn reads(_: &str) {}
//! // Both futures exist at once: one cannot take what the other borrows.
//! wakeful::join!(reads(&text), async move { drop(text) });
//! # }
//! ```
//! ```compile_fail,E0308
//! # async fn two_errors() {
//! let _ = wakeful::try_join!(async { Err::<(), u8>(1) }, async { Err::<(), u16>(1) });
//! # }
//! ```
//!
//! Absent: futures that run at the same time. One task polls its branches one after another; for
//! more than that, spawn.

mod join;
mod macros;
mod order;

/// What the expanded macros name. Not for direct use; no promise is made about it.
pub mod support {
    pub use std::future::{Future, IntoFuture, poll_fn};
    pub use std::option::Option;
    pub use std::pin::{Pin, pin};
    pub use std::result::Result;
    pub use std::task::Poll;

    pub use super::join::{End, branch, join, try_join};
    pub use super::order::random_start as thread_rng_n;
    pub use super::order::{
        Order, all_disabled, budget_left, no_such_branch, pattern_changed, random_start,
    };
    pub use std::thread_local;

    pub use crate::task::local_key::{Slot, empty_slot, new_local_key};
}
