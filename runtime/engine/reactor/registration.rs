//! One source in the reactor, as the leaf futures see it.

use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::budget;
use crate::engine::reactor::poller::{Handle, gone};
use crate::engine::reactor::readiness::{Direction, Event, Place, Readiness};
use crate::engine::reactor::table::Block;
use crate::io::{Interest, Ready};
use crate::leaf::{self, Kind, Site};

/// The right to wait for a source. Leaves the reactor's table when dropped; taking the source out
/// of the selector is [`Registered`](super::Registered)'s.
pub(crate) struct Registration {
    handle: Arc<Handle>,
    /// Where its place is.
    block: Arc<Block>,
    token: usize,
}

impl Registration {
    pub(super) fn new(handle: Arc<Handle>, block: Arc<Block>, token: usize) -> Self {
        Self {
            handle,
            block,
            token,
        }
    }

    #[inline]
    fn source(&self) -> &Readiness {
        self.block.source(self.token)
    }

    pub(crate) fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }

    #[cfg(test)]
    pub(crate) fn token(&self) -> usize {
        self.token
    }

    pub(crate) fn poll_read_ready(
        &self,
        cx: &mut Context<'_>,
        site: Site,
    ) -> Poll<io::Result<Event>> {
        self.poll_ready(cx, Direction::Read, site)
    }

    pub(crate) fn poll_write_ready(
        &self,
        cx: &mut Context<'_>,
        site: Site,
    ) -> Poll<io::Result<Event>> {
        self.poll_ready(cx, Direction::Write, site)
    }

    /// Waits in the slot of `direction`: the waker of the last call is the one that is woken.
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        site: Site,
    ) -> Poll<io::Result<Event>> {
        let spent = ready!(budget::poll_proceed(cx));
        let Poll::Ready(event) = self.source().poll_direction(cx, direction) else {
            leaf::waiting(cx, kind(direction), self.token, site);
            return Poll::Pending;
        };
        spent.made_progress();
        Poll::Ready(open(event))
    }

    /// Does `op` as soon as it does not say `WouldBlock`. Waits in the slot of `direction`.
    pub(crate) fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        site: Site,
        mut op: impl FnMut() -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            let event = ready!(self.poll_ready(cx, direction, site))?;
            match op() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.clear(event),
                result => return Poll::Ready(result),
            }
        }
    }

    /// Does `op` if the source is ready for `interest`.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if it is not ready, or `op` says so; otherwise what `op` says. A reactor that
    /// is gone does not forbid it: what it has reported may still be taken.
    pub(crate) fn try_io<R>(
        &self,
        interest: Interest,
        op: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        let event = self.source().event(Ready::of(interest));
        if event.ready().is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let result = op();
        if matches!(&result, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
            self.clear(event);
        }
        result
    }

    /// Takes back what `event` reported, unless there was another report since.
    pub(crate) fn clear(&self, event: Event) {
        self.source().clear(event);
    }

    /// A future of the next moment when the source is ready for `interest`. It costs no budget: by
    /// itself it moves nothing, and loops of a wait and a `try_` operation count on that.
    pub(crate) fn readiness(&self, interest: Interest, site: Site) -> Wait<'_> {
        Wait {
            registration: self,
            interest,
            place: Place::default(),
            site,
        }
    }

    /// A future that does `op` as soon as it does not say `WouldBlock`.
    pub(crate) fn io<R, F>(&self, interest: Interest, site: Site, op: F) -> Io<'_, F>
    where
        F: FnMut(Event) -> io::Result<R>,
    {
        Io {
            wait: self.readiness(interest, site),
            op,
            is_free: false,
            pinned: PhantomPinned,
        }
    }

    /// As [`readiness`](Self::readiness), with an answer made of the event.
    pub(crate) fn when_ready<R, F>(&self, interest: Interest, site: Site, answer: F) -> Io<'_, F>
    where
        F: FnMut(Event) -> io::Result<R>,
    {
        Io {
            is_free: true,
            ..self.io(interest, site, answer)
        }
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Readiness {
        self.source()
    }

    /// What it has beside the table: stays when it is gone.
    #[cfg(test)]
    pub(super) fn block(&self) -> &Arc<Block> {
        &self.block
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.handle.remove(self.token);
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("token", &self.token)
            .field("event", &self.source().event(Ready::ALL))
            .finish()
    }
}

/// Waits until a source is ready for an interest.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub(crate) struct Wait<'a> {
    registration: &'a Registration,
    interest: Interest,
    place: Place,
    site: Site,
}

impl Future for Wait<'_> {
    type Output = io::Result<Event>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let mask = Ready::of(this.interest);
        let readiness = this.registration.source();
        let Poll::Ready(event) = readiness.poll_wait(cx, mask, &mut this.place) else {
            let kind = match this.interest.is_writable() && !this.interest.is_readable() {
                true => Kind::Writable,
                false => Kind::Readable,
            };
            leaf::waiting(cx, kind, this.registration.token, this.site);
            return Poll::Pending;
        };
        Poll::Ready(open(event))
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.registration.source().leave(&mut self.place);
    }
}

pin_project! {
    /// Does an operation as soon as it does not say `WouldBlock`.
    ///
    /// The operation is called once for each time the source is reported ready, and no more after
    /// it has returned anything but `WouldBlock`. It need not be pinned; that it is leaves room to
    /// put the waiter's node into the future, and is what users of an async fn count on.
    #[must_use = "futures do nothing unless awaited"]
    pub(crate) struct Io<'a, F> {
        wait: Wait<'a>,
        op: F,
        // Costs no budget.
        is_free: bool,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<R, F> Future for Io<'_, F>
where
    F: FnMut(Event) -> io::Result<R>,
{
    type Output = io::Result<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        loop {
            let event = ready!(Pin::new(&mut *this.wait).poll(cx))?;
            let spent = match this.is_free {
                true => None,
                false => Some(ready!(budget::poll_proceed(cx))),
            };
            match (this.op)(event) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    this.wait.registration.clear(event);
                }
                result => {
                    if let Some(spent) = spent {
                        spent.made_progress();
                    }
                    return Poll::Ready(result);
                }
            }
        }
    }
}

fn kind(direction: Direction) -> Kind {
    match direction {
        Direction::Read => Kind::Readable,
        Direction::Write => Kind::Writable,
    }
}

/// The event, or the error if the reactor is gone.
fn open(event: Event) -> io::Result<Event> {
    if event.is_closed() {
        return Err(gone());
    }
    Ok(event)
}
