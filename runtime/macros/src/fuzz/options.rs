//! Lists of arguments.

use proptest::prelude::*;

use super::{check_mistake, config, corpus, kind, placed, slipped, slips};
use crate::options::{Flavor, Macro, Options, Simulation, UnhandledPanic, parse};
use crate::token::{Kind, lex};

const REGRESSIONS: &str = "proptest-regressions/options.txt";

/// Options, and the arguments that ask for them.
#[derive(Clone, Debug)]
struct Asked {
    which: Macro,
    options: Options<()>,
    arguments: Vec<Vec<Kind>>,
}

impl Asked {
    fn ask(&mut self, name: &str, value: String) {
        let value = match &*value {
            "true" | "false" => Kind::Word(value),
            _ => Kind::Literal(value),
        };
        let name = Kind::Word(name.to_owned());
        self.arguments.push(vec![name, Kind::Mark('='), value]);
    }
}

/// A number as somebody may write it.
fn spelled(number: usize, style: u8) -> String {
    match style % 6 {
        0 => format!("{number:#x}"),
        1 => format!("{number:#o}_usize"),
        2 => format!("{number:#b}"),
        3 => format!("{number}u128"),
        4 => format!("{number}_"),
        _ => number.to_string(),
    }
}

/// A string as somebody may write it.
fn quoted(text: &str, style: u8) -> String {
    let is_raw = !text.contains(['"', '\r']);
    match style % 4 {
        0 if is_raw => format!("r\"{text}\""),
        1 if is_raw => format!("r##\"{text}\"##"),
        2 => {
            let escaped = text.chars().map(|c| format!("\\u{{{:x}}}", c as u32));
            format!("\"{}\"", escaped.collect::<String>())
        }
        _ => format!("{text:?}"),
    }
}

/// Options that go together.
fn asked() -> impl Strategy<Value = Asked> {
    let which = prop_oneof![Just(Macro::Main), Just(Macro::Test)];
    let number = prop_oneof![1_usize..9, 1..=usize::MAX];
    let numbers = (prop::option::of(number.clone()), prop::option::of(number));
    let flags = (
        prop::option::of(any::<bool>()),
        prop::option::of(any::<bool>()),
        prop::option::of(any::<bool>()),
    );
    let texts = (
        prop::option::of(any::<String>()),
        prop::option::of("(::)?[a-z_][a-z0-9_]{0,5}(::[a-z_]{1,3}){0,2}"),
    );
    (which, 0_u8..4, numbers, flags, texts, any::<u8>())
        .prop_map(|(which, flavor, numbers, flags, texts, style)| {
            let mut asked = Asked {
                which,
                options: Options::default_of(which),
                arguments: Vec::new(),
            };
            let is_test = which == Macro::Test;
            if flavor == 3 && is_test {
                simulated(&mut asked, numbers, style);
            } else {
                flavored(&mut asked, flavor, numbers.0, (flags.0, flags.1), style);
                if let Some(name) = texts.0 {
                    asked.ask("name", quoted(&name, style));
                    asked.options.name = Some(name);
                }
                if let Some(strict) = flags.2.filter(|_| is_test) {
                    asked.ask("strict", strict.to_string());
                    asked.options.strict = Some(strict);
                }
            }
            if let Some(path) = texts.1 {
                asked.ask("crate", quoted(&path, style / 4));
                asked.options.crate_path = Some((path, ()));
            }
            asked
        })
        .prop_flat_map(|asked| {
            let arguments = Just(asked.arguments.clone()).prop_shuffle();
            arguments.prop_map(move |arguments| Asked {
                arguments,
                ..asked.clone()
            })
        })
}

fn simulated(asked: &mut Asked, numbers: (Option<usize>, Option<usize>), style: u8) {
    asked.arguments.push(vec![Kind::Word("sim".to_owned())]);
    let (seeds, workers) = numbers;
    if let Some(seeds) = seeds {
        asked.ask("seeds", spelled(seeds, style));
    }
    if let Some(workers) = workers {
        asked.ask("workers", spelled(workers, style / 8));
    }
    asked.options.simulation = Some(Simulation {
        seeds: seeds.unwrap_or(100),
        workers,
    });
}

fn flavored(
    asked: &mut Asked,
    flavor: u8,
    threads: Option<usize>,
    (paused, ignores): (Option<bool>, Option<bool>),
    style: u8,
) {
    let flavors = [
        ("multi_thread", Flavor::MultiThread),
        ("current_thread", Flavor::CurrentThread),
        ("local", Flavor::Local),
    ];
    if let Some((name, flavor)) = flavors.get(usize::from(flavor)) {
        asked.ask("flavor", quoted(name, style));
        asked.options.flavor = *flavor;
    }
    if asked.options.flavor == Flavor::MultiThread {
        if let Some(threads) = threads {
            asked.ask("worker_threads", spelled(threads, style));
            asked.options.worker_threads = Some(threads);
        }
        return;
    }
    if let Some(paused) = paused {
        asked.ask("start_paused", paused.to_string());
        asked.options.start_paused = Some(paused);
    }
    if let Some(ignores) = ignores {
        let (name, policy) = match ignores {
            true => ("ignore", UnhandledPanic::Ignore),
            false => ("shutdown_runtime", UnhandledPanic::ShutdownRuntime),
        };
        asked.ask("unhandled_panic", quoted(name, style));
        asked.options.unhandled_panic = Some(policy);
    }
}

fn joined(arguments: &[Vec<Kind>], with_last: bool) -> Vec<Kind> {
    let mut kinds = arguments.join(&Kind::Mark(','));
    if with_last && !kinds.is_empty() {
        kinds.push(Kind::Mark(','));
    }
    kinds
}

fn without_places(options: Options<usize>) -> Options<()> {
    Options {
        simulation: options.simulation,
        flavor: options.flavor,
        worker_threads: options.worker_threads,
        start_paused: options.start_paused,
        unhandled_panic: options.unhandled_panic,
        name: options.name,
        crate_path: options.crate_path.map(|(path, _)| (path, ())),
        strict: options.strict,
    }
}

/// Whatever the tokens are: a mistake with a place, or each argument is a known name, once.
fn check(kinds: &[Kind], which: Macro) {
    match parse(&placed(kinds), which) {
        Err(mistake) => check_mistake(&mistake, kinds.len()),
        Ok(_) => {
            let arguments = kinds.split(|kind| *kind == Kind::Mark(','));
            let mut names: Vec<String> = Vec::new();
            for argument in arguments.filter(|argument| !argument.is_empty()) {
                let Kind::Word(name) = &argument[0] else {
                    panic!("{argument:?} is no option");
                };
                let is_lone = argument.len() == 1 && (name == "sim" || name == "strict");
                assert!(is_lone || argument.len() == 3 && argument[1] == Kind::Mark('='));
                assert!(!names.contains(name), "{name} twice");
                names.push(name.clone());
            }
        }
    }
}

proptest! {
    #![proptest_config(config(REGRESSIONS))]

    #[test]
    fn options_are_read_as_they_were_written(asked in asked(), with_last in any::<bool>()) {
        let kinds = joined(&asked.arguments, with_last);
        let read = parse(&placed(&kinds), asked.which).map(without_places);
        prop_assert_eq!(read, Ok(asked.options));
    }

    #[test]
    fn no_option_is_taken_twice(asked in asked(), which in any::<usize>(), at in any::<usize>()) {
        if asked.arguments.is_empty() {
            // Not an assumption: a long run may make only so many that do not hold.
            return Ok(());
        }
        let mut arguments = asked.arguments;
        let again = arguments[which % arguments.len()].clone();
        arguments.insert(at % (arguments.len() + 1), again);
        let kinds = joined(&arguments, false);
        let mistake = parse(&placed(&kinds), asked.which).expect_err("it is there twice");
        check_mistake(&mistake, kinds.len());
        prop_assert!(mistake.text.ends_with("set multiple times."), "{}", mistake.text);
    }

    #[test]
    fn options_with_a_slip_are_read_or_refused(asked in asked(), slips in slips()) {
        check(&slipped(joined(&asked.arguments, false), slips), asked.which);
    }

    #[test]
    fn any_tokens_are_options_or_refused(
        kinds in prop::collection::vec(kind(), 0..12), is_test in any::<bool>(),
    ) {
        check(&kinds, if is_test { Macro::Test } else { Macro::Main });
    }
}

#[test]
fn the_corpus_of_options() {
    for (is_valid, input) in corpus(include_str!("../../corpus/options.txt")) {
        let tokens = lex(input);
        let kinds: Vec<Kind> = tokens.into_iter().map(|token| token.kind).collect();
        check(&kinds, Macro::Test);
        check(&kinds, Macro::Main);
        let read = parse(&placed(&kinds), Macro::Test);
        assert_eq!(read.is_ok(), is_valid, "{input}: {read:?}");
    }
}
