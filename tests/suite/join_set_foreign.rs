//! `JoinSet` away from its runtime: foreign wakers, foreign executors, and after the end.

use std::sync::Arc;
use std::task::{Context, Poll};

use wakeful::task::{JoinSet, yield_now};

use crate::flavors::{On, Wakes, foreign_block_on, until};
use crate::join_set::gated;

each_runtime! {
    /// The last waker counts, it is woken once, and it is released.
    fn foreign_wakers(on) {
        let runtime = on.runtime();
        let (mut set, gates) = {
            let _context = runtime.enter();
            gated(2)
        };
        let (first, first_waker) = Wakes::new();
        let (second, second_waker) = Wakes::new();
        for waker in [&first_waker, &second_waker, &second_waker] {
            assert!(set.poll_join_next(&mut Context::from_waker(waker)).is_pending());
        }
        gates[0].open();
        runtime.block_on(until(|| second.count() > 0));
        assert_eq!((first.count(), second.count()), (0, 1));
        let mut cx = Context::from_waker(&second_waker);
        let Poll::Ready(Some(Ok(0))) = set.poll_join_next(&mut cx) else {
            panic!("woken for nothing");
        };
        let again = set.poll_join_next_with_id(&mut Context::from_waker(&first_waker));
        assert!(again.is_pending());
        drop((first_waker, second_waker));
        assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (2, 1));
        drop(set);
        assert_eq!(Arc::strong_count(&first), 1, "the set keeps a waker");
        gates[1].open();
        assert_eq!(first.count(), 0);
    }

    /// The whole set may live on another executor.
    fn on_a_foreign_executor(on) {
        if on == On::CurrentThread {
            return;
        }
        let runtime = on.runtime();
        let mut set = JoinSet::new();
        for i in 0..100u32 {
            set.spawn_on(async move {
                yield_now().await;
                i
            }, runtime.handle());
        }
        let sum = foreign_block_on(async {
            let mut sum = 0;
            while let Some(result) = set.join_next().await {
                sum += result.unwrap();
            }
            sum
        });
        assert_eq!(sum, 4950);
    }

    /// When the runtime goes first, the tasks count as cancelled, later ones too.
    fn outlives_its_runtime(on) {
        let runtime = on.runtime();
        let handle = runtime.handle().clone();
        let mut set: JoinSet<()> = JoinSet::new();
        for _ in 0..10 {
            set.spawn_on(std::future::pending(), &handle);
        }
        drop(runtime);
        set.spawn_on(std::future::pending(), &handle);
        set.spawn_blocking_on(|| (), &handle);
        foreign_block_on(async {
            while let Some(result) = set.join_next().await {
                assert!(result.unwrap_err().is_cancelled());
            }
        });
    }
}
