//! A channel with many receivers against a deque.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use wakeful::sync::mpmc::{self, error::TryRecvError};
use wakeful::task::yield_now;

each_scheduler! {
    /// One task at a time: the channel is a deque with a bound.
    fn alone_it_is_a_deque(case) {
        let mut choices = case.fork();
        case.run(async move {
            let capacity = 1 + choices.below(5);
            let (sender, receiver) = mpmc::channel(capacity);
            let mut sender = Some(sender);
            let mut receivers = vec![receiver];
            let mut model = VecDeque::new();
            let mut is_closed = false;
            for number in 0..choices.below(80) {
                let receiver = &receivers[choices.below(receivers.len())];
                match choices.below(12) {
                    0..5 => {
                        let Some(sender) = &sender else { continue };
                        let fits = !is_closed && model.len() < capacity;
                        assert_eq!(sender.try_send(number).is_ok(), fits);
                        if fits {
                            model.push_back(number);
                        }
                    }
                    5..8 => match model.pop_front() {
                        Some(number) => assert_eq!(receiver.recv().await, Some(number)),
                        None if is_closed => assert_eq!(receiver.recv().await, None),
                        None => assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty)),
                    },
                    8 => receivers.push(receiver.clone()),
                    9 if receivers.len() > 1 => drop(receivers.pop()),
                    10 if choices.one_in(5) => {
                        sender = None;
                        is_closed = true;
                    }
                    11 if choices.one_in(5) => {
                        receiver.close();
                        is_closed = true;
                    }
                    _ => {}
                }
                assert_eq!(receivers[0].len(), model.len());
                assert_eq!(receivers[0].is_closed(), is_closed);
            }
        });
    }

    /// Senders and receivers at once, some receivers aborted at any point. Each message comes out
    /// once, those of one sender in their order, and in the end nobody waits.
    fn each_message_is_received_once(case) {
        let mut choices = case.fork();
        case.run(async move {
            let (sender, receiver) = mpmc::channel(1 + choices.below(4));
            let (senders, each) = (1 + choices.below(4), choices.below(12));
            let got = Arc::new(Mutex::new(Vec::new()));
            let mut receivers = Vec::new();
            for _ in 0..1 + choices.below(5) {
                let (receiver, got) = (receiver.clone(), Arc::clone(&got));
                let (pause, limit) = (choices.below(3), 1 + choices.below(3));
                receivers.push(wakeful::spawn(async move {
                    let (mut last, mut some) = ([None; 4], Vec::new());
                    while receiver.recv_many(&mut some, limit).await > 0 {
                        assert!(some.len() <= limit);
                        for (from, number) in some.drain(..) {
                            assert!(last[from] < Some(number));
                            last[from] = Some(number);
                            got.lock().unwrap().push((from, number));
                        }
                        for _ in 0..pause {
                            yield_now().await;
                        }
                    }
                }));
            }
            let mut sending = Vec::new();
            for from in 0..senders {
                let sender = sender.clone();
                sending.push(wakeful::spawn(async move {
                    for number in 0..each {
                        sender.send((from, number)).await.expect("it is open");
                    }
                }));
            }
            for receiver in receivers.iter().skip(1) {
                for _ in 0..choices.below(4) {
                    yield_now().await;
                }
                if choices.one_in(3) {
                    receiver.abort();
                }
            }
            drop((sender, receiver));
            for task in sending {
                task.await.expect("the first receiver takes all");
            }
            for task in receivers {
                let ended = task.await;
                assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
            }
            let mut got = std::mem::take(&mut *got.lock().unwrap());
            got.sort_unstable();
            let all = (0..senders).flat_map(|from| (0..each).map(move |number| (from, number)));
            assert!(got.into_iter().eq(all));
        });
    }
}
