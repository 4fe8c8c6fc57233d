//! Why a message was not sent, or not received: the errors of `mpsc`.
//!
//! Absent: errors of awaiting a message. A closed channel gives `None`.

pub use crate::sync::mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
