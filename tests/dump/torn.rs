//! Dumps beside threads that spawn and end tasks all the time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use wakeful::runtime::Dump;
use wakeful::task::{Id, yield_now};
use wakeful::time::{Duration, sleep};

each_runtime! {
    /// Four threads spawn and end 10^5 tasks. What a dump shows is always some task's.
    fn r26_it_is_never_torn(on) {
        const SPAWNERS: usize = 4;
        const KINDS: usize = 4;
        let runtime = on.runtime();
        let done = Arc::new(AtomicUsize::new(0));
        let spawners: Vec<_> = (0..SPAWNERS)
            .map(|_| {
                let (handle, done) = (runtime.handle().clone(), done.clone());
                thread::spawn(move || {
                    let mut spawned = Vec::new();
                    for i in 0..25_000_usize {
                        // The first two are of one size, and so follow each other in a slot.
                        let task = match i % KINDS {
                            0 => handle.spawn(async {}),
                            3 => handle.spawn(async {}),
                            1 => {
                                let large = [i; 512];
                                handle.spawn(async move {
                                    assert_eq!(large[1], i);
                                })
                            }
                            _ => handle.spawn(async { sleep(Duration::from_millis(1)).await }),
                        };
                        spawned.push((task.id(), i % KINDS));
                        if i % 7 == 0 {
                            task.abort();
                        }
                    }
                    done.fetch_add(1, SeqCst);
                    spawned
                })
            })
            .collect();
        let (handle, ended) = (runtime.handle().clone(), done.clone());
        let dumper = thread::spawn(move || {
            let mut seen = BTreeMap::new();
            while ended.load(SeqCst) < SPAWNERS {
                whole(&handle.dump(), &mut seen);
            }
            seen
        });
        runtime.block_on(async {
            while done.load(SeqCst) < SPAWNERS || runtime.metrics().num_alive_tasks() > 1 {
                yield_now().await;
            }
        });
        let mut seen = dumper.join().unwrap();
        let mut kinds = BTreeMap::new();
        for (id, kind) in spawners.into_iter().flat_map(|spawner| spawner.join().unwrap()) {
            if let Some(line) = seen.remove(&id) {
                let expected = *kinds.entry(kind).or_insert(line);
                assert_eq!(line, expected, "task {id} was not spawned there");
            }
        }
        assert!(!kinds.is_empty(), "no dump saw a task");
        assert!(seen.len() <= 1, "only the main future is nobody's: {seen:?}");
    }
}

/// Each entry is one of this file's, no id comes twice, none is seen in two places, and a wait is a
/// sleep of this file.
fn whole(dump: &Dump, seen: &mut BTreeMap<Id, u32>) {
    let mut ids = BTreeSet::new();
    for task in dump.tasks() {
        assert!(ids.insert(task.id()), "{task} twice");
        let spawned = task.spawned_at();
        assert_eq!(spawned.file(), file!(), "{task}");
        let line = *seen.entry(task.id()).or_insert(spawned.line());
        assert_eq!(spawned.line(), line, "{task}");
        if let Some(kind) = task.waits_for() {
            assert!(kind == "sleep" || kind == "yield", "{task}");
            assert_eq!(task.waits_at().unwrap().file(), file!(), "{task}");
        }
        assert!(task.name().is_none() && task.polls().is_none(), "{task}");
        let _ = task.to_string();
    }
}
