//! The page BENCHMARKS.md, and the tables it is made of.

use std::fmt::Write;

use super::{Report, Row, Verdict, figure};

/// What stands round the text that is written by hand, so that it can be found again.
const NOTES_BEGIN: &str = "<!-- benches/notes.md begins -->\n";
const NOTES_END: &str = "<!-- benches/notes.md ends -->\n";

/// What the page is made of.
pub struct Page<'a> {
    /// What was measured.
    pub report: &'a Report,
    /// Names and versions, one a row: what, which.
    pub circumstances: Vec<(String, String)>,
    /// The scale study, if it was made.
    pub scale: Option<String>,
    /// What is written by hand.
    pub notes: String,
}

const INTRODUCTION: &str = "\
# Benchmarks

This page is written by a program. To make it again, on a machine that does nothing else:

```sh
cargo run --release -p wakeful-benches --bin suite -- --report
```

Every question is asked of wakeful, tokio and smol in turns, round by round, in one process and with
one setting of the allocator, so that a machine whose speed changes changes it for everybody. What
is to be read are ratios. A figure is the median of all rounds but the first; the first, in which
caches, pools and heap are cold, has a column of its own. The spread is how far apart the middle
half of our rounds is, as a part of the median. `benches/src/questions/` and `benches/src/probes/`
have a file for each question: what is asked, in which unit, and what would mislead.

A goal is *met*, or *missed*, or *level*: missed by less than the rounds differ among themselves.
";

impl Page<'_> {
    /// The text of the page.
    pub fn text(&self) -> String {
        let mut text = String::from(INTRODUCTION);
        text.push_str("\n## Where and when\n\n| | |\n|---|---|\n");
        for (what, which) in &self.circumstances {
            let _ = writeln!(text, "| {what} | {which} |");
        }
        text.push_str("\n![ratios to tokio](benches/results/suite.svg)\n");
        text.push_str("\n## What is lost\n\n");
        text.push_str(&self.report.losses());
        text.push('\n');
        text.push_str(NOTES_BEGIN);
        text.push_str(&self.notes);
        text.push_str(NOTES_END);
        text.push_str(&self.report.tables());
        if let Some(scale) = &self.scale {
            text.push_str(scale);
        }
        text
    }
}

/// The same page with another text by hand. `None` if the page has no place for it.
pub fn replace_notes(page: &str, notes: &str) -> Option<String> {
    let (before, rest) = page.split_once(NOTES_BEGIN)?;
    let (_, after) = rest.split_once(NOTES_END)?;
    Some(format!("{before}{NOTES_BEGIN}{notes}{NOTES_END}{after}"))
}

impl Report {
    /// A list of what does not meet its goal.
    fn losses(&self) -> String {
        let lost = self.lost();
        let goals: usize = self.rows.iter().map(|row| self.judge(row).len()).sum();
        let of = |verdict| {
            lost.iter()
                .filter(move |(_, judged)| judged.verdict == verdict)
        };
        let mut text = format!(
            "Of {goals} goals {} are met, {} are level, {} are missed.\n",
            goals - lost.len(),
            of(Verdict::Level).count(),
            of(Verdict::Missed).count(),
        );
        for (title, verdict) in [("Missed", Verdict::Missed), ("Level", Verdict::Level)] {
            if of(verdict).next().is_none() {
                continue;
            }
            let _ = write!(
                text,
                "\n{title}:\n\n| question | threads | unit | is | goal |\n|---|---|---|---|---|\n"
            );
            for (row, judged) in of(verdict) {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} |",
                    row.name,
                    row.threads,
                    row.unit,
                    figure(judged.ratio),
                    judged.goal.text(),
                );
            }
        }
        text
    }

    /// A table for each topic, in the order of asking.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        let mut topic = "";
        for row in &self.rows {
            if row.topic != topic {
                topic = row.topic;
                let _ = write!(
                    text,
                    "\n## {topic}\n\n\
                     | question | threads | unit | wakeful | first | spread | tokio | smol \
                     | of tokio | floors | goals |\n\
                     |---|---|---|---|---|---|---|---|---|---|---|\n"
                );
            }
            text.push_str(&self.line(row));
        }
        text
    }

    fn line(&self, row: &Row) -> String {
        let Some(ours) = row.rounds("wakeful") else {
            return String::new();
        };
        let floors: Vec<String> = row
            .floors()
            .map(|(who, rounds)| {
                let ratio = row.ratio(ours.median(), rounds.median());
                format!("{who}: {} ({}x)", figure(rounds.median()), figure(ratio))
            })
            .collect();
        let goals: Vec<String> = self
            .judge(row)
            .iter()
            .map(|judged| {
                let (goal, verdict) = (judged.goal.text(), judged.verdict.text());
                format!("{goal}: {} {verdict}", figure(judged.ratio))
            })
            .collect();
        let several = ours.in_order().len() > 1;
        let cell = |text: String| if several { text } else { String::new() };
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            row.name,
            row.threads,
            row.unit,
            figure(ours.median()),
            cell(figure(ours.first())),
            cell(format!("{:.0} %", ours.spread() * 100.0)),
            figure(row.median("tokio")),
            figure(row.median("smol")),
            figure(row.of_tokio()),
            floors.join("; "),
            goals.join("; "),
        )
    }
}
