//! A `File` is a vector with a position, whatever is cancelled on the way.

use std::fs as std_fs;
use std::future::Future;
use std::io::{ErrorKind, SeekFrom};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wakeful::fs::{File, OpenOptions};
use wakeful::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use crate::case::Case;

/// What the file should be.
#[derive(Default)]
struct Model {
    bytes: Vec<u8>,
    position: usize,
}

impl Model {
    fn read(&mut self, read: &[u8]) {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        assert!(rest.starts_with(read), "{read:?} read of {rest:?}");
        self.position += read.len();
    }

    fn write(&mut self, written: &[u8]) {
        if written.is_empty() {
            return;
        }
        let end = self.position + written.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[self.position..end].copy_from_slice(written);
        self.position = end;
    }

    /// Where a seek arrives. `None`: before the start.
    fn seek(&mut self, to: SeekFrom) -> Option<u64> {
        let (base, by) = match to {
            SeekFrom::Start(at) => (0, at as i64),
            SeekFrom::Current(by) => (self.position as i64, by),
            SeekFrom::End(by) => (self.bytes.len() as i64, by),
        };
        let at = u64::try_from(base.checked_add(by)?).ok()?;
        self.position = at as usize;
        Some(at)
    }
}

/// Polls once and gives up.
fn begin<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

async fn step(case: &mut Case, file: &mut File, model: &mut Model) {
    let mut buf = vec![0; case.below(20)];
    let data: Vec<u8> = (0..case.below(20)).map(|_| case.below(256) as u8).collect();
    match case.below(12) {
        0..=2 => {
            let count = file.read(&mut buf).await.expect("it can be read");
            if count == 0 && !buf.is_empty() {
                assert!(model.position >= model.bytes.len(), "not the end");
            }
            model.read(&buf[..count]);
        }
        3 | 4 => {
            if let Poll::Ready(count) = begin(file.read(&mut buf)) {
                model.read(&buf[..count.expect("it can be read")]);
            }
        }
        5 => {
            file.write_all(&data).await.expect("there is room");
            model.write(&data);
        }
        6 => {
            if let Poll::Ready(count) = begin(file.write(&data)) {
                model.write(&data[..count.expect("there is room")]);
            }
        }
        7 => {
            file.flush().await.expect("there is room");
            let len = file.metadata().await.expect("it exists").len();
            assert_eq!(len, model.bytes.len() as u64);
        }
        8 => {
            let len = case.below(60);
            file.set_len(len as u64).await.expect("there is room");
            model.bytes.resize(len, 0);
        }
        9 => {
            let by = case.below(60) as i64 - 30;
            let to = match case.below(3) {
                0 => SeekFrom::Start(by.unsigned_abs()),
                1 => SeekFrom::Current(by),
                _ => SeekFrom::End(by),
            };
            match model.seek(to) {
                Some(at) => assert_eq!(file.seek(to).await.expect("it is there"), at),
                None => {
                    let error = file.seek(to).await.expect_err("it is before the start");
                    assert_eq!(error.kind(), ErrorKind::InvalidInput);
                }
            }
        }
        10 => {
            let at = file.stream_position().await.expect("it is somewhere");
            assert_eq!(at, model.position as u64);
        }
        _ => match begin(file.sync_data()) {
            Poll::Ready(Err(error)) => panic!("{error}"),
            Poll::Ready(Ok(())) | Poll::Pending => file.set_max_buf_size(1 + case.below(30)),
        },
    }
}

each_scheduler! {
    /// Random reads, writes, seeks and changes of length, some of them given up half way.
    fn a_file_is_a_vector(case) {
        let mut choices = case.fork();
        case.run(async move {
            let folder = tempfile::tempdir().expect("there is room");
            let path = folder.path().join("file");
            let mut options = OpenOptions::new();
            let options = options.read(true).write(true).create(true);
            let mut file = options.open(&path).await.expect("there is room");
            let mut model = Model::default();
            for _ in 0..5 + choices.below(30) {
                step(&mut choices, &mut file, &mut model).await;
            }
            file.flush().await.expect("there is room");
            assert_eq!(std_fs::read(&path).expect("it exists"), model.bytes);
        });
    }
}
