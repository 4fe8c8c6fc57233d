//! The macros under another name of the crate, and where the user's names shadow the usual ones.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![deny(warnings)]

extern crate core as futures;
extern crate wakeful as tokio;

use std::pin::pin as std_pin;
use std::task::{Context, Waker};

/// Names that an expansion must not fall for.
#[allow(
    dead_code,
    non_camel_case_types,
    unused_imports,
    unused_macros,
    reason = "they only have to be in scope"
)]
mod shadows {
    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Poll;
    pub(crate) struct Pin;
    pub(crate) struct Output;
    pub(crate) struct Future;
    pub(crate) struct IntoFuture;
    pub(crate) struct RefCell;
    pub(crate) struct wakeful;
    pub(crate) mod std {}
    macro_rules! panic {
        ($($t:tt)*) => {
            compile_error!("the user's panic!")
        };
    }
    macro_rules! unreachable {
        ($($t:tt)*) => {
            compile_error!("the user's unreachable!")
        };
    }
    pub(crate) use {panic, unreachable};
}

fn run<F: ::std::future::Future>(future: F) -> F::Output {
    match std_pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        ::std::task::Poll::Ready(output) => output,
        ::std::task::Poll::Pending => ::std::panic!("it is always ready"),
    }
}

mod user {
    use super::run;
    #[allow(unused_imports, reason = "they only have to be in scope")]
    use super::shadows::*;
    // By name, since a glob would not shadow those of std.
    #[allow(unused_imports, reason = "they only have to be in scope")]
    use super::shadows::{panic, unreachable};

    tokio::task_local! {
        static LOCAL: u8;
    }

    #[test]
    fn r53_shadowed_names_do_not_reach_into_the_macros() {
        run(async {
            let futures = 1;
            let branch = 2;
            let output = 3;
            let disabled = 4;
            let sum = tokio::select! {
                x = ::std::future::ready(futures) => x + branch + output + disabled,
                () = ::std::future::pending(), if branch == 0 => 0,
                else => 0,
            };
            assert_eq!(sum, 10);
            let cx = 5;
            let pair = tokio::join!(async { cx }, async { output });
            assert_eq!(pair, (5, 3));
            let all = tokio::try_join!(
                async { ::std::result::Result::Ok::<i32, i32>(output) },
                async { ::std::result::Result::Ok(branch) },
            );
            assert!(matches!(all, ::std::result::Result::Ok((3, 2))));
            let future = async { 6 };
            tokio::pin!(future);
            assert_eq!(future.await, 6);
            assert_eq!(LOCAL.scope(7, async { LOCAL.get() }).await, 7);
        });
    }

    #[test]
    fn nothing_disabled_needs_no_else() {
        run(async {
            tokio::select! {
                biased;
                _ = ::std::future::ready(()) => {}
            }
        });
    }
}

mod imported {
    use super::run;
    use tokio::{join, pin, select, try_join};

    // A module or a function of the user's may have a macro's name.
    mod support {
        pub(super) fn one() -> u8 {
            1
        }
    }

    #[test]
    fn r53_macros_work_when_imported_by_name() {
        run(async {
            let future = async { support::one() };
            pin!(future);
            let value = select! { value = future => value };
            assert_eq!((value, join!(async { 2 })), (1, (2,)));
            assert_eq!(try_join!(async { Ok::<u8, ()>(3) }), Ok((3,)));
        });
    }
}

/// A glob of ours hides no crate: `futures` stands here for the one that programs use beside us.
#[test]
fn globs_leave_the_crate_futures_alone() {
    mod program {
        use tokio::io::*;
        use tokio::time::*;

        pub(super) fn size() -> usize {
            use futures::mem::size_of;
            let _: (Duration, SeekFrom) = (Duration::ZERO, SeekFrom::Start(0));
            size_of::<u8>()
        }
    }
    assert_eq!(program::size(), 1);
}
