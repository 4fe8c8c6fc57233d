//! The table as a picture: a bar for each row.

use std::fmt::Write;

use super::{Report, Row, Verdict};

const LEFT: f64 = 470.0;
/// Width of tokio's bar, and the longest one in parts of it.
const UNIT: f64 = 280.0;
const LONGEST: f64 = 1.4;
const LINE: f64 = 17.0;

impl Report {
    /// Ours in parts of tokio's, with a mark where the goal against tokio is.
    pub fn picture(&self) -> String {
        let shown = |row: &&Row| row.of_tokio().is_finite();
        let rows: Vec<&Row> = self.rows.iter().filter(shown).collect();
        let height = LINE * (rows.len() as f64 + 3.0);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"940\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text x=\"10\" y=\"14\">wakeful in parts of tokio: shorter is better; the line is \
             tokio, a mark is the goal against tokio; green: every goal of the row is met, \
             brown: within the spread, red: missed</text>\n"
        );
        for (index, row) in rows.iter().enumerate() {
            self.bar(&mut svg, row, LINE * (index as f64 + 2.0));
        }
        let line = LEFT + UNIT;
        let _ = write!(
            svg,
            "<line x1=\"{line}\" x2=\"{line}\" y1=\"24\" y2=\"{height}\" stroke=\"gray\"/>\n\
             </svg>\n"
        );
        svg
    }

    fn bar(&self, svg: &mut String, row: &Row, y: f64) {
        let judged = self.judge(row);
        let has = |verdict| judged.iter().any(|judged| judged.verdict == verdict);
        let color = match () {
            () if judged.is_empty() => "#999",
            () if has(Verdict::Missed) => "#c43",
            () if has(Verdict::Level) => "#ca6",
            () => "#2a7",
        };
        let ratio = row.of_tokio();
        let name = row.name.replace('&', "&amp;").replace('<', "&lt;");
        let width = ratio.min(LONGEST) * UNIT;
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}, {} ({})</text>\n\
             <rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"12\" fill=\"{color}\"/>\n\
             <text x=\"{:.1}\" y=\"{}\">{ratio:.2}</text>\n",
            LEFT - 6.0,
            y + 10.0,
            row.unit,
            row.threads,
            LEFT + width.max(2.0) + 6.0,
            y + 10.0,
        );
        let goals = judged.iter().map(|judged| judged.goal);
        for goal in goals.filter(|goal| goal.against == crate::goals::Against::Tokio) {
            let x = LEFT + goal.at_most.min(LONGEST) * UNIT;
            let _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{}\" width=\"2\" height=\"15\"/>",
                y - 2.0
            );
        }
    }
}
