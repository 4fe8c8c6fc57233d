//! Just enough Markdown: headings, tables, code spans.

use crate::Complaint;

pub(crate) struct Document {
    pub(crate) path: String,
    pub(crate) lines: Vec<String>,
}

/// A line of a table.
pub(crate) struct Row<'a> {
    pub(crate) index: usize,
    pub(crate) cells: Vec<&'a str>,
}

/// What stands between two backticks.
pub(crate) struct Span<'a> {
    pub(crate) index: usize,
    pub(crate) text: &'a str,
    /// The `##` heading it stands under.
    pub(crate) heading: &'a str,
}

impl Document {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn complain(&self, index: usize, text: impl Into<String>) -> Complaint {
        Complaint {
            place: format!("{}:{}", self.path, index + 1),
            text: text.into(),
        }
    }

    /// The rows of the table under `## heading`, without head and rule. A complaint if there is no
    /// such heading or no table under it.
    pub(crate) fn table(&self, heading: &str) -> Result<Vec<Row<'_>>, Complaint> {
        let wanted = format!("## {heading}");
        let found = |line: &String| strip_number(line) == wanted;
        let Some(start) = self.lines.iter().position(found) else {
            return Err(self.complain(0, format!("no section `{wanted}`")));
        };
        let rows: Vec<Row<'_>> = (start + 1..self.lines.len())
            .take_while(|index| !self.lines[*index].starts_with("## "))
            .filter(|index| self.lines[*index].starts_with('|'))
            .map(|index| Row {
                index,
                cells: cells(&self.lines[index]),
            })
            .skip(2)
            .collect();
        match rows.is_empty() {
            true => Err(self.complain(start, format!("no table under `{wanted}`"))),
            false => Ok(rows),
        }
    }

    /// Every code span outside of fenced blocks.
    pub(crate) fn spans(&self) -> Vec<Span<'_>> {
        let (mut spans, mut fenced, mut heading) = (Vec::new(), false, "");
        for (index, line) in self.lines.iter().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                if let Some(text) = line.strip_prefix("## ") {
                    heading = text;
                }
                spans.extend(backticked(line).map(|text| Span {
                    index,
                    text,
                    heading,
                }));
            }
        }
        spans
    }
}

/// `## 7. Map of unsafe` as `## Map of unsafe`.
fn strip_number(line: &str) -> String {
    let Some(text) = line.strip_prefix("## ") else {
        return String::new();
    };
    let text = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    format!("## {}", text.trim())
}

fn cells(line: &str) -> Vec<&str> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(str::trim).collect()
}

pub(crate) fn backticked(line: &str) -> impl Iterator<Item = &str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| !span.is_empty())
}
