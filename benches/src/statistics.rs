//! Medians, and how far apart the rounds were.

/// The rounds of one peer, in whatever unit the question has.
#[derive(Clone, Debug, Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Notes one round's figure.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// All rounds, as they came.
    pub fn in_order(&self) -> &[f64] {
        &self.0
    }

    /// The first round: caches, pools and the heap are cold.
    pub fn first(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::NAN)
    }

    /// The middle of all rounds but the first; of the only one, if there is one.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Where the middle half of the rounds begins and ends.
    pub fn middle_half(&self) -> (f64, f64) {
        (self.quantile(0.25), self.quantile(0.75))
    }

    /// How far apart the middle half of the rounds is, as a part of the median.
    pub fn spread(&self) -> f64 {
        let (low, high) = self.middle_half();
        if high == low {
            return 0.0;
        }
        (high - low) / self.median()
    }

    fn quantile(&self, part: f64) -> f64 {
        let warm = match self.0.len() {
            0 | 1 => &self.0[..],
            _ => &self.0[1..],
        };
        quantile(warm, part)
    }
}

/// The figure below which this part of `figures` is.
pub fn quantile(figures: &[f64], part: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    let place = (last * part).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
