//! Pipes.

use std::fs::File;

use super::*;
use crate::net::unix::pipe::{self, OpenOptions, Receiver, Sender};

#[test]
fn bytes_go_through_and_end() {
    run(async {
        let (mut sender, mut receiver) = pipe::pipe().unwrap();
        let nothing = receiver.try_read(&mut [0; 4]).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        assert_eq!(write(&mut sender, b"ping").await.unwrap(), 4);
        assert_eq!(read(&mut receiver, 2).await.unwrap(), b"pi");
        receiver.readable().await.unwrap();
        assert_eq!(receiver.try_read(&mut [0; 4]).unwrap(), 2);
        drop(sender);
        assert_eq!(read(&mut receiver, 2).await.unwrap(), b"");
    });
}

/// A full pipe is waited for, and a sender without a receiver is told.
#[test]
fn a_full_pipe_makes_its_sender_wait() {
    run(async {
        let (mut sender, mut receiver) = pipe::pipe().unwrap();
        let page = [1; 4096];
        let mut sent = 0;
        sender.writable().await.unwrap();
        while let Ok(n) = sender.try_write(&page) {
            sent += n;
        }
        let reader = crate::spawn(async move {
            let mut received = 0;
            while received < sent {
                received += read(&mut receiver, 10_000).await.unwrap().len();
            }
            receiver
        });
        // There is room only once the reader has run.
        write(&mut sender, b"x").await.unwrap();
        drop(reader.await.unwrap());
        let error = write(&mut sender, b"x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn files_become_ends_if_they_are_pipes() {
    run(async {
        let file = tempfile::tempfile().unwrap();
        let kind = |error: io::Error| error.kind();
        let refused = Sender::from_file(file).map_err(kind).unwrap_err();
        assert_eq!(refused, ErrorKind::InvalidInput);
        let refused = OpenOptions::new().open_receiver("/dev/null").map_err(kind);
        assert_eq!(refused.unwrap_err(), ErrorKind::InvalidInput);

        let (sender, receiver) = pipe::pipe().unwrap();
        let sender = File::from(sender.into_blocking_fd().unwrap());
        let receiver = receiver.into_nonblocking_fd().unwrap();
        let swapped = Sender::from_owned_fd(receiver.try_clone().unwrap());
        assert_eq!(swapped.unwrap_err().kind(), ErrorKind::InvalidInput);
        let swapped = Receiver::from_file(sender.try_clone().unwrap());
        assert_eq!(swapped.unwrap_err().kind(), ErrorKind::InvalidInput);
        (&sender).write_all(b"x").unwrap();
        let mut receiver = Receiver::from_owned_fd(receiver).unwrap();
        assert_eq!(read(&mut receiver, 4).await.unwrap(), b"x");
    });
}

/// What is there goes into the room there is, behind what the buffer holds already.
#[test]
#[cfg(any(feature = "io-util", feature = "bytes"))]
fn a_buffer_grows_by_what_was_there() {
    run(async {
        let (sender, receiver) = pipe::pipe().unwrap();
        let mut buf = b"> ".to_vec();
        let nothing = receiver.try_read_buf(&mut buf).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        sender.writable().await.unwrap();
        sender.try_write(b"ping").unwrap();
        receiver.readable().await.unwrap();
        assert_eq!(receiver.try_read_buf(&mut buf).unwrap(), 4);
        assert_eq!(buf, b"> ping");
        drop(sender);
        receiver.readable().await.unwrap();
        assert_eq!(receiver.try_read_buf(&mut buf).unwrap(), 0);
    });
}
