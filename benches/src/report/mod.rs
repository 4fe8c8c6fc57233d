//! What was measured: rows, their verdicts, and how they are printed.

mod curves;
mod json;
mod page;
mod picture;

pub use curves::{Curve, Panel, curves};
pub use page::{Page, replace_notes};

use crate::goals::{Against, Goal};
use crate::statistics::Rounds;

/// All that was asked.
#[derive(Default)]
pub struct Report {
    /// In the order of asking.
    pub rows: Vec<Row>,
}

/// One figure of one question on one number of threads.
pub struct Row {
    /// Under which heading it is printed.
    pub topic: &'static str,
    /// What was asked.
    pub name: String,
    /// What the figures are.
    pub unit: String,
    /// On how many threads.
    pub threads: usize,
    /// What the figures are held against.
    pub goals: Vec<Goal>,
    figures: Vec<(String, Rounds)>,
}

/// Whether a goal is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Met,
    /// It is not, by less than the rounds differ among themselves.
    Level,
    /// It is not.
    Missed,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Level => "**level**",
            Self::Missed => "**missed**",
        }
    }
}

/// A goal, and what became of it.
pub struct Judged {
    /// The goal.
    pub goal: Goal,
    /// Ours in parts of the other figure, so that less is better.
    pub ratio: f64,
    /// Whether that is little enough.
    pub verdict: Verdict,
}

impl Row {
    /// No figures yet.
    pub fn new(
        topic: &'static str,
        name: &str,
        unit: &str,
        threads: usize,
        goals: &[Goal],
    ) -> Self {
        let about = |goal: &&Goal| goal.is_about(unit, threads);
        Self {
            topic,
            name: name.to_owned(),
            unit: unit.to_owned(),
            threads,
            goals: goals.iter().filter(about).copied().collect(),
            figures: Vec::new(),
        }
    }

    /// Notes a round of somebody's.
    pub fn push(&mut self, who: &str, value: f64) {
        match self.figures.iter_mut().find(|(known, _)| known == who) {
            Some((_, rounds)) => rounds.push(value),
            None => {
                let mut rounds = Rounds::default();
                rounds.push(value);
                self.figures.push((who.to_owned(), rounds));
            }
        }
    }

    fn rounds(&self, who: &str) -> Option<&Rounds> {
        let found = self.figures.iter().find(|(known, _)| known == who);
        found.map(|(_, rounds)| rounds)
    }

    fn median(&self, who: &str) -> f64 {
        self.rounds(who).map_or(f64::NAN, Rounds::median)
    }

    fn floor(&self, floor: &str) -> Option<&Rounds> {
        let mut floors = self.floors();
        floors.find_map(|(who, rounds)| (who == floor).then_some(rounds))
    }

    fn floors(&self) -> impl Iterator<Item = (&str, &Rounds)> {
        let floor = |(who, rounds)| Some((str::strip_prefix(who, "floor: ")?, rounds));
        self.figures
            .iter()
            .map(|(who, rounds)| (who.as_str(), rounds))
            .filter_map(floor)
    }

    /// Requests a second are better when there are more of them.
    fn more_is_better(&self) -> bool {
        self.unit == "requests/s"
    }

    fn better<'a>(&self, one: Option<&'a Rounds>, other: Option<&'a Rounds>) -> Option<&'a Rounds> {
        let (Some(one), Some(other)) = (one, other) else {
            return one.or(other);
        };
        let first = (one.median() < other.median()) != self.more_is_better();
        Some(if first { one } else { other })
    }

    /// Ours in parts of theirs, so that less is better.
    fn ratio(&self, ours: f64, theirs: f64) -> f64 {
        match self.more_is_better() {
            _ if ours == theirs => 1.0,
            true => theirs / ours,
            false => ours / theirs,
        }
    }

    /// Ours in parts of tokio's.
    fn of_tokio(&self) -> f64 {
        self.ratio(self.median("wakeful"), self.median("tokio"))
    }

    /// What a goal of a single row compares with. `None` if that was not measured.
    fn other(&self, against: Against) -> Option<&Rounds> {
        let tokio = self.rounds("tokio");
        match against {
            Against::Tokio => tokio,
            Against::BestPeer => self.better(tokio, self.rounds("smol")),
            Against::Floor(floor) => self.floor(floor),
            Against::TokioOrFloor(floor) => self.better(tokio, self.floor(floor)),
            Against::OneThread | Against::Itself => None,
        }
    }

    fn judge(&self, goal: Goal, other: Option<&Rounds>) -> Option<Judged> {
        let ours = self.rounds("wakeful")?;
        if goal.against == Against::Itself {
            let (low, _) = ours.middle_half();
            return Some(Judged {
                goal,
                ratio: ours.median(),
                verdict: verdict(ours.median() <= goal.at_most, low <= goal.at_most),
            });
        }
        let other = other?;
        let ratio = self.ratio(ours.median(), other.median());
        let ((low, high), (least, most)) = (ours.middle_half(), other.middle_half());
        let at_best = match self.more_is_better() {
            true => self.ratio(high, least),
            false => self.ratio(low, most),
        };
        Some(Judged {
            goal,
            ratio,
            verdict: verdict(ratio <= goal.at_most, at_best <= goal.at_most),
        })
    }
}

fn verdict(met: bool, nearly: bool) -> Verdict {
    match (met, nearly) {
        (true, _) => Verdict::Met,
        (_, true) => Verdict::Level,
        _ => Verdict::Missed,
    }
}

impl Report {
    /// What became of a row's goals.
    pub fn judge(&self, row: &Row) -> Vec<Judged> {
        let goals = row.goals.iter();
        goals
            .filter_map(|&goal| row.judge(goal, self.other(row, goal.against)))
            .collect()
    }

    fn other<'a>(&'a self, row: &'a Row, against: Against) -> Option<&'a Rounds> {
        if against != Against::OneThread {
            return row.other(against);
        }
        let same =
            |other: &&Row| other.threads == 1 && other.name == row.name && other.unit == row.unit;
        self.rows.iter().find(same)?.rounds("wakeful")
    }

    /// The rows with a goal that is not met, the worst verdict of each.
    pub fn lost(&self) -> Vec<(&Row, Judged)> {
        let mut lost = Vec::new();
        for row in &self.rows {
            for judged in self.judge(row) {
                if judged.verdict != Verdict::Met {
                    lost.push((row, judged));
                }
            }
        }
        lost
    }
}

/// Three digits, whatever the size.
pub(crate) fn figure(value: f64) -> String {
    match value {
        _ if value.is_nan() => "–".to_owned(),
        _ if value == 0.0 => "0".to_owned(),
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ if value >= 0.095 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
