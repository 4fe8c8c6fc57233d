//! Every round of everybody, for programs.

use std::fmt::Write;

use super::Report;

impl Report {
    /// A list of rows.
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
            let goals: Vec<String> = self
                .judge(row)
                .iter()
                .map(|judged| {
                    let (goal, verdict) = (judged.goal.text(), judged.verdict.text());
                    let verdict = verdict.trim_matches('*');
                    format!("{{{goal:?}: {:?}, \"is\": {}}}", verdict, judged.ratio)
                })
                .collect();
            let comma = if index + 1 < self.rows.len() { "," } else { "" };
            let _ = writeln!(
                text,
                "  {{\"question\": {:?}, \"threads\": {}, \"unit\": {:?}, \"goals\": [{}], \
                 \"rounds\": {{{}}}}}{comma}",
                row.name,
                row.threads,
                row.unit,
                goals.join(", "),
                figures.join(", "),
            );
        }
        text.push_str("]\n");
        text
    }
}
