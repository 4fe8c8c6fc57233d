//! With the real scheduler between the timers and the driver.

use super::*;
use crate::runtime::{Builder, Runtime};
use crate::{spawn, task};

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

#[test]
fn r45_blocking_work_keeps_the_clock_where_it_is() {
    runtime().block_on(async {
        let start = Instant::now();
        let nap = spawn(sleep(Duration::from_secs(3600)));
        for _ in 0..20 {
            // SLEEP: it is the blocking work itself, real time that virtual time must not pass.
            task::spawn_blocking(|| std::thread::sleep(MS))
                .await
                .unwrap();
            assert_eq!(start.elapsed(), Duration::ZERO);
        }
        nap.await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(3600));
    });
}

#[test]
fn r45_ready_tasks_keep_the_clock_where_it_is() {
    runtime().block_on(async {
        let start = Instant::now();
        let nap = spawn(sleep(MS));
        for _ in 0..500 {
            task::yield_now().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        nap.await.unwrap();
        assert_eq!(start.elapsed(), MS);
    });
}

#[test]
fn r45_advance_lets_the_woken_tasks_run() {
    runtime().block_on(async {
        let naps: Vec<_> = (1..=3).map(|n| spawn(sleep(MS * n))).collect();
        task::yield_now().await;
        advance(MS * 2).await;
        task::yield_now().await;
        let finished: Vec<_> = naps.iter().map(task::JoinHandle::is_finished).collect();
        assert_eq!(finished, [true, true, false]);
    });
}

#[cfg(feature = "net")]
#[test]
fn r45_traffic_takes_no_time_under_a_paused_clock() {
    use crate::io::{AsyncReadExt, AsyncWriteExt};
    use crate::net::{TcpListener, TcpStream};

    runtime().block_on(async {
        let start = Instant::now();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let echo = spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut byte = [0];
            while stream.read(&mut byte).await.unwrap() > 0 {
                stream.write_all(&byte).await.unwrap();
            }
        });
        let talk = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            for n in 0..100 {
                stream.write_all(&[n]).await.unwrap();
                let mut byte = [0];
                stream.read_exact(&mut byte).await.unwrap();
                assert_eq!(byte, [n]);
            }
        };
        timeout(MS, talk).await.expect("the clock was moved");
        echo.await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
    });
}
