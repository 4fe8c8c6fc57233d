//! Dumps beside threads that spawn and end tasks all the time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use wakeful::runtime::Dump;
use wakeful::task::yield_now;
use wakeful::time::{Duration, sleep};

each_runtime! {
    /// Four threads spawn and end 10^5 tasks. What a dump shows is always some task's.
    fn it_is_never_torn(on) {
        const SPAWNERS: usize = 4;
        let runtime = on.runtime();
        let done = Arc::new(AtomicUsize::new(0));
        let spawners: Vec<_> = (0..SPAWNERS)
            .map(|_| {
                let (handle, done) = (runtime.handle().clone(), done.clone());
                thread::spawn(move || {
                    for i in 0..25_000_usize {
                        let task = match i % 3 {
                            0 => handle.spawn(async {}),
                            1 => {
                                let large = [i; 512];
                                handle.spawn(async move {
                                    assert_eq!(large[1], i);
                                })
                            }
                            _ => handle.spawn(async { sleep(Duration::from_millis(1)).await }),
                        };
                        if i % 7 == 0 {
                            task.abort();
                        }
                    }
                    done.fetch_add(1, SeqCst);
                })
            })
            .collect();
        let (handle, ended) = (runtime.handle().clone(), done.clone());
        let dumper = thread::spawn(move || {
            let mut seen = BTreeMap::<u32, usize>::new();
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
        let seen = dumper.join().unwrap();
        assert!(!seen.is_empty());
        spawners.into_iter().for_each(|spawner| spawner.join().unwrap());
    }
}

/// Each entry is one of this file's, no id comes twice, and a wait is a sleep of this file.
fn whole(dump: &Dump, seen: &mut BTreeMap<u32, usize>) {
    let mut ids = BTreeSet::new();
    for task in dump.tasks() {
        assert!(ids.insert(task.id()), "{task} twice");
        let spawned = task.spawned_at();
        assert_eq!(spawned.file(), file!(), "{task}");
        *seen.entry(spawned.line()).or_default() += 1;
        if let Some(kind) = task.waits_for() {
            assert!(kind == "sleep" || kind == "yield", "{task}");
            assert_eq!(task.waits_at().unwrap().file(), file!(), "{task}");
        }
        assert!(task.name().is_none() && task.polls().is_none(), "{task}");
        let _ = task.to_string();
    }
    // Main future, and three places that spawn.
    assert!(seen.len() <= 4, "{seen:?}");
}
