//! Far deadlines, and how exactly a paused clock moves.

use super::*;

#[test]
fn r42_far_timer_does_not_stop_the_near_ones() {
    paused(async {
        let mut far = pin!(sleep(Duration::MAX));
        assert!(poll_once(far.as_mut()).is_pending());
        advance(MS * ((1 << 30) - 1)).await;
        let start = Instant::now();
        let mut every = interval_at(start + MS * 333, MS * 333);
        let mut ticks = 0;
        while start.elapsed() < Duration::from_secs(3600) {
            every.tick().await;
            ticks += 1;
            assert_eq!(start.elapsed(), MS * 333 * ticks);
        }
        assert!(poll_once(far.as_mut()).is_pending());
    });
}

#[test]
fn r43_durations_near_every_limit() {
    paused(async {
        let pending = std::future::pending::<()>;
        for far in [Duration::MAX, Duration::MAX / 10, MS * u32::MAX * 64] {
            assert!(poll_once(pin!(sleep(far))).is_pending());
            assert!(poll_once(pin!(timeout(far, pending()))).is_pending());
            let mut every = interval(far);
            assert!(poll_once(pin!(every.tick())).is_ready());
            assert!(poll_once(pin!(every.tick())).is_pending());
            every.reset();
            every.reset_after(far);
            assert!(poll_once(pin!(every.tick())).is_pending());
        }
        let range = Duration::from_millis(1 << 36);
        for distance in [range - MS, range, range + MS] {
            let start = Instant::now();
            sleep(distance).await;
            assert_eq!(start.elapsed(), distance);
        }
        let farthest = Instant::now().checked_add(Duration::from_millis(u64::MAX));
        if let Some(farthest) = farthest {
            let mut never = pin!(sleep_until(farthest));
            let mut every = interval_at(farthest, Duration::MAX);
            assert!(poll_once(never.as_mut()).is_pending());
            assert!(poll_once(pin!(every.tick())).is_pending());
            advance(range * 3).await;
            sleep(MS).await;
            assert!(poll_once(never.as_mut()).is_pending());
            assert!(poll_once(pin!(timeout_at(farthest, pending()))).is_pending());
        }
    });
}

#[test]
fn r45_advance_is_exact() {
    paused(async {
        let start = Instant::now();
        advance(Duration::from_micros(1500)).await;
        assert_eq!(start.elapsed(), Duration::from_micros(1500));
        let mut nap = pin!(sleep(MS));
        assert!(poll_once(nap.as_mut()).is_pending());
        advance(Duration::from_micros(999)).await;
        assert!(!nap.is_elapsed());
        advance(Duration::from_micros(1)).await;
        // Due at 2.5 ms, which rounds up to the tick at 3 ms.
        assert!(!nap.is_elapsed());
        advance(Duration::from_micros(500)).await;
        assert!(nap.is_elapsed());
        assert_eq!(start.elapsed(), MS * 3);
        advance(Duration::ZERO).await;
        assert_eq!(start.elapsed(), MS * 3);
    });
}

#[test]
fn r45_a_clock_paused_midway_is_exact() {
    let config = Config {
        start_paused: false,
        ..config()
    };
    block_on(&config, async {
        let real = std::time::Instant::now();
        while real.elapsed() < Duration::from_micros(1300) {
            std::hint::spin_loop();
        }
        pause();
        let start = Instant::now();
        sleep(MS * 100).await;
        assert_eq!(start.elapsed(), MS * 100);
        resume();
        let resumed = Instant::now();
        assert!(resumed >= start + MS * 100);
        sleep(MS).await;
        assert!(resumed.elapsed() >= MS);
    });
}

#[test]
fn r45_cancelled_timers_do_not_move_the_clock() {
    paused(async {
        let start = Instant::now();
        for _ in 0..3 {
            assert!(poll_once(pin!(sleep(MS * 5000))).is_pending());
            assert!(poll_once(pin!(sleep(MS * 70))).is_pending());
        }
        sleep(MS * 100).await;
        assert_eq!(start.elapsed(), MS * 100);
    });
}
