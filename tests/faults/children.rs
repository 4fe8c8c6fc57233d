//! Children that ignore signals.

use std::process::Stdio;

use wakeful::io::{AsyncBufReadExt, BufReader};
use wakeful::process::{Child, Command};
use wakeful::time::{self, Duration};

/// A shell that ignores what it is asked by, and says so once it does.
async fn stubborn() -> Child {
    let mut child = Command::new("sh")
        .args([
            "-c",
            "trap '' TERM INT HUP; echo ready; while :; do read line || :; done",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).await.unwrap();
    assert_eq!(line, "ready\n");
    child
}

#[expect(unsafe_code, reason = "std sends no signals but SIGKILL")]
fn ask(child: &Child) {
    let id = child.id().expect("it runs") as libc::pid_t;
    // SAFETY: a signal to a child that nobody has reaped.
    assert_eq!(unsafe { libc::kill(id, libc::SIGTERM) }, 0);
}

fn is_there(id: u32) -> bool {
    std::path::Path::new(&format!("/proc/{id}")).exists()
}

each_runtime! {
    /// Asked, it stays; the wait can be given up and taken up again; killed, it goes.
    fn a_child_that_ignores_signals_can_be_waited_for_and_killed(on) {
        on.run(async {
            let mut child = stubborn().await;
            ask(&child);
            let waited = time::timeout(Duration::from_millis(20), child.wait()).await;
            assert!(waited.is_err(), "{waited:?}");
            assert!(child.try_wait().unwrap().is_none());
            child.kill().await.unwrap();
            let status = child.wait().await.unwrap();
            assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(libc::SIGKILL));
        });
    }

    /// Dropped with its task, it is killed and reaped, though it was asked first.
    fn a_child_that_ignores_signals_goes_with_its_task(on) {
        on.run(async {
            let (tell, told) = wakeful::sync::oneshot::channel();
            let task = wakeful::spawn(async move {
                let mut child = stubborn().await;
                ask(&child);
                tell.send(child.id().unwrap()).unwrap();
                child.wait().await
            });
            let id = told.await.unwrap();
            assert!(is_there(id));
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            while is_there(id) {
                time::sleep(Duration::from_millis(1)).await;
            }
        });
    }
}
