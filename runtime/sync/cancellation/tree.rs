//! Who is whose child: a table of nodes behind one mutex, shared by all tokens of a tree.
//!
//! A node whose token is gone stays only while it joins two or more children: with none it is
//! removed, with one the child takes its place. So there are fewer such nodes than tokens, and
//! each step costs the same however deep or wide the tree is. Nothing here recurses.
//!
//! Absent: giving back the table's memory before the last token of the tree goes.

use std::ptr;
use std::sync::{Arc, Weak};

use slab::Slab;

use super::Shared;
use crate::primitives::Mutex;

pub(super) struct Tree {
    nodes: Mutex<Slab<Node>>,
}

/// `None` where there is no such node.
type Link = Option<usize>;

struct Node {
    /// Dead when the token is gone and the node only joins its children.
    token: Weak<Shared>,
    parent: Link,
    first_child: Link,
    prev: Link,
    next: Link,
}

impl Tree {
    /// The token at the root of a new tree.
    pub(super) fn root() -> Arc<Shared> {
        let tree = Arc::new(Self {
            nodes: Mutex::new(Slab::new()),
        });
        let mut nodes = tree.nodes.lock();
        insert(&mut nodes, &tree, None)
    }

    /// A new token below `parent`.
    pub(super) fn child(parent: &Shared) -> Arc<Shared> {
        let tree = &parent.tree;
        let mut nodes = tree.nodes.lock();
        if parent.is_cancelled() {
            // In no tree: there is nothing to be told any more.
            return Arc::new(Shared::new(true, Arc::clone(tree), usize::MAX));
        }
        insert(&mut nodes, tree, Some(parent.key))
    }

    /// Raises the flag of a token and of all below it, and takes them out. Gives those that were
    /// not canceled before.
    pub(super) fn cancel(&self, top: &Shared) -> Vec<Arc<Shared>> {
        let mut nodes = self.nodes.lock();
        if top.is_cancelled() {
            return Vec::new();
        }
        let above = nodes[top.key].parent;
        unlink(&mut nodes, top.key);
        if let Some(above) = above {
            prune(&mut nodes, above);
        }

        // Parents before their children.
        let mut keys = vec![top.key];
        let mut done = 0;
        while let Some(&key) = keys.get(done) {
            let mut child = nodes[key].first_child;
            while let Some(key) = child {
                keys.push(key);
                child = nodes[key].next;
            }
            done += 1;
        }
        let tokens = keys.into_iter().map(|key| nodes.remove(key).token);
        let cancelled: Vec<_> = tokens.filter_map(|token| token.upgrade()).collect();
        for shared in cancelled.iter().rev() {
            shared.raise();
        }
        cancelled
    }

    /// The last clone of a token is gone.
    pub(super) fn forget(&self, key: usize, token: *const Shared) {
        let mut nodes = self.nodes.lock();
        // A canceled token is out already, and its key may be another's.
        if let Some(node) = nodes.get_mut(key) {
            if ptr::eq(node.token.as_ptr(), token) {
                node.token = Weak::new();
                prune(&mut nodes, key);
            }
        }
    }

    /// How many nodes there are.
    #[cfg(all(test, not(loom)))]
    pub(super) fn len(&self) -> usize {
        self.nodes.lock().len()
    }
}

fn insert(nodes: &mut Slab<Node>, tree: &Arc<Tree>, parent: Link) -> Arc<Shared> {
    let entry = nodes.vacant_entry();
    let key = entry.key();
    let shared = Arc::new(Shared::new(false, Arc::clone(tree), key));
    entry.insert(Node {
        token: Arc::downgrade(&shared),
        parent: None,
        first_child: None,
        prev: None,
        next: None,
    });
    if let Some(parent) = parent {
        link(nodes, key, parent);
    }
    shared
}

/// Makes a node the first child of another.
fn link(nodes: &mut Slab<Node>, key: usize, parent: usize) {
    let next = nodes[parent].first_child.replace(key);
    if let Some(next) = next {
        nodes[next].prev = Some(key);
    }
    let node = &mut nodes[key];
    node.parent = Some(parent);
    node.next = next;
}

/// Takes a node, with all below it, from its parent.
fn unlink(nodes: &mut Slab<Node>, key: usize) {
    let node = &mut nodes[key];
    let (parent, prev, next) = (node.parent.take(), node.prev.take(), node.next.take());
    match (prev, parent) {
        (Some(prev), _) => nodes[prev].next = next,
        (None, Some(parent)) => nodes[parent].first_child = next,
        (None, None) => {}
    }
    if let Some(next) = next {
        nodes[next].prev = prev;
    }
}

/// Removes a node that has neither token nor two children, and then its parent if that is one.
fn prune(nodes: &mut Slab<Node>, mut key: usize) {
    while nodes[key].token.strong_count() == 0 {
        let parent = nodes[key].parent;
        let child = nodes[key].first_child;
        if let Some(child) = child {
            if nodes[child].next.is_some() {
                return;
            }
            unlink(nodes, child);
        }
        unlink(nodes, key);
        drop(nodes.remove(key));
        match (child, parent) {
            (Some(child), Some(parent)) => return link(nodes, child, parent),
            (None, Some(parent)) => key = parent,
            (_, None) => return,
        }
    }
}
