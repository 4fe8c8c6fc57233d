//! The clock jumps for a process that was stopped, as on a laptop that slept: timers are late, and
//! none is lost.

use std::process::Command;
use std::thread;
use std::time::Duration;

use wakeful::time::{self, Instant, MissedTickBehavior};

use crate::flavors::{On, alone};

/// Stops this process and lets somebody else start it again later.
fn sleep_like_a_laptop(milliseconds: u64) {
    let id = std::process::id();
    let script = format!("kill -STOP {id}; sleep 0.{milliseconds:03}; kill -CONT {id}");
    assert!(
        Command::new("sh")
            .args(["-c", &script])
            .status()
            .unwrap()
            .success()
    );
}

fn jumps(on: On) {
    let runtime = on.runtime();
    runtime.block_on(async {
        let start = Instant::now();
        let short: Vec<_> = (1..=50)
            .map(|number| wakeful::spawn(time::sleep(Duration::from_millis(number))))
            .collect();
        let mut skips = time::interval_at(start, Duration::from_millis(20));
        skips.set_missed_tick_behavior(MissedTickBehavior::Skip);
        skips.tick().await;
        thread::spawn(|| sleep_like_a_laptop(300)).join().unwrap();
        assert!(start.elapsed() >= Duration::from_millis(300));
        // All that were due in the meantime come, and what is missed is told once.
        for timer in short {
            timer.await.unwrap();
        }
        let missed = skips.tick().await;
        let next = skips.tick().await;
        assert!(missed < next && next >= start + Duration::from_millis(300));
        let periods = (next - start).as_millis() % 20;
        assert_eq!(periods, 0, "Skip keeps to the multiples of its period");
    });
}

#[test]
fn a_jump_on_one_thread() {
    alone("stops::a_jump_on_one_thread", || jumps(On::CurrentThread));
}

#[test]
fn a_jump_on_two_workers() {
    alone("stops::a_jump_on_two_workers", || jumps(On::Workers(2)));
}
