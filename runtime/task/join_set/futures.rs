//! The futures that wait for a [`JoinSet`].

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{JoinSet, with_id};
use crate::leaf::Site;
use crate::task::{Id, JoinError};

/// Future of [`JoinSet::join_next`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[derive(Debug)]
pub struct JoinNext<'a, T> {
    pub(super) set: &'a mut JoinSet<T>,
    pub(super) site: Site,
}

impl<T: 'static> Future for JoinNext<'_, T> {
    type Output = Option<Result<T, JoinError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let site = self.site;
        self.set
            .poll_next(cx, site)
            .map(|joined| joined.map(|(_, result)| result))
    }
}

/// Future of [`JoinSet::join_next_with_id`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[derive(Debug)]
pub struct JoinNextWithId<'a, T> {
    pub(super) set: &'a mut JoinSet<T>,
    pub(super) site: Site,
}

impl<T: 'static> Future for JoinNextWithId<'_, T> {
    type Output = Option<Result<(Id, T), JoinError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let site = self.site;
        self.set
            .poll_next(cx, site)
            .map(|joined| joined.map(with_id))
    }
}

/// Future of [`JoinSet::shutdown`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[derive(Debug)]
pub struct Shutdown<'a, T> {
    pub(super) set: &'a mut JoinSet<T>,
    pub(super) aborted: bool,
    pub(super) site: Site,
}

impl<T: 'static> Future for Shutdown<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !self.aborted {
            self.aborted = true;
            self.set.abort_running();
        }
        let site = self.site;
        while ready!(self.set.poll_next(cx, site)).is_some() {}
        Poll::Ready(())
    }
}

/// Future of [`JoinSet::join_all`].
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct JoinAll<T> {
    pub(super) set: JoinSet<T>,
    pub(super) outputs: Vec<T>,
    pub(super) site: Site,
}

/// Nothing in it is pinned through it.
impl<T> Unpin for JoinAll<T> {}

impl<T: 'static> Future for JoinAll<T> {
    type Output = Vec<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<T>> {
        let this = &mut *self;
        while let Some((_, result)) = ready!(this.set.poll_next(cx, this.site)) {
            match result {
                Ok(output) => this.outputs.push(output),
                Err(error) => {
                    // The caller may hold on to this future; its tasks end all the same.
                    this.set.abort_running();
                    match error.try_into_panic() {
                        Ok(payload) => resume_unwind(payload),
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
        Poll::Ready(std::mem::take(&mut this.outputs))
    }
}

impl<T> fmt::Debug for JoinAll<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAll")
            .field("set", &self.set)
            .field("outputs", &self.outputs.len())
            .finish()
    }
}
