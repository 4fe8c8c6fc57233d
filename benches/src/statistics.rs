//! Medians, and how far apart the rounds were.

use std::time::Duration;

/// The rounds of one peer, in nanoseconds a task.
#[derive(Clone, Debug)]
pub struct Rounds {
    tasks: usize,
    in_order: Vec<f64>,
}

impl Rounds {
    /// No rounds yet, of that many tasks each.
    pub fn new(tasks: usize) -> Self {
        Self {
            tasks,
            in_order: Vec::new(),
        }
    }

    /// Notes one round.
    pub fn push(&mut self, round: Duration) {
        let ns = round.as_secs_f64() * 1e9 / self.tasks as f64;
        self.in_order.push(ns);
    }

    /// Notes one round's figure as it is.
    pub fn push_value(&mut self, value: f64) {
        self.in_order.push(value);
    }

    /// All rounds, as they came.
    pub fn in_order(&self) -> &[f64] {
        &self.in_order
    }

    /// The first round: caches, pools and the heap are cold.
    pub fn first(&self) -> f64 {
        self.in_order.first().copied().unwrap_or(f64::NAN)
    }

    /// The middle of all rounds but the first; of the only one, if there is one.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The best round.
    pub fn best(&self) -> f64 {
        self.quantile(0.0)
    }

    /// How far apart the middle half of the rounds is, as a part of the median.
    pub fn spread(&self) -> f64 {
        (self.quantile(0.75) - self.quantile(0.25)) / self.median()
    }

    fn quantile(&self, part: f64) -> f64 {
        let warm = match self.in_order.len() {
            0 | 1 => &self.in_order[..],
            _ => &self.in_order[1..],
        };
        let mut sorted = warm.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1) as f64;
        let place = (last * part).round() as usize;
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }
}
