//! `sync`, without the channels.

use wakeful::sync;

use crate::{row, types};

#[test]
fn locks() {
    types! {
        sync::Barrier: "+++--";
        sync::BarrierWaitResult: "+++++";
        sync::Notify: "+++++";
        sync::Semaphore: "+++--";
        sync::AcquireError: "+++++";
        sync::TryAcquireError: "+++++";
        sync::TryLockError: "+++++";
        sync::OwnedSemaphorePermit: "+++--";
        sync::SemaphorePermit<'_>: "+++--";
        sync::Mutex<T>: "+++--" "+++--" "--+--";
        sync::MutexGuard<'_, T>: "+++--" "+-+--" "--+--";
        sync::MappedMutexGuard<'_, T>: "+++--" "+-+--" "--+--";
        sync::OwnedMutexGuard<T>: "+++--" "+-+--" "--+--";
        sync::OwnedMappedMutexGuard<T, u8>: "+++--" "+-+--" "--+--";
        sync::OwnedMappedMutexGuard<u8, T>: "+++--" "+-+--" "--+--";
        sync::RwLock<T>: "+++--" "+-+--" "--+--";
        sync::RwLockReadGuard<'_, T>: "+++--" "--+--" "--+--";
        sync::RwLockWriteGuard<'_, T>: "+++--" "--+--" "--+--";
        sync::RwLockMappedWriteGuard<'_, T>: "+++--" "--+--" "--+--";
        sync::OwnedRwLockReadGuard<T, u8>: "+++--" "--+--" "--+--";
        sync::OwnedRwLockReadGuard<u8, T>: "+++--" "--+--" "--+--";
        sync::OwnedRwLockWriteGuard<T>: "+++--" "--+--" "--+--";
        sync::OwnedRwLockMappedWriteGuard<T, u8>: "+++--" "--+--" "--+--";
        sync::OwnedRwLockMappedWriteGuard<u8, T>: "+++--" "--+--" "--+--";
    }
}

#[test]
fn hand_offs() {
    types! {
        sync::oneshot::Sender<T>: "+++--" "+++--" "--+--";
        sync::oneshot::Receiver<T>: "+++--" "+++--" "--+--";
        sync::oneshot::error::RecvError: "+++++";
        sync::oneshot::error::TryRecvError: "+++++";
        // Ours.
        sync::oneshot::Closed<'_, T>: "++-" "++-" "---";
        sync::Promise<T>: "+++" "+++" "--+";
        sync::Resolver<T>: "+++" "+++" "--+";
        sync::SharedPromise<T>: "+++" "--+" "--+";
        sync::PromiseError: "+++++";
    }
}

#[test]
fn named_futures() {
    types! {
        sync::futures::Notified<'_>: "++---";
        sync::futures::OwnedNotified: "++---";
        sync::futures::BarrierWait<'_>: "++---";
        sync::futures::Lock<'_, T>: "++---" "++---" "-----";
        sync::futures::LockOwned<T>: "++---" "++---" "-----";
        sync::futures::Read<'_, T>: "++---" "-----" "-----";
        sync::futures::ReadOwned<T>: "++---" "-----" "-----";
        sync::futures::Write<'_, T>: "++---" "-----" "-----";
        sync::futures::WriteOwned<T>: "++---" "-----" "-----";
        sync::futures::Acquire<'_>: "++---";
        sync::futures::AcquireOwned: "++---";
        // Ours.
        sync::Condvar: "+++";
        sync::futures::Wait<'_, T>: "++-" "+--" "---";
        sync::futures::WaitWhile<'_, T, fn(&mut T) -> bool>: "++-" "+--" "---";
    }
}
