//! `runtime`, `task`, `time`.

use wakeful::{runtime, sim, task, time};

use crate::{Fut, row, types};

#[test]
fn runtimes() {
    types! {
        runtime::Builder: "+++--";
        runtime::EnterGuard<'_>: "-++--";
        runtime::Handle: "+++++";
        runtime::Id: "+++++";
        runtime::RuntimeFlavor: "+++++";
        runtime::TryCurrentError: "+++++";
        runtime::RuntimeMetrics: "+++++";
        runtime::LocalOptions: "--+++";
        runtime::LocalRuntime: "--+++";
        runtime::Runtime: "+++++";
        runtime::RngSeed: "+++++";
        runtime::TaskMeta<'_>: "+++++";
        runtime::UnhandledPanic: "+++++";
        runtime::HistogramConfiguration: "+++++";
        runtime::HistogramScale: "+++++";
        runtime::InvalidHistogramConfiguration: "+++++";
        runtime::LogHistogram: "+++++";
        runtime::LogHistogramBuilder: "+++++";
        // Ours.
        runtime::Dump: "+++++";
        runtime::TaskDump: "+++++";
        runtime::Deadlock: "+++++";
        runtime::Stall: "+++++";
        runtime::TaskState: "+++++";
    }
}

#[test]
fn tasks() {
    types! {
        task::AbortHandle: "+++++";
        task::Id: "+++++";
        task::JoinError: "+++--";
        task::LocalEnterGuard: "--+--";
        task::LocalSet: "--+--";
        task::coop::RestoreOnPending: "--++-";
        task::JoinHandle<T>: "+++++" "+++++" "--+++";
        task::JoinSet<T>: "+++--" "+++--" "--+--";
        task::LocalKey<T>: "+++++" "+++++" "+++++";
        task::AbortOnDropHandle<T>: "+++++" "+++++" "--+++";
        task::AbortOnDrop: "+++++";
        task::Unconstrained<Fut<T>>: "+++++" "+-++-" "--+++";
        task::coop::Unconstrained<Fut<T>>: "+++++" "+-++-" "--+++";
        task::coop::Coop<Fut<T>>: "+++++" "+-++-" "--+++";
        task::futures::TaskLocalFuture<T, Fut<u8>>: "++-++" "+--+-" "---++";
        task::futures::TaskLocalFuture<u8, Fut<T>>: "++-++" "+--+-" "---++";
        task::YieldNow: "++-";
        task::RunUntil<'_, Fut<T>>: "-----" "-----" "-----";
        task::join_set::JoinNext<'_, T>: "++---" "++---" "-----";
        task::join_set::JoinNextWithId<'_, T>: "++---" "++---" "-----";
        task::join_set::JoinAll<T>: "++---" "+----" "-----";
        task::join_set::Shutdown<'_, T>: "++---" "++---" "-----";
        task::AccessError: "+++++";
        // tokio's under its unstable flag.
        sim::Builder: "+++++";
        sim::net::Listener: "+++++";
        sim::net::Stream: "+++--";
        task::Builder<'_>: "+++++";
        task::join_set::Builder<'_, T>: "+++" "+++" "--+";
        task::join_set::JoinSet<T>: "+++--" "+++--" "--+--";
        // Ours.
        task::coop::ConsumeBudget: "++-";
    }
}

#[test]
fn times() {
    types! {
        time::Instant: "+++++";
        time::Interval: "+++--";
        time::MissedTickBehavior: "+++++";
        time::Sleep: "++---";
        time::error::Elapsed: "+++++";
        time::error::Error: "+++++";
        time::Timeout<Fut<T>>: "++---" "+----" "-----";
        time::operations::Advance: "++-";
        time::operations::Tick<'_>: "++---";
    }
}
