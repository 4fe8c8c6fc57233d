//! Options as written, and what is said of wrong ones.

use super::*;
use crate::token::lex;

fn main_options(source: &str) -> Options<usize> {
    parse(&lex(source), Macro::Main).unwrap()
}

/// The text of the mistake, and the source from its place on.
fn mistake(which: Macro, source: &str) -> (String, &str) {
    let mistake = parse(&lex(source), which).unwrap_err();
    (mistake.text, &source[mistake.span..])
}

#[test]
fn the_defaults_differ_by_flavor_only() {
    let main = main_options("");
    assert_eq!(main.flavor, Flavor::MultiThread);
    let test = parse(&lex(""), Macro::Test).unwrap();
    assert_eq!(test.flavor, Flavor::CurrentThread);
    assert_eq!(
        Options {
            flavor: main.flavor,
            ..test
        },
        main
    );
}

#[test]
fn all_options_are_read() {
    let options = main_options(r#"flavor = "multi_thread", worker_threads = 1_0usize,"#);
    assert_eq!(options.worker_threads, Some(10));
    let options = main_options(
        r#"flavor = "current_thread", start_paused = true, crate = "::a::b",
           unhandled_panic = "ignore""#,
    );
    assert_eq!(options.start_paused, Some(true));
    assert_eq!(options.unhandled_panic, Some(UnhandledPanic::Ignore));
    assert_eq!(options.crate_path.unwrap().0, "::a::b");
    let options =
        main_options(r#"flavor = "local", unhandled_panic = "shutdown_runtime", name = "a b""#);
    let shutdown = Some(UnhandledPanic::ShutdownRuntime);
    assert_eq!(options.unhandled_panic, shutdown);
    assert_eq!(options.name.as_deref(), Some("a b"));
    let options = main_options(r#"flavor = "local", start_paused = false"#);
    assert_eq!(
        (options.flavor, options.start_paused),
        (Flavor::Local, Some(false))
    );
    assert_eq!(
        main_options("crate = wakeful").crate_path.unwrap().0,
        "wakeful"
    );
}

/// Each line: the options, the text, and, from its place on, the source.
fn check(table: &[(&str, &str, &str)]) {
    for (source, text, place) in table {
        let expected = ((*text).to_owned(), *place);
        assert_eq!(mistake(Macro::Main, source), expected, "{source}");
    }
}

#[test]
fn unknown_names_are_refused() {
    let unknown = format!("Unknown attribute foo is specified; expected one of: {OPTIONS}");
    let flavor = "Set the runtime flavor with #[main(flavor = \"multi_thread\")].";
    let renamed = "Attribute `core_threads` is renamed to `worker_threads`";
    check(&[
        ("foo", &unknown, "foo"),
        ("foo = 1", &unknown, "foo = 1"),
        (r#""foo""#, "Unknown attribute inside the macro", r#""foo""#),
        ("threaded_scheduler", flavor, "threaded_scheduler"),
        ("core_threads = 1", renamed, "core_threads = 1"),
    ]);
}

#[test]
fn wrong_flavors_are_refused() {
    let none = "No such runtime flavor `foo`. \
                The runtime flavors are: `current_thread`, `local`, `multi_thread`.";
    let single = "The single threaded runtime flavor is called `current_thread`.";
    let old = "The `basic_scheduler` runtime flavor has been renamed to `current_thread`.";
    let number = "Failed to parse value of `flavor` as string.";
    check(&[
        (r#"flavor = "foo""#, none, r#""foo""#),
        (r#"flavor = "single_thread""#, single, r#""single_thread""#),
        (r#"flavor = "basic_scheduler""#, old, r#""basic_scheduler""#),
        ("flavor = 1", number, "1"),
    ]);
}

#[test]
fn wrong_values_are_refused() {
    let integer = "Failed to parse value of `worker_threads` as integer.";
    let twice = "`worker_threads` set multiple times.";
    let comma = "expected `,` after the value of `worker_threads`";
    let nothing = "expected a value: `worker_threads = …`";
    let boolean = "Failed to parse value of `start_paused` as bool.";
    let path = "Failed to parse value of `crate` as path: \"4 2\"";
    let empty = "Failed to parse value of `crate` as path: \"\"";
    check(&[
        ("worker_threads = 0", "`worker_threads` may not be 0.", "0"),
        ("worker_threads = a", integer, "a"),
        ("worker_threads = 1, worker_threads = 2", twice, "2"),
        ("worker_threads = 1 2", comma, "2"),
        ("worker_threads =", nothing, "="),
        ("flavor", "expected a value: `flavor = …`", "flavor"),
        ("start_paused = 1", boolean, "1"),
        (r#"crate = "4 2""#, path, r#""4 2""#),
        (r#"crate = """#, empty, r#""""#),
    ]);
}

#[test]
fn simulations_are_read() {
    let options = |source| parse(&lex(source), Macro::Test).unwrap().simulation;
    assert_eq!(options(""), None);
    let simulation = |seeds, workers| Some(Simulation { seeds, workers });
    assert_eq!(options("sim"), simulation(SEEDS, None));
    assert_eq!(options("sim, seeds = 7"), simulation(7, None));
    let all = options(r#"workers = 2, crate = "a", seeds = 1_000, sim,"#);
    assert_eq!(all, simulation(1000, Some(2)));
}

#[test]
fn simulations_are_no_runtimes() {
    let of_another = "The `flavor` option does not go together with `sim`: a simulation takes \
                      `seeds` and `workers`";
    let alone = "The `seeds` option is one of a simulation. Use `#[test(sim, seeds = …)]`";
    let unknown = "Unknown attribute sim is specified; expected one of: ";
    for (source, text, place) in [
        (r#"sim, flavor = "local""#, of_another, r#""local""#),
        ("seeds = 4", alone, "4"),
        ("sim, seeds = 0", "`seeds` may not be 0.", "0"),
        ("sim, sim", "`sim` set multiple times.", "sim"),
        ("sim = true", "`sim` takes no value", "true"),
        ("sim, workers", "expected a value: `workers = …`", "workers"),
    ] {
        let found = mistake(Macro::Test, source);
        assert_eq!(found, (text.to_owned(), place), "{source}");
    }
    assert_eq!(mistake(Macro::Main, "sim").0, format!("{unknown}{OPTIONS}"));
    let more = format!("Unknown attribute foo is specified; expected one of: {OPTIONS}{OF_TESTS}");
    assert_eq!(mistake(Macro::Test, "foo = 1").0, more);
}

#[test]
fn strictness_is_a_flag_of_tests() {
    let strict = |source| parse(&lex(source), Macro::Test).unwrap().strict;
    assert_eq!(strict(""), None);
    assert_eq!(strict("strict"), Some(true));
    assert_eq!(strict("strict = true, flavor = \"local\""), Some(true));
    assert_eq!(strict("start_paused = true, strict = false,"), Some(false));
    for (source, text, place) in [
        ("strict, strict", "`strict` set multiple times.", "strict"),
        (
            "strict = false, strict",
            "`strict` set multiple times.",
            "strict",
        ),
        (
            "strict = 1",
            "Failed to parse value of `strict` as bool.",
            "1",
        ),
        (
            "sim, strict = false",
            "The `strict` option does not go together with `sim`: a simulation takes `seeds` and \
             `workers`",
            "false",
        ),
    ] {
        let found = mistake(Macro::Test, source);
        assert_eq!(found, (text.to_owned(), place), "{source}");
    }
    let unknown = format!("Unknown attribute strict is specified; expected one of: {OPTIONS}");
    assert_eq!(mistake(Macro::Main, "strict").0, unknown);
    assert_eq!(mistake(Macro::Main, "strict = true").0, unknown);
}

#[test]
fn options_of_another_flavor_are_refused() {
    let paused = "The `start_paused` option requires the `current_thread` runtime flavor. \
                  Use `#[main(flavor = \"current_thread\")]`";
    let panics = "The `unhandled_panic` option requires the `current_thread` runtime flavor. \
                  Use `#[main(flavor = \"current_thread\")]`";
    check(&[
        ("start_paused = true", paused, "true"),
        (r#"unhandled_panic = "ignore""#, panics, r#""ignore""#),
    ]);
    let workers = "The `worker_threads` option requires the `multi_thread` runtime flavor. \
                   Use `#[test(flavor = \"multi_thread\")]`";
    let found = mistake(Macro::Test, "worker_threads = 4");
    assert_eq!(found, (workers.to_owned(), "4"));
}
