//! What expressions of an app come to, as far as constructs are concerned.

use std::sync::Arc;

use crate::Str;
use crate::source::Span;

use super::ir::Function;
use super::tree::{NodeId, Pattern};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Unknown,
    /// A construct, or an instance of a class of the app.
    Node(NodeId),
    /// Something of a construct: an attribute, what a method returns.
    Part(NodeId),
    Text(Arc<Pattern>),
    Object(Arc<Object>),
    List(Arc<Vec<Value>>),
    Closure(Arc<Closure>),
}

/// An object literal, a builder of props, keyword arguments.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) span: Span,
    pub(super) entries: Vec<Member>,
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: Str,
    /// Key and value.
    pub(super) span: Span,
    /// The value alone.
    pub(super) value_span: Span,
    pub(super) value: Value,
}

/// A function with the variables around it.
#[derive(Debug)]
pub(super) struct Closure {
    pub(super) function: Arc<Function>,
    pub(super) scope: usize,
    pub(super) this: Option<NodeId>,
    pub(super) class: Option<usize>,
    pub(super) file: usize,
}

impl Value {
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// The construct that it is or belongs to.
    pub(super) fn node(&self) -> Option<NodeId> {
        match self {
            Value::Node(id) | Value::Part(id) => Some(*id),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&Pattern> {
        match self {
            Value::Text(pattern) => Some(pattern),
            _ => None,
        }
    }

    pub(super) fn object(&self) -> Option<&Arc<Object>> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl Object {
    /// The member of that name however the language writes it; the last one counts.
    pub(super) fn get(&self, key: &str) -> Option<&Member> {
        self.entries.iter().rev().find(|m| same_name(&m.key, key))
    }
}

/// Whether two names are the same but for `snake_case`, `camelCase` and `PascalCase`.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> Vec<u8> {
        text.bytes().filter(|b| *b != b'_').map(|b| b.to_ascii_lowercase()).collect()
    };
    a == b || plain(a) == plain(b)
}
