//! A disk that does not answer. A FIFO stands for it: its `open` blocks until somebody writes.

use std::io::Write;
use std::path::{Path, PathBuf};

use wakeful::fs::File;
use wakeful::io::{AsyncReadExt, AsyncWriteExt};
use wakeful::net::UnixStream;
use wakeful::time::{self, Duration};

use crate::flavors::until;

fn fifo(folder: &Path) -> PathBuf {
    let path = folder.join("slow");
    let made = std::process::Command::new("mkfifo")
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    path
}

each_runtime! {
    /// The one thread for files is stuck. Timers, sockets and tasks go on; files wait, and each
    /// gets what it asked for in the end.
    fn a_disk_that_does_not_answer_holds_up_files_alone(on) {
        let folder = tempfile::tempdir().unwrap();
        let slow = fifo(folder.path());
        let quick = folder.path().join("quick");
        std::fs::write(&quick, "quick").unwrap();
        let runtime = on.builder().max_blocking_threads(1).build().unwrap();
        let metrics = runtime.metrics();
        runtime.block_on(async {
            let stuck = wakeful::spawn({
                let slow = slow.clone();
                async move {
                    let mut text = String::new();
                    File::open(slow).await?.read_to_string(&mut text).await?;
                    std::io::Result::Ok(text)
                }
            });
            let is_stuck =
                || metrics.num_blocking_threads() == 1 && metrics.blocking_queue_depth() == 0;
            until(is_stuck).await;
            let waits = wakeful::spawn(wakeful::fs::read_to_string(quick.clone()));
            let given_up = wakeful::spawn(wakeful::fs::metadata(quick.clone()));
            until(|| metrics.blocking_queue_depth() == 2).await;

            time::sleep(Duration::from_millis(1)).await;
            let (mut near, mut far) = UnixStream::pair().unwrap();
            near.write_all(b"on").await.unwrap();
            assert_eq!(far.read_u16().await.unwrap(), u16::from_be_bytes(*b"on"));
            assert!(!stuck.is_finished() && !waits.is_finished());
            given_up.abort();
            assert!(given_up.await.unwrap_err().is_cancelled());

            // The disk answers.
            let mut writer = std::fs::OpenOptions::new().write(true).open(&slow).unwrap();
            writer.write_all(b"slow").unwrap();
            drop(writer);
            assert_eq!(stuck.await.unwrap().unwrap(), "slow");
            assert_eq!(waits.await.unwrap().unwrap(), "quick");
        });
    }
}
