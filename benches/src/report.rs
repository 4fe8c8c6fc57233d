//! What was measured, as a table, as JSON, and as a picture.

use std::fmt::Write;

use crate::statistics::Rounds;

/// All that was asked.
#[derive(Default)]
pub struct Report {
    /// In the order of asking.
    pub rows: Vec<Row>,
}

/// One question on one number of threads.
pub struct Row {
    /// What was asked.
    pub name: String,
    /// What the figures are.
    pub unit: String,
    /// On how many threads.
    pub threads: usize,
    /// At most this part of tokio's.
    pub goal: f64,
    figures: Vec<(String, Rounds)>,
}

impl Row {
    /// No figures yet.
    pub fn new(name: &str, unit: &str, threads: usize, goal: f64) -> Self {
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            threads,
            goal,
            figures: Vec::new(),
        }
    }

    /// Notes a round of somebody's.
    pub fn push(&mut self, who: &str, value: f64) {
        match self.figures.iter_mut().find(|(known, _)| known == who) {
            Some((_, rounds)) => rounds.push_value(value),
            None => {
                let mut rounds = Rounds::new(1);
                rounds.push_value(value);
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

    fn floors(&self) -> impl Iterator<Item = &(String, Rounds)> {
        self.figures
            .iter()
            .filter(|(who, _)| who.starts_with("floor"))
    }

    /// Requests a second are better when there are more of them.
    fn more_is_better(&self) -> bool {
        self.unit == "requests_per_s"
    }

    /// Ours in parts of tokio's, so that less is better.
    fn ratio(&self) -> f64 {
        let (ours, theirs) = (self.median("wakeful"), self.median("tokio"));
        match self.more_is_better() {
            _ if ours == theirs => 1.0,
            true => theirs / ours,
            false => ours / theirs,
        }
    }
}

impl Report {
    /// A table for a page.
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "| question | threads | unit | wakeful | first | spread | tokio | smol | of tokio \
             | goal | floors |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
        );
        for row in &self.rows {
            let ours = row.rounds("wakeful");
            let floors: Vec<String> = row
                .floors()
                .map(|(who, rounds)| {
                    let who = who.trim_start_matches("floor: ");
                    let times = row.median("wakeful") / rounds.median();
                    format!("{who}: {} ({times:.2}x)", figure(rounds.median()))
                })
                .collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {:.0} % | {} | {} | {:.2}x | {:.2}x{} | {} |",
                row.name,
                row.threads,
                row.unit,
                figure(row.median("wakeful")),
                ours.map_or(String::new(), |rounds| figure(rounds.first())),
                ours.map_or(0.0, Rounds::spread) * 100.0,
                figure(row.median("tokio")),
                figure(row.median("smol")),
                row.ratio(),
                row.goal,
                if row.ratio() <= row.goal {
                    ""
                } else {
                    ", missed"
                },
                floors.join("; "),
            );
        }
        text
    }

    /// Every round of everybody.
    pub fn json(&self) -> String {
        let mut text = String::from("[\n");
        for (index, row) in self.rows.iter().enumerate() {
            let figures: Vec<String> = row
                .figures
                .iter()
                .map(|(who, rounds)| {
                    let rounds: Vec<String> =
                        rounds.in_order().iter().map(f64::to_string).collect();
                    format!("{who:?}: [{}]", rounds.join(", "))
                })
                .collect();
            let comma = if index + 1 < self.rows.len() { "," } else { "" };
            let _ = writeln!(
                text,
                "  {{\"question\": {:?}, \"threads\": {}, \"unit\": {:?}, \"goal\": {}, \
                 \"rounds\": {{{}}}}}{comma}",
                row.name,
                row.threads,
                row.unit,
                row.goal,
                figures.join(", "),
            );
        }
        text.push_str("]\n");
        text
    }

    /// A bar for each row: ours in parts of tokio's, with a mark where the goal is.
    pub fn picture(&self) -> String {
        const LEFT: f64 = 430.0;
        const UNIT: f64 = 300.0;
        const LINE: f64 = 18.0;
        let height = LINE * (self.rows.len() as f64 + 3.0);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text x=\"10\" y=\"14\">wakeful in parts of tokio: shorter is better; the line is \
             tokio, the mark is the goal</text>\n"
        );
        for (index, row) in self.rows.iter().enumerate() {
            let y = LINE * (index as f64 + 2.0);
            let ratio = row.ratio();
            let color = if ratio <= row.goal { "#2a7" } else { "#c73" };
            let name = row.name.replace('&', "&amp;").replace('<', "&lt;");
            let width = (ratio.min(1.4) * UNIT).max(0.0);
            let goal = LEFT + row.goal.min(1.4) * UNIT;
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}, {} ({})</text>\n\
                 <rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"12\" \
                 fill=\"{color}\"/>\n\
                 <rect x=\"{goal:.1}\" y=\"{}\" width=\"2\" height=\"16\"/>\n\
                 <text x=\"{:.1}\" y=\"{}\">{ratio:.2}</text>\n",
                LEFT - 6.0,
                y + 10.0,
                row.unit,
                row.threads,
                y - 2.0,
                LEFT + width.max(2.0) + 6.0,
                y + 10.0,
            );
        }
        let line = LEFT + UNIT;
        let _ = write!(
            svg,
            "<line x1=\"{line}\" x2=\"{line}\" y1=\"24\" y2=\"{height}\" stroke=\"gray\"/>\n\
             </svg>\n"
        );
        svg
    }
}

/// Three digits, whatever the size.
fn figure(value: f64) -> String {
    match value {
        _ if value.is_nan() => "–".to_owned(),
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
