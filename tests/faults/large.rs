//! Buffers larger than the kernel takes in one call: 2 GiB less a page.

use std::io::IoSlice;

use wakeful::fs::OpenOptions;
use wakeful::io::{AsyncReadExt, AsyncWriteExt};
use wakeful::net::UnixStream;

/// Never touched: the kernel gives zeros for it, and takes no memory.
const LARGE: usize = (2 << 30) + 4096;

fn zeros() -> Vec<u8> {
    vec![0; LARGE]
}

each_runtime! {
    /// Some of it goes out, and the count says how much; the peer gets that, and no more.
    fn a_socket_takes_a_part(on) {
        on.run(async {
            let large = zeros();
            let (mut near, mut far) = UnixStream::pair().unwrap();
            let mut written = near.write(&large).await.unwrap();
            assert!((1..LARGE).contains(&written));
            drop(near);
            let mut part = vec![1; 1 << 16];
            while written > 0 {
                let read = far.read(&mut part).await.unwrap();
                assert!(read > 0 && read <= written);
                assert!(part[..read].iter().all(|&byte| byte == 0));
                written -= read;
            }
            assert_eq!(far.read(&mut part).await.unwrap(), 0);
        });
    }
}

/// More pieces than a call takes, and more bytes: written one after the other, the count is right.
#[test]
fn a_file_takes_all_of_it_in_parts() {
    crate::flavors::On::CurrentThread.run(async {
        let large = zeros();
        let mut null = OpenOptions::new()
            .write(true)
            .open("/dev/null")
            .await
            .unwrap();
        let written = null.write(&large).await.unwrap();
        assert!((1..=LARGE).contains(&written));
        let slices = vec![IoSlice::new(&large[..1 << 20]); 4096];
        let written = null.write_vectored(&slices).await.unwrap();
        assert!(written > 0);
        null.flush().await.unwrap();
    });
}
