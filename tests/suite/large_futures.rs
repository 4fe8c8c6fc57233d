//! Large futures on small stacks.

use std::sync::mpsc::channel;

use wakeful::task::{JoinSet, yield_now};

use crate::flavors::{On, alone, bounded_on_stack};

const MIB: usize = 1 << 20;

/// A future of one MiB: the array lives across the await.
async fn large() -> usize {
    let mut array = [1u8; MIB];
    yield_now().await;
    std::hint::black_box(&mut array);
    array.iter().map(|byte| usize::from(*byte)).sum()
}

each_runtime! {
    /// Workers poll a large future where it is: their stacks may be small.
    fn r23_polled_on_a_small_stack(on) {
        let runtime = on.builder().thread_stack_size(256 * 1024).build().unwrap();
        let task = runtime.spawn(large());
        let mut set = JoinSet::new();
        set.spawn_on(large(), runtime.handle());
        let (sums, all_sums) = channel();
        // Main does nothing but wait, on a small stack as well.
        bounded_on_stack(256 * 1024, move || {
            runtime.block_on(async {
                sums.send(task.await.unwrap()).unwrap();
                sums.send(set.join_next().await.unwrap().unwrap()).unwrap();
            });
        });
        assert_eq!(all_sums.iter().collect::<Vec<_>>(), [MIB, MIB]);
    }

    /// A runtime is built and used on a small stack.
    fn r23_built_on_a_small_stack(on) {
        bounded_on_stack(128 * 1024, move || {
            let runtime = on.runtime();
            let task = runtime.spawn(async { 1 });
            assert_eq!(runtime.block_on(task).unwrap(), 1);
        });
    }

    /// A large output stays where the task is until it is joined.
    fn large_outputs(on) {
        on.run(async {
            let task = wakeful::spawn(async { vec![[1u8; 4096]; 256] });
            assert_eq!(task.await.unwrap().len(), 256);
        });
    }
}

/// Handing a large future over copies it a few times at most: unoptimized, `spawn` and `block_on`
/// box it at once. A stack that does not suffice ends the process.
fn handed_over_on_a_limited_stack(on: On) {
    // An unoptimized build copies the future at every call until it is in its box, the caller's
    // own two copies included.
    let limit = if cfg!(debug_assertions) {
        7 * MIB
    } else {
        2 * MIB
    };
    bounded_on_stack(limit, move || {
        let runtime = on.runtime();
        assert_eq!(runtime.block_on(large()), MIB);
    });
    bounded_on_stack(limit, move || {
        let runtime = on.runtime();
        let task = runtime.spawn(large());
        assert_eq!(runtime.block_on(task).unwrap(), MIB);
    });
    bounded_on_stack(limit, move || {
        let runtime = on.runtime();
        let mut set = JoinSet::new();
        set.spawn_on(large(), runtime.handle());
        assert_eq!(runtime.block_on(set.join_all()), [MIB]);
    });
}

#[test]
fn r23_handed_over_current_thread() {
    alone("large_futures::r23_handed_over_current_thread", || {
        handed_over_on_a_limited_stack(On::CurrentThread);
    });
}

#[test]
fn r23_handed_over_two_workers() {
    alone("large_futures::r23_handed_over_two_workers", || {
        handed_over_on_a_limited_stack(On::Workers(2));
    });
}
