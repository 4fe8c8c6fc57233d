//! Waiting for room in a channel: the part that `send` and all the `reserve`s have in common.
//!
//! A [`Ticket`] asks for a number of permits. When it has them it opens the channel, still locked,
//! for its future to append a message in the same critical section, or just to close it again.
//! A ticket that is dropped gives back what it has got and not given out.
//!
//! Absent: messages. A future that sends one keeps it beside its ticket.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use pin_project_lite::pin_project;

use super::channel::{Channel, Guard};
use super::ends::SendEnd;
use crate::budget;
use crate::leaf::{self, Kind, Site};
use crate::sync::waiters::{Node, Stage};

/// The channel is closed: nothing is given out any more.
#[derive(Debug)]
pub(super) struct Closed;

/// What keeps the channel while a ticket waits: a sender, or a borrow of one.
pub(super) trait Holder {
    type Message;

    fn channel(&self) -> &Channel<Self::Message>;
}

impl<T> Holder for SendEnd<T> {
    type Message = T;

    fn channel(&self) -> &Channel<T> {
        self.shared()
    }
}

impl<T> Holder for &SendEnd<T> {
    type Message = T;

    fn channel(&self) -> &Channel<T> {
        self.shared()
    }
}

pin_project! {
    pub(super) struct Ticket<H: Holder> {
        // None once the permits were given out, or refused.
        holder: Option<H>,
        count: usize,
        site: Site,
        #[pin]
        node: Node<usize>,
    }

    impl<H: Holder> PinnedDrop for Ticket<H> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            // Most have completed at their first poll.
            if this.node.stage() != Stage::Done {
                if let Some(holder) = this.holder {
                    cancel(holder.channel(), this.node, *this.count);
                }
            }
        }
    }
}

/// The channel, open and locked, with the permits of the ticket taken.
pub(super) struct Entry<'a, T> {
    channel: &'a Channel<T>,
    // Dropped before the waker, which is the code of others.
    shared: Guard<'a, T>,
    _unused: Option<Waker>,
}

impl<T> Entry<'_, T> {
    #[inline]
    pub(super) fn push(self, message: T) {
        self.channel.push(self.shared, message);
    }
}

enum Admission<'a, T> {
    Granted(Entry<'a, T>),
    Queued,
    Closed,
}

impl<H: Holder> Ticket<H> {
    pub(super) fn new(holder: H, count: usize, site: Site) -> Self {
        Self {
            holder: Some(holder),
            count,
            site,
            node: Node::new(count),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The holder, when the ticket has got its permits: they are the caller's from now on.
    pub(super) fn take_holder(self: Pin<&mut Self>) -> Option<H> {
        self.project().holder.take()
    }

    /// Sends if the ticket is new, for one permit, and that is there: the short way of a first
    /// poll. Gives the message back for the long way; nothing has happened then.
    #[inline]
    pub(super) fn send_first(self: Pin<&mut Self>, message: H::Message) -> Result<(), H::Message> {
        let mut this = self.project();
        match this.holder {
            Some(holder) if this.node.stage() == Stage::New => {
                // Settled first: a panic of the receiver's waker goes through here.
                this.node.as_mut().settle(Stage::Done);
                holder.channel().try_send(message).map_err(|(_, message)| {
                    this.node.settle(Stage::New);
                    message
                })
            }
            _ => Err(message),
        }
    }

    /// A leaf: waits for the permits. Refused, it keeps none of them. Where no room is expected, a
    /// waker is at hand before the channel is locked, and it need not be locked twice.
    pub(super) fn poll(
        self: Pin<&mut Self>,
        cx: &Context<'_>,
        expects_room: bool,
    ) -> Poll<Result<Entry<'_, H::Message>, Closed>> {
        let mut this = self.project();
        let (count, site) = (*this.count, *this.site);
        let Some(holder) = &*this.holder else {
            panic!("a channel's future was polled after it had completed");
        };
        let channel = holder.channel();
        if let Poll::Ready(admitted) =
            poll_node(channel, this.node.as_mut(), count, cx, expects_room)
        {
            if admitted.is_err() {
                cancel(channel, this.node, count);
            }
            return Poll::Ready(admitted);
        }
        let resource = std::ptr::from_ref(channel).addr();
        leaf::waiting(cx, Kind::Channel, resource, site);
        Poll::Pending
    }
}

fn poll_node<'a, T>(
    channel: &'a Channel<T>,
    mut node: Pin<&mut Node<usize>>,
    count: usize,
    cx: &Context<'_>,
    expects_room: bool,
) -> Poll<Result<Entry<'a, T>, Closed>> {
    match node.stage() {
        Stage::Queued if channel.refresh(node.as_ref(), cx.waker()) == Stage::Queued => {
            return Poll::Pending;
        }
        Stage::Done => panic!("a channel's future was polled after it had completed"),
        _ => {}
    }
    // A task out of budget keeps its place in the queue, and what it was granted.
    let spent = ready!(budget::poll_proceed(cx));
    let admission = match node.stage() {
        Stage::New => admit(channel, node.as_mut(), count, cx, expects_room),
        Stage::Granted => reenter(channel),
        _ => Admission::Closed,
    };
    let admitted = match admission {
        Admission::Queued => return Poll::Pending,
        Admission::Granted(entry) => {
            node.settle(Stage::Done);
            Ok(entry)
        }
        Admission::Closed => Err(Closed),
    };
    spent.made_progress();
    Poll::Ready(admitted)
}

/// Takes the permits, or what there is of them and a place in the queue.
fn admit<'a, T>(
    channel: &'a Channel<T>,
    node: Pin<&mut Node<usize>>,
    count: usize,
    cx: &Context<'_>,
    expects_room: bool,
) -> Admission<'a, T> {
    if count > channel.capacity {
        return Admission::Closed;
    }
    // Dropped after the lock, wherever we leave.
    let mut waker = (!expects_room).then(|| cx.waker().clone());
    loop {
        let mut shared = channel.lock();
        if shared.state.is_closed() {
            drop(shared);
            return Admission::Closed;
        }
        let has_all = channel.take(&mut shared, count);
        let got = match (has_all, &waker) {
            (true, _) => count,
            (false, Some(_)) => channel.announce(&mut shared, count),
            (false, None) => {
                drop(shared);
                waker = Some(cx.waker().clone());
                continue;
            }
        };
        if got == count {
            return Admission::Granted(Entry {
                channel,
                shared,
                _unused: waker,
            });
        }
        shared.push_back(node.as_ref(), count - got, waker);
        return Admission::Queued;
    }
}

/// The permits were granted while the ticket waited.
fn reenter<T>(channel: &Channel<T>) -> Admission<'_, T> {
    let shared = channel.lock();
    // MC4: what was granted and not given out is not given out any more.
    if shared.state.is_closed() {
        return Admission::Closed;
    }
    Admission::Granted(Entry {
        channel,
        shared,
        _unused: None,
    })
}

/// Leaves the queue and gives back what was got, whatever the stage.
#[cold]
fn cancel<T>(channel: &Channel<T>, mut node: Pin<&mut Node<usize>>, count: usize) {
    if node.stage() == Stage::Queued {
        let mut shared = channel.lock();
        // Its waker is dropped at the end, after the lock.
        let called = shared.remove(node.as_ref());
        if called.is_some() {
            let got = count - node.as_mut().data();
            node.settle(Stage::Done);
            channel.hand_out(shared, got);
            return;
        }
    }
    let got = match node.stage() {
        Stage::New | Stage::Done => 0,
        Stage::Granted => count,
        // It may have had a part of what it asked for.
        _ => count - node.as_mut().data(),
    };
    node.settle(Stage::Done);
    channel.release(got);
}
