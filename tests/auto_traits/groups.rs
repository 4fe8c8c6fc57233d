//! What tokio has in its other crates: tokens, trackers, and groups of tasks.

use wakeful::sync;

use crate::{Fut, row, types};

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
