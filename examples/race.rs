//! A race that a runtime hardly ever shows: found by a seed, and seen again.
//!
//! Two tasks each withdraw 80 from an account of 100. Each looks at the balance, and writes the
//! new one a moment later. Nearly always the first is through before the second begins.
//!
//! A simulation runs the same scheduler on one thread and lets a seed decide what happens when. The
//! seed that breaks the program is a number to write down: with it, the program breaks each time.
//!
//! ```text
//! cargo run --release --example race
//! cargo run --release --example race -- 3        only this seed
//! ```

use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex as Notebook};

use wakeful::runtime::Builder;
use wakeful::sim;
use wakeful::sync::Mutex;

const SEEDS: u64 = 1_000;

/// The account, and what was done to it.
#[derive(Default)]
struct Account {
    balance: Mutex<i64>,
    notes: Notebook<Vec<String>>,
}

impl Account {
    fn note(&self, text: String) {
        self.notes.lock().expect("nobody panics").push(text);
    }

    /// The mistake: the lock is let go between the look and the deed.
    async fn withdraw_badly(&self, who: &str, amount: i64) {
        let balance = *self.balance.lock().await;
        self.note(format!("{who} sees {balance}"));
        if balance >= amount {
            *self.balance.lock().await -= amount;
            self.note(format!("{who} takes {amount}"));
        }
    }

    /// The repair: one lock for both.
    async fn withdraw(&self, who: &str, amount: i64) {
        let mut balance = self.balance.lock().await;
        self.note(format!("{who} sees {balance}"));
        if *balance >= amount {
            *balance -= amount;
            self.note(format!("{who} takes {amount}"));
        }
    }
}

/// Two withdraw at the same time. What is left, and how it came to that.
async fn two_withdraw(is_repaired: bool) -> (i64, Vec<String>) {
    let account = Arc::new(Account::default());
    *account.balance.lock().await = 100;
    let tasks = ["Ada", "Bob"].map(|who| {
        let account = Arc::clone(&account);
        wakeful::spawn(async move {
            match is_repaired {
                true => account.withdraw(who, 80).await,
                false => account.withdraw_badly(who, 80).await,
            }
        })
    });
    for task in tasks {
        if let Err(error) = task.await {
            eprintln!("race: a task failed: {error}");
        }
    }
    let left = *account.balance.lock().await;
    let notes = account.notes.lock().expect("nobody panics").clone();
    (left, notes)
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let only = args.first().map(|arg| arg.parse::<u64>());
    match only {
        _ if args.len() > 1 => return usage(),
        Some(Err(_)) => return usage(),
        Some(Ok(seed)) => {
            show(seed);
            return ExitCode::SUCCESS;
        }
        None => {}
    }
    if let Err(error) = on_threads() {
        eprintln!("race: cannot start a runtime: {error}");
        return ExitCode::FAILURE;
    }
    let overdraws = |seed: &u64| sim::run(*seed, two_withdraw(false)).0 < 0;
    let Some(seed) = (0..SEEDS).find(overdraws) else {
        eprintln!("race: no seed below {SEEDS} shows the race");
        return ExitCode::FAILURE;
    };
    println!("in the simulation: seed {seed} overdraws it");
    println!("\nthat seed, twice:\n");
    show(seed);
    show(seed);
    let repaired = (0..SEEDS).all(|seed| sim::run(seed, two_withdraw(true)).0 == 20);
    println!("repaired: 20 are left with each of {SEEDS} seeds: {repaired}");
    ExitCode::SUCCESS
}

/// The program as it is usually run.
fn on_threads() -> std::io::Result<()> {
    let runtime = Builder::new_multi_thread().build()?;
    let overdrawn = (0..SEEDS).filter(|_| runtime.block_on(two_withdraw(false)).0 < 0);
    println!(
        "on threads: {SEEDS} runs, {} overdraw the account",
        overdrawn.count()
    );
    Ok(())
}

fn show(seed: u64) {
    let (left, notes) = sim::run(seed, two_withdraw(false));
    println!("  {}; {left} are left\n", notes.join(", "));
}

fn usage() -> ExitCode {
    eprintln!("usage: race [SEED]");
    ExitCode::from(2)
}
