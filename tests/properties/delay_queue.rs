//! A queue of delays against a sorted list.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use wakeful::time::{DelayQueue, Duration, Instant, Key};

each_scheduler! {
    /// Values are put in, taken out and reset, and the queue is compacted. All deadlines have
    /// passed, so what comes out is the list in its order.
    fn it_is_a_sorted_list(case) {
        let mut choices = case.fork();
        case.run(async move {
            let now = Instant::now();
            let mut queue = DelayQueue::new();
            // Deadline, number of the setting, value, key.
            let mut model: Vec<(Instant, usize, usize, Key)> = Vec::new();
            let mut gone: Vec<Key> = Vec::new();
            for step in 0..choices.below(120) {
                let when = now.checked_sub(Duration::from_micros(choices.below(5000) as u64));
                let when = when.unwrap_or(now);
                let at = choices.below(model.len().max(1));
                match choices.below(10) {
                    0..5 => model.push((when, step, step, queue.insert_at(step, when))),
                    5 if !model.is_empty() => {
                        let (deadline, _, value, key) = model.remove(at);
                        let removed = queue.remove(&key);
                        assert_eq!((removed.deadline(), removed.into_inner()), (deadline, value));
                        gone.push(key);
                    }
                    6 if !model.is_empty() => {
                        queue.reset_at(&model[at].3, when);
                        (model[at].0, model[at].1) = (when, step);
                    }
                    7 => queue.compact(),
                    8 => {
                        model.sort_by_key(|entry| (entry.0, entry.1));
                        let first = (!model.is_empty()).then(|| model.remove(0));
                        let expired = queue.expired().await;
                        gone.extend(expired.as_ref().map(|expired| expired.key()));
                        let value = expired.map(|expired| expired.into_inner());
                        assert_eq!(value, first.map(|first| first.2));
                    }
                    _ => {
                        let first = model.iter().min_by_key(|entry| (entry.0, entry.1));
                        assert_eq!(queue.peek(), first.map(|first| first.3));
                    }
                }
                assert_eq!(queue.len(), model.len());
                for entry in &model {
                    assert_eq!(queue.deadline(&entry.3), entry.0);
                }
            }
            assert!(gone.iter().all(|key| queue.try_remove(key).is_none()));
        });
    }

    /// Nothing comes before its time, nor out of order, while other tasks run.
    fn nothing_comes_too_early(case) {
        let mut choices = case.fork();
        case.run(async move {
            let count = choices.below(6);
            let delays: Vec<u64> = (0..count).map(|_| choices.below(4) as u64).collect();
            let out = Arc::new(AtomicUsize::new(0));
            let counts = Arc::clone(&out);
            let task = wakeful::spawn(async move {
                let mut queue = DelayQueue::new();
                for delay in delays {
                    queue.insert((), Duration::from_millis(delay));
                }
                let mut last = None;
                while let Some(expired) = queue.expired().await {
                    assert!(expired.deadline() <= Instant::now());
                    assert!(last <= Some(expired.deadline()));
                    last = Some(expired.deadline());
                    counts.fetch_add(1, SeqCst);
                }
            });
            task.await.expect("it holds");
            assert_eq!(out.load(SeqCst), count);
        });
    }
}
