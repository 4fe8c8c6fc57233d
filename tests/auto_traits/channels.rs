//! `sync::mpsc`, `sync::broadcast`, `sync::watch`, and cells that are set once.

use wakeful::sync;

use crate::{Fut, row, types};

#[test]
fn channels() {
    types! {
        sync::broadcast::Sender<T>: "+++--" "+++--" "--+--";
        sync::broadcast::Receiver<T>: "+++--" "+++--" "--+--";
        sync::broadcast::WeakSender<T>: "+++--" "+++--" "--+--";
        sync::broadcast::error::SendError<T>: "+++++" "+-++-" "--+++";
        sync::broadcast::error::RecvError: "+++++";
        sync::broadcast::error::TryRecvError: "+++++";
        sync::watch::Sender<T>: "+++--" "--+--" "--+--";
        sync::watch::Receiver<T>: "+++--" "--+--" "--+--";
        sync::watch::Ref<'_, T>: "-++--" "--+--" "--+--";
        sync::watch::error::SendError<T>: "+++++" "+-++-" "--+++";
        sync::watch::error::RecvError: "+++++";
        sync::broadcast::Recv<'_, T>: "++-" "++-" "---";
        sync::broadcast::Closed<'_, T>: "++-" "++-" "---";
        sync::watch::Changed<'_, T>: "++-" "---" "---";
        sync::watch::WaitFor<'_, T, fn(&T) -> bool>: "++-" "---" "---";
        sync::watch::Closed<'_, T>: "++-" "---" "---";
    }
}

#[test]
fn queues() {
    types! {
        sync::mpsc::Sender<T>: "+++++" "+++++" "--+++";
        sync::mpsc::Receiver<T>: "+++++" "+++++" "--+++";
        sync::mpsc::WeakSender<T>: "+++++" "+++++" "--+++";
        sync::mpsc::UnboundedSender<T>: "+++++" "+++++" "--+++";
        sync::mpsc::UnboundedReceiver<T>: "+++++" "+++++" "--+++";
        sync::mpsc::WeakUnboundedSender<T>: "+++++" "+++++" "--+++";
        sync::mpsc::OwnedPermit<T>: "+++++" "+++++" "--+++";
        sync::mpsc::Permit<'_, T>: "+++++" "+++++" "--+++";
        sync::mpsc::PermitIterator<'_, T>: "+++++" "+++++" "--+++";
        sync::mpsc::error::SendError<T>: "+++++" "+-++-" "--+++";
        sync::mpsc::error::SendTimeoutError<T>: "+++++" "+-++-" "--+++";
        sync::mpmc::error::SendTimeoutError<T>: "+++++" "+-++-" "--+++";
        sync::mpsc::error::TrySendError<T>: "+++++" "+-++-" "--+++";
        sync::mpmc::error::SendError<T>: "+++++" "+-++-" "--+++";
        sync::mpmc::error::TrySendError<T>: "+++++" "+-++-" "--+++";
        sync::mpmc::error::TryRecvError: "+++++";
        sync::mpsc::error::TryRecvError: "+++++";
        sync::mpsc::Recv<'_, T>: "++-" "++-" "---";
        sync::mpsc::RecvMany<'_, T>: "++-" "+--" "---";
        sync::mpsc::Sending<'_, T>: "++-" "+--" "---";
        sync::mpsc::SendTimeout<'_, T>: "++-" "+--" "---";
        sync::mpsc::Reserve<'_, T>: "++-" "++-" "---";
        sync::mpsc::ReserveMany<'_, T>: "++-" "++-" "---";
        sync::mpsc::ReserveOwned<T>: "++-" "++-" "---";
        sync::mpsc::Closed<'_, T>: "++-" "++-" "---";
    }
}

#[test]
fn cells() {
    types! {
        sync::OnceCell<T>: "+++--" "+-+--" "--+--";
        sync::SetOnce<T>: "++++-" "+-++-" "--++-";
        sync::SetOnceError<T>: "+++++" "+-++-" "--+++";
        sync::SetError<T>: "+++++" "+-++-" "--+++";
        sync::futures::SetOnceWait<'_, T>: "++-" "---" "---";
        sync::futures::GetOrInit<'_, T, fn() -> Fut<u8>, Fut<u8>>: "++-" "---" "---";
        sync::futures::GetOrInit<'_, u8, fn() -> Fut<T>, Fut<T>>: "++-" "+--" "---";
        sync::futures::GetOrTryInit<'_, T, fn() -> Fut<u8>, Fut<u8>>: "++-" "---" "---";
        sync::futures::GetOrTryInit<'_, u8, fn() -> Fut<T>, Fut<T>>: "++-" "+--" "---";
    }
}

/// tokio-util's.
#[test]
fn tokens() {
    types! {
        sync::CancellationToken: "+++++";
        sync::DropGuard: "+++++";
    }
}
