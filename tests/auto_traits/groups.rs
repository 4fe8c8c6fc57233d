//! What tokio has in its other crates: tokens, trackers, and groups of tasks.

use wakeful::{sync, task, time};

use crate::{Fut, row, types};

#[test]
fn channels() {
    types! {
        sync::mpmc::Sender<T>: "+++++" "+++++" "--+++";
        sync::mpmc::WeakSender<T>: "+++++" "+++++" "--+++";
        sync::mpmc::Receiver<T>: "+++++" "+++++" "--+++";
        sync::mpmc::WeakReceiver<T>: "+++++" "+++++" "--+++";
        sync::mpmc::UnboundedSender<T>: "+++++" "+++++" "--+++";
        sync::mpmc::WeakUnboundedSender<T>: "+++++" "+++++" "--+++";
        sync::mpmc::UnboundedReceiver<T>: "+++++" "+++++" "--+++";
        sync::mpmc::WeakUnboundedReceiver<T>: "+++++" "+++++" "--+++";
        sync::mpmc::Send<'_, T>: "++-" "+--" "---";
        sync::mpmc::Recv<'_, T>: "++-" "++-" "---";
        sync::mpmc::RecvMany<'_, T>: "++-" "+--" "---";
        sync::mpmc::SendTimeout<'_, T>: "++-" "+--" "---";
        sync::mpmc::Closed<'_, T>: "++-" "++-" "---";
    }
}

#[test]
fn tokens() {
    types! {
        sync::CancellationToken: "+++++";
        sync::DropGuard: "+++++";
        sync::DropGuardRef<'_>: "+++++";
        sync::futures::WaitForCancellationFuture<'_>: "++---";
        sync::futures::WaitForCancellationFutureOwned: "++---";
        sync::futures::RunUntilCancelled<'_, Fut<T>>: "++-" "+--" "---";
        sync::futures::RunUntilCancelledOwned<Fut<T>>: "++-" "+--" "---";
    }
}

#[test]
fn tasks() {
    types! {
        task::TaskTracker: "+++++";
        task::TaskTrackerToken: "+++++";
        task::TaskTrackerWaitFuture<'_>: "++---";
        task::TrackedFuture<Fut<T>>: "+++++" "+-++-" "--+++";
        task::TaskGroup<T, u8>: "+++" "+++" "--+";
        task::TaskGroup<u8, T>: "+++" "+++" "--+";
        task::TaskGroupError<T>: "+++" "+-+" "--+";
        task::JoinGroup<T, u8>: "+++" "+-+" "--+";
    }
}

#[test]
fn delays() {
    types! {
        time::DelayQueue<T>: "+++" "+-+" "--+";
        time::Key: "+++++";
        time::Expired<T>: "+++++" "+-++-" "--+++";
        time::NextExpired<'_, T>: "+++" "+-+" "--+";
    }
}
