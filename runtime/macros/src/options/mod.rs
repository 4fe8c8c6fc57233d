//! The arguments of `#[main(…)]` and `#[test(…)]`: names, values, and which go together.

use crate::token::{Kind, Mistake, Token, integer_value, string_value};

/// Which attribute is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Macro {
    Main,
    Test,
}

impl Macro {
    fn name(self) -> &'static str {
        match self {
            Macro::Main => "main",
            Macro::Test => "test",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
    Local,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnhandledPanic {
    Ignore,
    ShutdownRuntime,
}

/// The simulations to run in place of a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Simulation {
    pub(crate) seeds: usize,
    pub(crate) workers: Option<usize>,
}

/// How many seeds a test is tried with, unless it says otherwise. A small body takes well below a
/// millisecond with each.
const SEEDS: usize = 100;

/// The runtime to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options<S> {
    pub(crate) simulation: Option<Simulation>,
    pub(crate) flavor: Flavor,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) start_paused: Option<bool>,
    pub(crate) unhandled_panic: Option<UnhandledPanic>,
    /// The runtime's name.
    pub(crate) name: Option<String>,
    /// The path the user gave for this crate, and where.
    pub(crate) crate_path: Option<(String, S)>,
    /// Whether the test fails for async reasons, if it says so.
    pub(crate) strict: Option<bool>,
}

impl<S> Options<S> {
    pub(crate) fn default_of(which: Macro) -> Self {
        Self {
            simulation: None,
            flavor: match which {
                Macro::Main => Flavor::MultiThread,
                Macro::Test => Flavor::CurrentThread,
            },
            worker_threads: None,
            start_paused: None,
            unhandled_panic: None,
            name: None,
            crate_path: None,
            strict: None,
        }
    }
}

/// The options as written: each value with its place.
struct Written<S> {
    sim: Option<S>,
    seeds: Option<(usize, S)>,
    workers: Option<(usize, S)>,
    flavor: Option<(Flavor, S)>,
    worker_threads: Option<(usize, S)>,
    start_paused: Option<(bool, S)>,
    unhandled_panic: Option<(UnhandledPanic, S)>,
    name: Option<(String, S)>,
    crate_path: Option<(String, S)>,
    strict: Option<(bool, S)>,
}

/// Reads what is between the parentheses of the attribute.
pub(crate) fn parse<S: Copy>(tokens: &[Token<S>], which: Macro) -> Result<Options<S>, Mistake<S>> {
    let mut written = Written {
        sim: None,
        seeds: None,
        workers: None,
        flavor: None,
        worker_threads: None,
        start_paused: None,
        unhandled_panic: None,
        name: None,
        crate_path: None,
        strict: None,
    };
    for argument in tokens.split(|token| token.is_mark(',')) {
        // A comma at the end leaves nothing behind it.
        if !argument.is_empty() {
            written.read(argument, which)?;
        }
    }
    written.check(which)
}

impl<S: Copy> Written<S> {
    /// Reads one `name = value`.
    fn read(&mut self, argument: &[Token<S>], which: Macro) -> Result<(), Mistake<S>> {
        let first = &argument[0];
        let (Some(name), rest) = (first.word(), &argument[1..]) else {
            return Err(Mistake::new(
                "Unknown attribute inside the macro",
                first.span,
            ));
        };
        let value = match rest {
            [] if name == "sim" && which == Macro::Test => {
                return match self.sim.replace(first.span) {
                    None => Ok(()),
                    Some(_) => Err(Mistake::new("`sim` set multiple times.", first.span)),
                };
            }
            [] if name == "strict" && which == Macro::Test => {
                return match self.strict.replace((true, first.span)) {
                    None => Ok(()),
                    Some(_) => Err(Mistake::new("`strict` set multiple times.", first.span)),
                };
            }
            [equals, value] if equals.is_mark('=') => value,
            [equals] if equals.is_mark('=') => {
                let text = format!("expected a value: `{name} = …`");
                return Err(Mistake::new(text, equals.span));
            }
            [equals, _, surplus, ..] if equals.is_mark('=') => {
                let text = format!("expected `,` after the value of `{name}`");
                return Err(Mistake::new(text, surplus.span));
            }
            _ => return Err(Mistake::new(not_an_option(name, which), first.span)),
        };
        match name {
            "seeds" if which == Macro::Test => set(&mut self.seeds, name, value, integer),
            "workers" if which == Macro::Test => set(&mut self.workers, name, value, integer),
            "sim" if which == Macro::Test => Err(Mistake::new("`sim` takes no value", value.span)),
            "strict" if which == Macro::Test => set(&mut self.strict, name, value, boolean),
            "flavor" => set(&mut self.flavor, name, value, flavor),
            "worker_threads" => set(&mut self.worker_threads, name, value, integer),
            "start_paused" => set(&mut self.start_paused, name, value, boolean),
            "unhandled_panic" => set(&mut self.unhandled_panic, name, value, unhandled_panic),
            "crate" => set(&mut self.crate_path, name, value, path),
            "name" => set(&mut self.name, name, value, runtime_name),
            "core_threads" => Err(Mistake::new(
                "Attribute `core_threads` is renamed to `worker_threads`",
                first.span,
            )),
            _ => Err(Mistake::new(unknown(name, which), first.span)),
        }
    }

    /// What is to be simulated, if anything.
    fn simulation(&self) -> Result<Option<Simulation>, Mistake<S>> {
        let seeds = self.seeds.map(|(_, at)| ("seeds", at));
        let workers = self.workers.map(|(_, at)| ("workers", at));
        if self.sim.is_none() {
            return match seeds.or(workers) {
                None => Ok(None),
                Some((option, at)) => {
                    let text = format!(
                        "The `{option}` option is one of a simulation. \
                         Use `#[test(sim, {option} = …)]`"
                    );
                    Err(Mistake::new(text, at))
                }
            };
        }
        let others = [
            self.flavor.map(|(_, at)| ("flavor", at)),
            self.worker_threads.map(|(_, at)| ("worker_threads", at)),
            self.start_paused.map(|(_, at)| ("start_paused", at)),
            self.unhandled_panic.map(|(_, at)| ("unhandled_panic", at)),
            self.name.as_ref().map(|(_, at)| ("name", *at)),
            self.strict.map(|(_, at)| ("strict", at)),
        ];
        if let Some((option, at)) = others.into_iter().flatten().next() {
            let text = format!(
                "The `{option}` option does not go together with `sim`: a simulation takes \
                 `seeds` and `workers`"
            );
            return Err(Mistake::new(text, at));
        }
        Ok(Some(Simulation {
            seeds: self.seeds.map_or(SEEDS, |(seeds, _)| seeds),
            workers: self.workers.map(|(workers, _)| workers),
        }))
    }

    /// Finds options that do not go together.
    fn check(self, which: Macro) -> Result<Options<S>, Mistake<S>> {
        let mut options = Options::default_of(which);
        options.simulation = self.simulation()?;
        if let Some((flavor, _)) = self.flavor {
            options.flavor = flavor;
        }
        let requires = |option: &str, flavor: &str, at| {
            let text = format!(
                "The `{option}` option requires the `{flavor}` runtime flavor. \
                 Use `#[{}(flavor = \"{flavor}\")]`",
                which.name()
            );
            Err(Mistake::new(text, at))
        };
        let is_multi = options.flavor == Flavor::MultiThread;
        match (self.worker_threads, self.start_paused, self.unhandled_panic) {
            (Some((_, at)), _, _) if !is_multi => {
                return requires("worker_threads", "multi_thread", at);
            }
            (_, Some((_, at)), _) if is_multi => {
                return requires("start_paused", "current_thread", at);
            }
            (_, _, Some((_, at))) if is_multi => {
                return requires("unhandled_panic", "current_thread", at);
            }
            _ => {}
        }
        options.worker_threads = self.worker_threads.map(|(threads, _)| threads);
        options.start_paused = self.start_paused.map(|(paused, _)| paused);
        options.unhandled_panic = self.unhandled_panic.map(|(policy, _)| policy);
        options.name = self.name.map(|(name, _)| name);
        options.crate_path = self.crate_path;
        options.strict = self.strict.map(|(strict, _)| strict);
        Ok(options)
    }
}

/// Stores the value of an option that has none yet.
fn set<S: Copy, V>(
    slot: &mut Option<(V, S)>,
    name: &str,
    token: &Token<S>,
    read: impl FnOnce(&str, &Kind) -> Result<V, String>,
) -> Result<(), Mistake<S>> {
    if slot.is_some() {
        let text = format!("`{name}` set multiple times.");
        return Err(Mistake::new(text, token.span));
    }
    let value = read(name, &token.kind).map_err(|text| Mistake::new(text, token.span))?;
    *slot = Some((value, token.span));
    Ok(())
}

const OPTIONS: &str =
    "`flavor`, `worker_threads`, `start_paused`, `crate`, `unhandled_panic`, `name`";

/// And these in a test.
const OF_TESTS: &str = ", `strict`, `sim`, `seeds`, `workers`";

fn unknown(name: &str, which: Macro) -> String {
    let more = match which {
        Macro::Main => "",
        Macro::Test => OF_TESTS,
    };
    format!("Unknown attribute {name} is specified; expected one of: {OPTIONS}{more}")
}

/// The text for a word without a value.
fn not_an_option(name: &str, which: Macro) -> String {
    let flavor = match name {
        "threaded_scheduler" | "multi_thread" => "multi_thread",
        "basic_scheduler" | "current_thread" | "single_threaded" => "current_thread",
        "local" => "local",
        "flavor" | "worker_threads" | "start_paused" | "crate" | "unhandled_panic" | "name" => {
            return format!("expected a value: `{name} = …`");
        }
        "seeds" | "workers" if which == Macro::Test => {
            return format!("expected a value: `{name} = …`");
        }
        _ => return unknown(name, which),
    };
    let attribute = which.name();
    format!("Set the runtime flavor with #[{attribute}(flavor = \"{flavor}\")].")
}

fn string(name: &str, kind: &Kind) -> Result<String, String> {
    match kind {
        Kind::Literal(literal) => string_value(literal),
        _ => None,
    }
    .ok_or_else(|| format!("Failed to parse value of `{name}` as string."))
}

fn flavor(name: &str, kind: &Kind) -> Result<Flavor, String> {
    match &*string(name, kind)? {
        "current_thread" => Ok(Flavor::CurrentThread),
        "multi_thread" => Ok(Flavor::MultiThread),
        "local" => Ok(Flavor::Local),
        "single_thread" => {
            Err("The single threaded runtime flavor is called `current_thread`.".to_owned())
        }
        old @ "basic_scheduler" => Err(renamed(old, "current_thread")),
        old @ "threaded_scheduler" => Err(renamed(old, "multi_thread")),
        other => Err(format!(
            "No such runtime flavor `{other}`. \
             The runtime flavors are: `current_thread`, `local`, `multi_thread`."
        )),
    }
}

fn renamed(old: &str, new: &str) -> String {
    format!("The `{old}` runtime flavor has been renamed to `{new}`.")
}

fn integer(name: &str, kind: &Kind) -> Result<usize, String> {
    let number = match kind {
        Kind::Literal(literal) => integer_value(literal),
        _ => None,
    };
    match number {
        Some(0) => Err(format!("`{name}` may not be 0.")),
        Some(number) => Ok(number),
        None => Err(format!("Failed to parse value of `{name}` as integer.")),
    }
}

fn boolean(name: &str, kind: &Kind) -> Result<bool, String> {
    match kind {
        Kind::Word(word) if word == "true" => Ok(true),
        Kind::Word(word) if word == "false" => Ok(false),
        _ => Err(format!("Failed to parse value of `{name}` as bool.")),
    }
}

fn unhandled_panic(name: &str, kind: &Kind) -> Result<UnhandledPanic, String> {
    match &*string(name, kind)? {
        "ignore" => Ok(UnhandledPanic::Ignore),
        "shutdown_runtime" => Ok(UnhandledPanic::ShutdownRuntime),
        other => Err(format!(
            "No such unhandled panic behavior `{other}`. \
             The unhandled panic behaviors are: `ignore`, `shutdown_runtime`."
        )),
    }
}

fn runtime_name(name: &str, kind: &Kind) -> Result<String, String> {
    string(name, kind)
}

/// A path in a string, or one word without quotes.
fn path(name: &str, kind: &Kind) -> Result<String, String> {
    let text = match kind {
        Kind::Word(word) => word.clone(),
        _ => string(name, kind)?,
    };
    let segments = text.strip_prefix("::").unwrap_or(&text).split("::");
    let is_segment = |segment: &str| {
        let segment = segment.trim();
        segment.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && segment.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if segments.into_iter().all(is_segment) {
        Ok(text)
    } else {
        Err(format!(
            "Failed to parse value of `{name}` as path: \"{text}\""
        ))
    }
}

#[cfg(test)]
mod tests;
