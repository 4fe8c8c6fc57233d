//! Which auto traits each public type has, as a table: those that tokio's type of that name has.
//!
//! A row is a type and its marks, `+` or `-`, in this order:
//!
//! ```text
//! Send  Sync  Unpin  UnwindSafe  RefUnwindSafe
//! ```
//!
//! With three marks a row is about a generic type: with `T` = [`Yy`] (all of them), with `T` =
//! [`Yn`] (no `Sync`, no `RefUnwindSafe`), with `T` = [`Nn`] (neither `Send` nor `Sync`). Futures
//! without a name have the expression that makes them in place of the type, and mostly only the
//! first three marks: whoever unwinds through a half-finished future asserts that it is safe.
//!
//! The marks were taken from tokio 1.54 with the same code. `tests/tidy` sees to it that no public
//! type is missing here.

mod channels;
mod files;
mod groups;
mod io;
mod net;
mod outside;
mod running;
mod sync;
mod unnamed;

use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use wakeful::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

/// Everything.
type Yy = u8;
/// `Send` and not `Sync`.
type Yn = Cell<u8>;
/// Neither.
type Nn = Rc<u8>;

struct Probe<T>(PhantomData<T>);

/// What a `Probe` says when `T` has the trait: found before [`Absent`], if its bound holds.
macro_rules! present {
    ($($ask:ident: $bound:ident),*) => {
        $(impl<T: $bound> Probe<T> {
            #[allow(clippy::unused_self, reason = "a method, to be looked up")]
            fn $ask(&self) -> bool {
                true
            }
        })*

        /// What it says otherwise.
        trait Absent {
            $(fn $ask(&self) -> bool {
                false
            })*
        }

        impl<T> Absent for Probe<T> {}
    };
}

present!(send: Send, sync: Sync, unpin: Unpin, unwind: UnwindSafe, ref_unwind: RefUnwindSafe);

/// The probe of what an expression makes, without making it.
fn probe_of<F>(_: impl FnOnce() -> F) -> Probe<F> {
    Probe(PhantomData)
}

/// An argument of an expression that is never evaluated.
fn any<T>() -> T {
    unreachable!("only its type matters")
}

/// The rows of a table that do not hold, one a line.
#[derive(Default)]
struct Differences(String);

impl Differences {
    fn row(&mut self, what: &str, with: &str, wanted: &str, found: [bool; 5]) {
        let found = found.map(|has| if has { '+' } else { '-' });
        let found: String = found.iter().take(wanted.len()).collect();
        if found != wanted {
            let line = format!("\n{what} {with}: is {found}, should be {wanted}");
            self.0.push_str(&line);
        }
    }

    #[track_caller]
    fn report(&self) {
        assert!(self.0.is_empty(), "{}", self.0);
    }
}

macro_rules! row {
    ($to:ident, $what:expr, $with:literal, $marks:literal, $probe:expr) => {{
        #[allow(unused_imports, reason = "a type may have all of them")]
        use crate::Absent as _;
        let probe = $probe;
        let found = [
            probe.send(),
            probe.sync(),
            probe.unpin(),
            probe.unwind(),
            probe.ref_unwind(),
        ];
        $to.row($what, $with, $marks, found);
    }};
}

/// `Type: "marks";` or `Type<T>: "marks" "marks" "marks";`
macro_rules! types {
    ($($type:ty: $yy:literal $($yn:literal $nn:literal)?;)*) => {{
        let mut found = crate::Differences::default();
        $({
            #[allow(dead_code, reason = "most types have no parameter")]
            type T = crate::Yy;
            row!(found, stringify!($type), "with Yy", $yy,
                crate::Probe::<$type>(std::marker::PhantomData));
        }
        $({
            type T = crate::Yn;
            row!(found, stringify!($type), "with Yn", $yn,
                crate::Probe::<$type>(std::marker::PhantomData));
        }
        {
            type T = crate::Nn;
            row!(found, stringify!($type), "with Nn", $nn,
                crate::Probe::<$type>(std::marker::PhantomData));
        })?)*
        found.report();
    }};
}

/// `expression => "marks";`, likewise.
macro_rules! futures {
    ($($future:expr => $yy:literal $($yn:literal $nn:literal)?;)*) => {{
        let mut found = crate::Differences::default();
        $({
            #[allow(dead_code, reason = "most futures have no parameter")]
            type T = crate::Yy;
            row!(found, stringify!($future), "with Yy", $yy, crate::probe_of(|| $future));
        }
        $({
            type T = crate::Yn;
            row!(found, stringify!($future), "with Yn", $yn, crate::probe_of(|| $future));
        }
        {
            type T = crate::Nn;
            row!(found, stringify!($future), "with Nn", $nn, crate::probe_of(|| $future));
        })?)*
        found.report();
    }};
}

pub(crate) use {futures, row, types};

/// A future with the auto traits of `T`.
struct Fut<T>(PhantomData<T>);

impl<T> Future for Fut<T> {
    type Output = u8;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
        Poll::Pending
    }
}

/// A stream with the auto traits of `T`, and `Unpin`.
struct Io<T>(PhantomData<T>);

impl<T> Unpin for Io<T> {}

impl<T> AsyncRead for Io<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Pending
    }
}

impl<T> AsyncBufRead for Io<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<&[u8]>> {
        Poll::Pending
    }

    fn consume(self: Pin<&mut Self>, _: usize) {}
}

impl<T> AsyncSeek for Io<T> {
    fn start_seek(self: Pin<&mut Self>, _: std::io::SeekFrom) -> std::io::Result<()> {
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<u64>> {
        Poll::Pending
    }
}

impl<T> AsyncWrite for Io<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Pending
    }
}

/// The table can tell: types whose traits are known.
#[test]
fn the_probe_tells_presence_from_absence() {
    types! {
        T: "+++++" "+-++-" "--+++";
        &'static mut T: "+++-+" "+-+--" "--+-+";
        *const T: "--+++" "--+--" "--+++";
        std::marker::PhantomPinned: "++-++";
    }
    futures! {
        any::<T>() => "+++" "+-+" "--+";
        std::future::ready(any::<&T>()) => "+++" "--+" "--+";
    }
}
