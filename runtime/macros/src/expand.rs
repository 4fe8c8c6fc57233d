//! What an attribute turns into. The only module that touches the compiler's tokens.

use proc_macro::{Delimiter as Around, Group, Literal, Span, TokenStream, TokenTree};

use crate::item::{Returns, Signature, inspect};
use crate::manifest;
use crate::options::{self, Flavor, Macro, Options, Simulation, UnhandledPanic};
use crate::token::{Delimiter, Kind, Mistake, Token};

/// Expands `#[main(args)] item` or `#[test(args)] item`.
pub(crate) fn attribute(which: Macro, args: TokenStream, item: TokenStream) -> TokenStream {
    let trees = opened(item.clone());
    let signature = match inspect(&tokens(&trees), which, Span::call_site()) {
        Ok(signature) => signature,
        Err(mistake) => return [item, report(mistake)].into_iter().collect(),
    };
    // With a mistake in the options the function is expanded all the same, so that the mistake is
    // the only thing the compiler has to say.
    let (options, mistake) = match options::parse(&tokens(&opened(args)), which) {
        Ok(options) => (options, TokenStream::new()),
        Err(mistake) => (Options::default_of(which), report(mistake)),
    };
    let function = function(which, &options, &signature, trees);
    [function, mistake].into_iter().collect()
}

/// The function without `async`; its body builds a runtime and blocks on the old body.
fn function(
    which: Macro,
    options: &Options<Span>,
    signature: &Signature,
    mut trees: Vec<TokenTree>,
) -> TokenStream {
    let returned: TokenStream = match &signature.returns {
        Returns::Type(range) => trees[range.clone()].iter().cloned().collect(),
        Returns::Unit => quoted("()"),
        Returns::Unnameable => TokenStream::new(),
    };
    let Some(TokenTree::Group(old)) = trees.pop() else {
        unreachable!("`inspect` found the body last");
    };
    let (inner_attributes, old) = split_inner_attributes(&old);
    let is_strict = is_strict(which, options);
    let (begin, run) = match options.simulation {
        None if is_strict => ("let body = async", run_strictly(options)),
        None => ("let body = async", run(options)),
        Some(simulation) => ("let body = || async", explore(options, simulation)),
    };
    let body: TokenStream = [
        inner_attributes,
        quoted(begin),
        braced(async_body(returned, &old), old.span()),
        quoted(";"),
        run,
    ]
    .into_iter()
    .collect();
    if options.simulation.is_some() || is_strict {
        // What the body returns is looked at inside, and the function returns nothing.
        trees.drain(signature.arrow.clone());
    }
    trees.remove(signature.keyword);
    let test = match which {
        Macro::Main => TokenStream::new(),
        Macro::Test => quoted("#[::core::prelude::v1::test]"),
    };
    let rest = trees.into_iter().collect();
    [test, rest, braced(body, old.span())].into_iter().collect()
}

/// The old body as it is, behind a line that tells the compiler what it has to return: so a
/// mismatch is reported in the body, and `?` knows its error type.
fn async_body(returned: TokenStream, old: &Group) -> TokenStream {
    let mut body = TokenStream::new();
    if !returned.is_empty() {
        body.extend(quoted(
            "if let ::core::option::Option::Some(never) = ::core::option::Option::<",
        ));
        body.extend(returned);
        body.extend(quoted(">::None { return never; };"));
    }
    // Without its braces, which the compiler would call superfluous. The block round it has their
    // place.
    body.extend(old.stream());
    body
}

/// `#![…]` at the start of a body belongs to the function, not to a block in it.
fn split_inner_attributes(body: &Group) -> (TokenStream, Group) {
    let mut rest: Vec<TokenTree> = body.stream().into_iter().collect();
    let is = |tree: &TokenTree, mark| matches!(tree, TokenTree::Punct(p) if p.as_char() == mark);
    let mut end = 0;
    while let [hash, bang, TokenTree::Group(_), ..] = &rest[end..] {
        if !is(hash, '#') || !is(bang, '!') {
            break;
        }
        end += 3;
    }
    let attributes = rest.drain(..end).collect();
    let mut group = Group::new(Around::Brace, rest.into_iter().collect());
    group.set_span(body.span());
    (attributes, group)
}

/// The path of this crate in the user's program.
fn crate_path(options: &Options<Span>) -> TokenStream {
    match &options.crate_path {
        Some((path, span)) => {
            let span = Span::mixed_site().located_at(*span);
            respanned(parsed(path), span)
        }
        None => quoted(&format!("::{}", manifest::crate_name())),
    }
}

/// Whether a test fails for async reasons: as it says, or if it cannot be meant for tokio.
fn is_strict(which: Macro, options: &Options<Span>) -> bool {
    let by_name = || match &options.crate_path {
        Some((path, _)) => !path.ends_with("tokio"),
        None => !manifest::may_be_called_tokio(),
    };
    which == Macro::Test && options.simulation.is_none() && options.strict.unwrap_or_else(by_name)
}

/// The expression that builds the runtime and runs the body.
fn run(options: &Options<Span>) -> TokenStream {
    let mut run = builder(options);
    run.extend(quoted(match options.flavor {
        Flavor::Local => ".enable_all().build_local(::core::default::Default::default())",
        Flavor::MultiThread | Flavor::CurrentThread => ".enable_all().build()",
    }));
    run.extend(quoted(
        r#".expect("Failed building the Runtime").block_on(body)"#,
    ));
    run
}

/// The same for a test that fails for async reasons.
fn run_strictly(options: &Options<Span>) -> TokenStream {
    let mut arguments = builder(options);
    let is_local = options.flavor == Flavor::Local;
    arguments.extend(quoted(&format!(".enable_all(), {is_local}, body")));
    let arguments = TokenTree::Group(Group::new(Around::Parenthesis, arguments));
    let call = quoted("::macros::strictly");
    [crate_path(options), call, arguments.into()]
        .into_iter()
        .collect()
}

/// The expression that makes the runtime's builder.
fn builder(options: &Options<Span>) -> TokenStream {
    let path = crate_path(options);
    let mut text = String::from("::runtime::Builder::");
    text += match options.flavor {
        Flavor::MultiThread => "new_multi_thread()",
        Flavor::CurrentThread | Flavor::Local => "new_current_thread()",
    };
    if let Some(threads) = options.worker_threads {
        text += &format!(".worker_threads({threads}usize)");
    }
    if let Some(paused) = options.start_paused {
        text += &format!(".start_paused({paused})");
    }
    if let Some(name) = &options.name {
        text += &format!(".name({name:?})");
    }
    let mut run: TokenStream = [path.clone(), quoted(&text)].into_iter().collect();
    if let Some(policy) = options.unhandled_panic {
        let variant = match policy {
            UnhandledPanic::Ignore => "::runtime::UnhandledPanic::Ignore",
            UnhandledPanic::ShutdownRuntime => "::runtime::UnhandledPanic::ShutdownRuntime",
        };
        let argument = [path, quoted(variant)].into_iter().collect();
        run.extend(quoted(".unhandled_panic"));
        run.extend([TokenTree::Group(Group::new(Around::Parenthesis, argument))]);
    }
    run
}

/// The expression that runs the body in a simulation with each seed.
fn explore(options: &Options<Span>, simulation: Simulation) -> TokenStream {
    let Simulation { seeds, workers } = simulation;
    let mut text = String::from("::sim::Builder::new(0u64)");
    if let Some(workers) = workers {
        text += &format!(".workers({workers}usize)");
    }
    text += &format!(".explore(0u64..{seeds}u64, body)");
    [crate_path(options), quoted(&text)].into_iter().collect()
}

/// `compile_error!` where the mistake is.
fn report(mistake: Mistake<Span>) -> TokenStream {
    let text = TokenTree::Literal(Literal::string(&mistake.text));
    let mut call = parsed("::core::compile_error!");
    call.extend([TokenTree::Group(Group::new(Around::Brace, text.into()))]);
    respanned(call, mistake.span)
}

/// Tokens of our own. Names of locals in them are hidden from the user's code, and the user's from
/// ours; all else resolves as if the user had written it.
fn quoted(source: &str) -> TokenStream {
    respanned(parsed(source), Span::mixed_site())
}

fn parsed(source: &str) -> TokenStream {
    source.parse().expect("our own source is valid")
}

fn braced(stream: TokenStream, span: Span) -> TokenStream {
    let mut group = Group::new(Around::Brace, stream);
    group.set_span(span);
    TokenTree::Group(group).into()
}

fn respanned(stream: TokenStream, span: Span) -> TokenStream {
    let respan = |mut tree: TokenTree| {
        if let TokenTree::Group(group) = &tree {
            let inner = respanned(group.stream(), span);
            tree = TokenTree::Group(Group::new(group.delimiter(), inner));
        }
        tree.set_span(span);
        tree
    };
    stream.into_iter().map(respan).collect()
}

/// Opens the invisible groups that `macro_rules` leaves round its fragments.
fn opened(stream: TokenStream) -> Vec<TokenTree> {
    let mut trees = Vec::new();
    for tree in stream {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Around::None => {
                trees.extend(opened(group.stream()));
            }
            tree => trees.push(tree),
        }
    }
    trees
}

/// The tokens as the parsers want them, one for one.
fn tokens(trees: &[TokenTree]) -> Vec<Token<Span>> {
    let token = |tree: &TokenTree| Token {
        kind: match tree {
            TokenTree::Ident(word) => Kind::Word(word.to_string()),
            TokenTree::Punct(mark) => Kind::Mark(mark.as_char()),
            TokenTree::Literal(literal) => Kind::Literal(literal.to_string()),
            TokenTree::Group(group) => group_kind(group),
        },
        span: tree.span(),
    };
    trees.iter().map(token).collect()
}

fn group_kind(group: &Group) -> Kind {
    let content = || group.stream().to_string().split_whitespace().collect();
    match group.delimiter() {
        Around::Parenthesis => Kind::Group(Delimiter::Parenthesis, content()),
        Around::Bracket => Kind::Group(Delimiter::Bracket, content()),
        // Nobody asks what is in a body.
        Around::Brace | Around::None => Kind::Group(Delimiter::Brace, String::new()),
    }
}
