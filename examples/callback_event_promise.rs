//! One operation, three ways to learn that it is done: a callback, an event, a promise.
//!
//! The operation is a thermometer that answers later, from a thread of its own, and knows nothing
//! of async: it takes a callback, like most things that answer later.
//!
//! - A *callback* is code that runs with the value, there and then, on the thread that has it.
//! - An *event* says that something happened. The value lies somewhere else, and the task that
//!   waits goes and gets it.
//! - A *promise* is the value itself, not there yet: it can be passed on, followed by another step,
//!   and awaited by many.
//!
//! ```text
//! cargo run --release --example callback_event_promise
//! ```

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use wakeful::sync::{Notify, Promise};

/// The operation: 21 degrees, after a while, on another thread.
fn read_thermometer(report: impl FnOnce(i32) + Send + 'static) {
    let probe = thread::Builder::new().name("thermometer".to_owned());
    let started = probe.spawn(move || {
        // What the hardware needs. In a task this would hold up the others; on a thread of its own
        // it may sleep.
        thread::sleep(Duration::from_millis(20));
        report(21);
    });
    if let Err(error) = started {
        // The callback is dropped with the thread that never was. A promise tells its owner so.
        eprintln!("the thermometer does not start: {error}");
    }
}

#[wakeful::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if env::args().len() > 1 {
        eprintln!("usage: callback_event_promise\n\nIt takes no arguments.");
        return ExitCode::from(2);
    }
    callback().await;
    event().await;
    match promise().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callback_event_promise: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Who waits for the end of it must say so with another tool: here, an event without a value.
async fn callback() {
    println!("callback");
    let ended = Arc::new(Notify::new());
    let end = ended.clone();
    read_thermometer(move |degrees| {
        say(&format!(
            "{degrees} degrees, and the code that uses it runs here"
        ));
        end.notify_one();
    });
    say("asked; going on");
    ended.notified().await;
}

/// The event has no value: the reading lies in a cell, and `notified` says when to look.
async fn event() {
    println!("event");
    let reading = Arc::new(OnceLock::new());
    let arrived = Arc::new(Notify::new());
    {
        let (reading, arrived) = (reading.clone(), arrived.clone());
        read_thermometer(move |degrees| {
            if reading.set(degrees).is_ok() {
                // Kept for the task if it does not wait yet: an event cannot be missed.
                arrived.notify_one();
            }
        });
    }
    say("asked; going on");
    arrived.notified().await;
    say(&format!("woken; the cell says {:?}", reading.get()));
}

async fn promise() -> Result<(), Box<dyn Error>> {
    println!("promise");
    let degrees = Promise::from_callback(|resolver| {
        read_thermometer(move |degrees| {
            let _ = resolver.resolve(degrees);
        });
    });
    say("asked; going on");
    say(&format!("awaited: {} degrees", degrees.await?));

    println!("promise, then");
    let fahrenheit = ask().then(|degrees| {
        say("this step runs where the value is set");
        degrees * 9 / 5 + 32
    });
    say(&format!(
        "awaited: {} degrees Fahrenheit",
        fahrenheit.await?
    ));

    println!("promise, shared");
    let shared = ask().shared();
    let readers = ["first", "second", "third"].map(|name| {
        let reading = shared.clone();
        wakeful::spawn(async move { say(&format!("{name} reader: {:?}", reading.await)) })
    });
    for reader in readers {
        reader.await?;
    }
    say(&format!("and it is still there: {:?}", shared.await));

    println!("promise, broken");
    let (never, resolver) = Promise::<i32>::new();
    drop(resolver);
    say(&format!("awaited: {:?}", never.await));
    Ok(())
}

/// The bridge from a callback to a promise, as a program would have it in one place.
fn ask() -> Promise<i32> {
    Promise::from_callback(|resolver| {
        read_thermometer(move |degrees| {
            // If nobody wants the value any more, it comes back; here it is dropped.
            let _ = resolver.resolve(degrees);
        });
    })
}

/// Prints a line with the thread that it is printed on.
fn say(line: &str) {
    let thread = thread::current();
    println!("  [{}] {line}", thread.name().unwrap_or("unnamed"));
}
