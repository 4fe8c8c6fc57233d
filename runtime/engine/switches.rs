//! The variable `WAKEFUL`: what it turns on in a program that was not changed for it.
//!
//! Read whenever a runtime is built. Its words are separated by commas: `inspect,stall:50ms`. One
//! that there is not is told on stderr, once, and does no harm.

use std::ffi::OsStr;
use std::io::Write;
use std::sync::Once;
use std::time::Duration;

const VARIABLE: &str = "WAKEFUL";

/// What is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    /// `wakeful ps` and `wakeful tree` are answered, and SIGQUIT prints a dump.
    pub(crate) inspect: bool,
    /// SIGQUIT prints a dump.
    pub(crate) dump: bool,
    /// Polls longer than this are reported.
    pub(crate) stall: Option<Duration>,
}

impl Switches {
    /// What the variable says now.
    pub(crate) fn read() -> Self {
        static COMPLAINT: Once = Once::new();
        let Some(value) = std::env::var_os(VARIABLE) else {
            return Self::default();
        };
        let (switches, unknown) = Self::parse(&value);
        if let Some(word) = unknown {
            COMPLAINT.call_once(|| {
                let _ = writeln!(
                    std::io::stderr(),
                    "wakeful: {VARIABLE} has no word `{word}`; its words are `inspect`, `dump` \
                     and `stall:TIME`, as in `stall:50ms`, with commas between them"
                );
            });
        }
        switches
    }

    /// What a value turns on, and the first word in it that there is not.
    fn parse(value: &OsStr) -> (Self, Option<String>) {
        let value = value.to_string_lossy();
        let mut switches = Self::default();
        let mut unknown = None;
        for word in value
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            match (word, word.strip_prefix("stall:").and_then(duration)) {
                ("inspect", _) => switches.inspect = true,
                ("dump", _) => switches.dump = true,
                (_, Some(limit)) => switches.stall = Some(limit),
                (word, None) => {
                    unknown.get_or_insert_with(|| word.to_owned());
                }
            }
        }
        (switches, unknown)
    }
}

/// A number and a unit. Not zero.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    match &text[digits.len()..] {
        "us" | "µs" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> (Switches, Option<String>) {
        Switches::parse(OsStr::new(value))
    }

    #[test]
    fn words_are_separated_by_commas() {
        let (switches, unknown) = parse("inspect, stall:50ms,,dump");
        assert_eq!(unknown, None);
        assert!(switches.inspect && switches.dump);
        assert_eq!(switches.stall, Some(Duration::from_millis(50)));
        assert_eq!(parse(""), (Switches::default(), None));
    }

    #[test]
    fn an_unknown_word_is_told_and_the_others_count() {
        for word in [
            "trace",
            "stall",
            "stall:",
            "stall:0ms",
            "stall:5",
            "stall:ms",
            "stall:-1s",
        ] {
            let (switches, unknown) = parse(&format!("{word},inspect"));
            assert_eq!(unknown.as_deref(), Some(word));
            assert_eq!(switches.stall, None, "{word}");
            assert!(switches.inspect);
        }
    }

    #[test]
    fn units() {
        assert_eq!(duration("3us"), Some(Duration::from_micros(3)));
        assert_eq!(duration("2s"), Some(Duration::from_secs(2)));
        assert_eq!(duration("2h"), None);
    }
}
