//! wakeful: an async runtime on mio.
pub(crate) mod budget;
pub(crate) mod engine;
pub mod io;
pub(crate) mod leaf;
#[cfg(all(feature = "net", not(loom)))]
pub mod net;
pub(crate) mod primitives;
#[cfg(not(loom))]
mod select;
#[cfg(not(loom))]
#[doc(hidden)]
pub use select::support as __support;
pub mod sync;
#[cfg(not(loom))]
pub mod task;
#[cfg(not(loom))]
pub mod time;

#[cfg(not(loom))]
pub use task::spawn;

/// Runtimes: building one, running it, looking into it.
#[cfg(not(loom))]
pub mod runtime {
    pub use crate::engine::builder::Builder;
    pub use crate::engine::dump::{Dump, TaskDump, TaskState};
    pub use crate::engine::handle::{EnterGuard, Handle, Id, RuntimeFlavor, TryCurrentError};
    pub use crate::engine::metrics::RuntimeMetrics;
    pub use crate::engine::runtime::{LocalOptions, LocalRuntime, Runtime};
}

/// # Examples
///
/// ```
/// #[wakeful::main]
/// async fn main() -> Result<(), std::num::ParseIntError> {
///     let answer = wakeful::spawn(async { "42".parse::<u32>() });
///     assert_eq!(answer.await.unwrap()?, 42);
///     Ok(())
/// }
/// ```
///
/// On one thread, with a clock that moves only when there is nothing else to do:
///
/// ```
/// use std::time::Duration;
///
/// #[wakeful::main(flavor = "current_thread", start_paused = true)]
/// async fn main() {
///     wakeful::time::sleep(Duration::from_secs(3600)).await;
/// }
/// ```
///
/// These do not compile:
///
/// ```compile_fail
/// #[wakeful::main]
/// fn main() {} // no `async`
/// ```
/// ```compile_fail
/// #[wakeful::main]
/// async fn main(arguments: Vec<String>) {}
/// ```
/// ```compile_fail
/// #[wakeful::main(flavor = "many_threads")]
/// async fn main() {}
/// ```
/// ```compile_fail
/// #[wakeful::main(start_paused = true)] // needs one thread
/// async fn main() {}
/// ```
/// ```compile_fail,E0308
/// #[wakeful::main]
/// async fn main() -> Result<(), String> {}
/// ```
#[cfg(feature = "macros")]
pub use wakeful_macros::main;
/// # Examples
///
/// ```
/// #[wakeful::test]
/// async fn two_is_two() {
///     assert_eq!(async { 1 + 1 }.await, 2);
/// }
///
/// #[wakeful::test(flavor = "multi_thread", worker_threads = 2)]
/// async fn also_on_two_threads() {
///     wakeful::spawn(async {}).await.unwrap();
/// }
/// # fn main() {}
/// ```
#[cfg(feature = "macros")]
pub use wakeful_macros::test;

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
