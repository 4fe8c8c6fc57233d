//! The work-stealing scheduler.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::sync::Arc;

use super::config::Config;
use super::driver::{self, Driver};
use super::handle::Handle;
use super::local;
use super::metrics::Counters;
use super::task::{Header, JoinHandle, Registry};

pub(crate) struct Shared {
    pub(crate) registry: Registry,
}

pub(crate) struct ThreadOptions {
    pub(crate) name: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) stack_size: Option<usize>,
}
impl Shared {
    pub(crate) fn running(&self) -> Vec<*const Header> {
        vec![]
    }
    pub(crate) fn counters(&self, _: usize) -> &Counters {
        unreachable!()
    }
    pub(crate) fn workers(&self) -> usize {
        0
    }
    pub(crate) fn injected(&self) -> usize {
        0
    }
    pub(crate) fn is_shut_down(&self) -> bool {
        true
    }
    pub(crate) fn spawn<F: Future + 'static>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> Result<JoinHandle<F::Output>, F> {
        unreachable!()
    }
}
pub(crate) fn new(
    workers: usize,
    config: Config,
    driver: Driver,
    handle: Arc<driver::Handle>,
) -> Arc<Shared> {
    unreachable!()
}
pub(crate) fn start(
    shared: &Arc<Shared>,
    handle: &Handle,
    options: &ThreadOptions,
) -> io::Result<()> {
    unreachable!()
}
pub(crate) fn shutdown(shared: &Arc<Shared>) {}
pub(crate) fn block_on<F: Future>(
    shared: &Arc<Shared>,
    future: F,
    called: &'static Location<'static>,
) -> F::Output {
    unreachable!()
}
pub(crate) fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    f()
}
