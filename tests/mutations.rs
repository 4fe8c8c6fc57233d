//! One-line bugs of the engine, and the named test that fails with each: `mutations/list.txt`.
//!
//! The first test holds the list to the tree. The second puts the bugs in, one at a time, in a copy
//! of the tree under `target/mutations`, and takes long, so it runs only when asked:
//!
//! ```text
//! cargo test --test mutations -- --ignored --nocapture             all of them
//! MUTATIONS=sleeper cargo test --test mutations -- --ignored --nocapture    those of such a file
//! ```
//!
//! A mutant that does not compile, or a test that fails without it, is a mistake in the list.

#[path = "mutations/mutant.rs"]
mod mutant;
#[path = "mutations/workshop.rs"]
mod workshop;

use std::collections::HashSet;
use std::time::Instant;

use workshop::{Verdict, Workshop};

const LIST: &str = include_str!("mutations/list.txt");

#[test]
fn each_mutant_still_has_its_line_and_its_test() {
    let mutants = mutant::parse(LIST);
    assert!(mutants.len() >= 40, "{} mutants", mutants.len());
    let sources = mutant::all_sources();
    let complaints: Vec<String> = mutants
        .iter()
        .filter_map(|mutant| {
            let test = mutant.test.name.rsplit([':', ' ']).next()?;
            let is_there = ["fn {}(", "mod {};"]
                .iter()
                .any(|item| sources.contains(&item.replace("{}", test)));
            let original = mutant.original(mutant::root());
            match mutant.apply(&original) {
                Err(why) => Some(why),
                Ok(mutated) if mutated == original => Some(format!("{mutant}: the same")),
                Ok(_) => (!is_there).then(|| format!("{mutant}: there is no {test}")),
            }
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
#[ignore = "compiles the library once for each line of the list"]
fn each_mutant_is_caught() {
    let wanted = std::env::var("MUTATIONS").unwrap_or_default();
    let mut mutants = mutant::parse(LIST);
    mutants.retain(|mutant| mutant.to_string().contains(&wanted));
    // Those of one build after each other: it is changed, not made anew.
    mutants.sort_by_key(|mutant| mutant.test.build);
    let workshop = Workshop::new();
    let mut sound = HashSet::new();
    let mut survivors = Vec::new();
    for (index, mutant) in mutants.iter().enumerate() {
        if sound.insert(&mutant.test) {
            let verdict = workshop.run(&mutant.test);
            assert_eq!(verdict, Verdict::Passed, "{} without a mutant", mutant.test);
        }
        let started = Instant::now();
        let verdict = workshop.try_out(mutant);
        println!(
            "{}/{} {verdict:?} in {:.0} s: {mutant}, by {}",
            index + 1,
            mutants.len(),
            started.elapsed().as_secs_f32(),
            mutant.test,
        );
        if !matches!(verdict, Verdict::Failed | Verdict::Hung) {
            survivors.push(format!("{mutant}: {verdict:?} under {}", mutant.test));
        }
    }
    assert!(
        survivors.is_empty(),
        "not caught:\n{}",
        survivors.join("\n")
    );
}
