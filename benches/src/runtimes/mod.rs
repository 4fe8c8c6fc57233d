//! The same names over each runtime, so that a question is written once.
//!
//! Each module has `run`, `spawn`, `yield_now`, `sleep`, `timeout`, `Mutex`, `oneshot`, `channel`,
//! `unbounded` and `net`, with the shapes of the one beside it. What differs in manners is evened
//! out here: a task's output comes without its `Result`, a receive gives an `Option`.

#[macro_use]
mod tokio_shaped;

pub mod smol;

use std::fmt;

tokio_shaped!(
    /// tokio under the common names.
    tokio,
    Tokio
);
tokio_shaped!(
    /// wakeful under the common names.
    wakeful,
    Wakeful
);

/// Whose runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ours.
    Wakeful,
    /// tokio.
    Tokio,
    /// async-executor and the crates around it.
    Smol,
}

impl Kind {
    /// All of them, ours first.
    pub const ALL: [Kind; 3] = [Kind::Wakeful, Kind::Tokio, Kind::Smol];

    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Wakeful => "wakeful",
            Kind::Tokio => "tokio",
            Kind::Smol => "smol",
        }
    }
}

/// A runtime that is up, used again for every round.
pub struct Peer {
    /// Whose it is.
    pub kind: Kind,
    /// Its threads. One: the single-threaded executor.
    pub threads: usize,
    pub(crate) up: Up,
}

pub(crate) enum Up {
    Wakeful(::wakeful::runtime::Runtime),
    Tokio(::tokio::runtime::Runtime),
    Smol(smol::Runtime),
}

impl Peer {
    /// Starts a runtime of so many threads.
    pub fn start(kind: Kind, threads: usize) -> Self {
        let up = match kind {
            Kind::Wakeful => Up::Wakeful(wakeful::start(threads)),
            Kind::Tokio => Up::Tokio(tokio::start(threads)),
            Kind::Smol => Up::Smol(smol::start(threads)),
        };
        Self { kind, threads, up }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.name())
    }
}

/// Writes a function of a peer and a size, or something else, once for each runtime.
macro_rules! on_each {
    (fn $name:ident($rt:ident, $peer:ident, $size:ident) $(-> $output:ty)? $body:block) => {
        $crate::runtimes::on_each! {
            fn $name($rt, $peer, $size: usize) $(-> $output)? $body
        }
    };
    (
        fn $name:ident($rt:ident, $peer:ident, $size:ident: $type:ty)
        $(-> $output:ty)? $body:block
    ) => {
        fn $name($peer: &$crate::runtimes::Peer, $size: $type) $(-> $output)? {
            match $peer.kind {
                $crate::runtimes::Kind::Wakeful => {
                    use $crate::runtimes::wakeful as $rt;
                    $body
                }
                $crate::runtimes::Kind::Tokio => {
                    use $crate::runtimes::tokio as $rt;
                    $body
                }
                $crate::runtimes::Kind::Smol => {
                    use $crate::runtimes::smol as $rt;
                    $body
                }
            }
        }
    };
}
pub(crate) use on_each;
