//! What a figure is held against, and by how much.

/// A row meets its goal if our figure is at most this part of the other one. Where more is better
/// it is the other way round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// The figure of the row that it is about.
    pub unit: &'static str,
    /// Only for rows of so many threads; 0: for all.
    pub threads: usize,
    /// What our figure is compared with.
    pub against: Against,
    /// The part.
    pub at_most: f64,
}

/// What our figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Against {
    /// tokio's.
    Tokio,
    /// The better one of tokio's and smol's.
    BestPeer,
    /// That of a floor: it uses no runtime.
    Floor(&'static str),
    /// The better one of tokio's and a floor's.
    TokioOrFloor(&'static str),
    /// Our own on one thread.
    OneThread,
    /// One: `at_most` is in the row's unit.
    Itself,
}

impl Goal {
    const fn new(against: Against, at_most: f64) -> Self {
        Self {
            unit: "",
            threads: 0,
            against,
            at_most,
        }
    }

    /// At most this part of tokio's figure.
    pub const fn tokio(at_most: f64) -> Self {
        Self::new(Against::Tokio, at_most)
    }

    /// At most this part of the best peer's figure.
    pub const fn best_peer(at_most: f64) -> Self {
        Self::new(Against::BestPeer, at_most)
    }

    /// At most this part of a floor's figure.
    pub const fn floor(floor: &'static str, at_most: f64) -> Self {
        Self::new(Against::Floor(floor), at_most)
    }

    /// At most this part of the better one of tokio's and a floor's figure.
    pub const fn tokio_or_floor(floor: &'static str, at_most: f64) -> Self {
        Self::new(Against::TokioOrFloor(floor), at_most)
    }

    /// At most this part of what it is on one thread.
    pub const fn one_thread(at_most: f64) -> Self {
        Self::new(Against::OneThread, at_most).on(2)
    }

    /// At most this figure.
    pub const fn figure(at_most: f64) -> Self {
        Self::new(Against::Itself, at_most)
    }

    /// The same for rows of so many threads only.
    pub const fn on(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The same for one of a question's figures only.
    pub const fn of(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// Whether it is about such a row.
    pub fn is_about(&self, unit: &str, threads: usize) -> bool {
        (self.unit.is_empty() || self.unit == unit)
            && (self.threads == 0 || self.threads == threads)
    }

    /// As printed.
    pub fn text(&self) -> String {
        let part = self.at_most;
        match self.against {
            Against::Tokio => format!("{part}x tokio"),
            Against::BestPeer => format!("{part}x the best peer"),
            Against::Floor(floor) => format!("{part}x {floor}"),
            Against::TokioOrFloor(floor) => format!("{part}x the better of tokio and {floor}"),
            Against::OneThread => format!("{part}x our one thread"),
            Against::Itself => format!("at most {part}"),
        }
    }
}
