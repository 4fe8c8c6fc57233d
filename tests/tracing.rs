//! What a subscriber of the `tracing` crates is told: `cargo test --features tracing`.
#![cfg(all(feature = "tracing", not(loom)))]

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use wakeful::runtime::{Builder, Runtime};

type Fields = BTreeMap<String, String>;

/// What was told, in order.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Span(u64, Fields),
    Enter(u64),
    Exit(u64),
    Event(Fields),
}

#[derive(Clone, Default)]
struct Listener {
    told: Arc<Mutex<Vec<Told>>>,
    spans: Arc<AtomicU64>,
}

struct Reader(Fields);

impl Visit for Reader {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("tokio::task")
}

impl Listener {
    fn tell(&self, told: Told) {
        self.told.lock().unwrap().push(told);
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_ours(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.spans.fetch_add(1, SeqCst) + 1;
        let mut fields = Reader(Fields::new());
        span.record(&mut fields);
        fields
            .0
            .insert("target".into(), span.metadata().target().into());
        fields
            .0
            .insert("span".into(), span.metadata().name().into());
        self.tell(Told::Span(id, fields.0));
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Reader(Fields::new());
        event.record(&mut fields);
        self.tell(Told::Event(fields.0));
    }

    fn enter(&self, span: &Id) {
        self.tell(Told::Enter(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        self.tell(Told::Exit(span.into_u64()));
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told.lock().unwrap().fmt(f)
    }
}

/// Runs `body` on a single-threaded runtime, and gives what was told meanwhile.
fn listen(body: impl FnOnce(&Runtime)) -> Vec<Told> {
    let listener = Listener::default();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(listener.clone(), || {
        body(&runtime);
        drop(runtime);
    });
    let told = listener.told.lock().unwrap();
    told.clone()
}

fn spans(told: &[Told]) -> Vec<&Fields> {
    let spans = told.iter().filter_map(|told| match told {
        Told::Span(_, fields) => Some(fields),
        _ => None,
    });
    spans.collect()
}

fn operations(told: &[Told], task: u64) -> Vec<String> {
    let events = told.iter().filter_map(|told| match told {
        Told::Event(fields) if fields["task.id"] == task.to_string() => Some(fields["op"].clone()),
        _ => None,
    });
    events.collect()
}

#[test]
fn a_task_is_a_span_that_says_what_it_is() {
    let mut line = 0;
    let mut id = String::new();
    let told = listen(|runtime| {
        runtime.block_on(async {
            line = line!() + 1;
            let task = wakeful::spawn(async {});
            id = task.id().to_string();
            task.await.unwrap();
        });
    });
    let spans = spans(&told);
    assert_eq!(spans.len(), 1, "{told:#?}");
    let span = spans[0];
    assert_eq!(span["span"], "runtime.spawn");
    assert_eq!(span["target"], "tokio::task");
    assert_eq!(span["kind"], "task");
    assert_eq!(span["task.id"], id);
    assert_eq!(span["task.name"], "");
    assert_eq!(span["loc.file"], file!());
    assert_eq!(span["loc.line"], line.to_string());
}

#[test]
fn the_span_is_entered_for_each_poll_and_for_the_drop() {
    let told = listen(|runtime| {
        runtime.block_on(async {
            wakeful::spawn(wakeful::task::yield_now()).await.unwrap();
        });
    });
    let entered = told.iter().filter(|told| **told == Told::Enter(1)).count();
    let left = told.iter().filter(|told| **told == Told::Exit(1)).count();
    assert_eq!((entered, left), (3, 3), "two polls and the drop: {told:#?}");
}

#[test]
fn local_and_blocking_tasks_say_so_and_names_are_told() {
    let told = listen(|runtime| {
        let set = wakeful::task::LocalSet::new();
        set.block_on(runtime, async {
            wakeful::task::spawn_local(async {}).await.unwrap();
            let builder = wakeful::task::Builder::new().name("writer");
            builder.spawn(async {}).unwrap().await.unwrap();
            wakeful::spawn(async {}).await.unwrap();
            wakeful::task::spawn_blocking(|| {}).await.unwrap();
        });
    });
    let told: Vec<_> = spans(&told)
        .into_iter()
        .map(|span| (&*span["kind"], &*span["task.name"], &*span["target"]))
        .collect();
    assert_eq!(
        told,
        [
            ("local", "", "tokio::task"),
            ("task", "writer", "tokio::task"),
            ("task", "", "tokio::task"),
            ("blocking", "", "tokio::task::blocking"),
        ]
    );
}

#[test]
fn wakers_tell_what_happens_to_them() {
    let told = listen(|runtime| {
        runtime.block_on(async {
            let (sender, receiver) = wakeful::sync::oneshot::channel::<()>();
            let task = wakeful::spawn(receiver);
            wakeful::task::yield_now().await;
            sender.send(()).unwrap();
            task.await.unwrap().unwrap();
        });
    });
    assert_eq!(
        operations(&told, 1),
        ["waker.clone", "waker.wake"],
        "{told:#?}"
    );
}
