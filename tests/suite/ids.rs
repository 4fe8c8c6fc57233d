//! `task::id` says which task it is, also where its future and its output are dropped.

use std::future::{Future, poll_fn};
use std::task::Poll;

use wakeful::sync::mpsc;
use wakeful::task::{Id, id, try_id};

use crate::flavors::OnDrop;

/// What tells the id it is dropped under, if any.
fn teller(to: &mpsc::UnboundedSender<Option<Id>>) -> OnDrop<impl FnOnce() + Send + use<>> {
    let to = to.clone();
    OnDrop::new(move || to.send(try_id()).unwrap())
}

/// Is ready, or waits for ever, and holds `teller` until it is dropped.
fn holding(
    teller: OnDrop<impl FnOnce() + Send>,
    is_ready: bool,
) -> impl Future<Output = ()> + Send {
    poll_fn(move |_| {
        let _ = &teller;
        if is_ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
}

each_runtime! {
    fn a_future_is_dropped_under_its_own_id(on) {
        on.run(async {
            let (told, mut tells) = mpsc::unbounded_channel();
            let ends = wakeful::spawn(holding(teller(&told), true));
            let id_of_it = ends.id();
            ends.await.unwrap();
            assert_eq!(tells.recv().await, Some(Some(id_of_it)));

            let aborted = wakeful::spawn(holding(teller(&told), false));
            let id_of_it = aborted.id();
            aborted.abort();
            assert!(aborted.await.unwrap_err().is_cancelled());
            assert_eq!(tells.recv().await, Some(Some(id_of_it)));
        });
    }

    fn an_output_that_nobody_takes_is_dropped_under_its_tasks_id(on) {
        on.run(async {
            let (told, mut tells) = mpsc::unbounded_channel();
            // By whoever ends the task.
            let output = teller(&told);
            let task = wakeful::spawn(async move { output });
            let id_of_it = task.id();
            drop(task);
            assert_eq!(tells.recv().await, Some(Some(id_of_it)));

            // By whoever drops the handle: here, in another task.
            let output = teller(&told);
            let task = wakeful::spawn(async move { output });
            let id_of_it = task.id();
            wakeful::spawn(async move {
                while !task.is_finished() {
                    wakeful::task::yield_now().await;
                }
                let own = id();
                drop(task);
                assert_eq!(id(), own);
            })
            .await
            .unwrap();
            assert_eq!(tells.recv().await, Some(Some(id_of_it)));
        });
    }
}
