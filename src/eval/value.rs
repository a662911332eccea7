//! Values: data with an origin and marks.

use std::sync::Arc;

use crate::Str;

use super::guard::Guard;
use super::instance::InstanceId;
use super::number::Number;
use super::store::{Marks, Origin, UnknownId};

/// A value, where it came from, and what it carries along.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it came from. For a container: where it was constructed (its braces, its block).
    pub origin: Origin,
    /// What contributed to it: sensitivity, references to resources.
    pub marks: Marks,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Not there: an argument that was not set, `AWS::NoValue`, in policies a path through something absent.
    Absent,
    /// Terraform's `null`. As an argument it means the same as absent.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, known whole.
    String(Str),
    /// A string known in part: text and terms (unknown, reference, choice) in turn. Never all text.
    Text(Arc<[Part]>),
    /// A string that is the JSON text of a structured value (`jsonencode`, `Fn::ToJsonString`, the `json` attribute of
    /// `aws_iam_policy_document`): rendered only when someone needs the text, so that members keep their origins.
    Json(Arc<Value>),
    /// A list, tuple or set.
    List(Arc<List>),
    /// A map or object.
    Map(Arc<Map>),
    /// Unknown, with an identity.
    Unknown(UnknownId),
    /// One of several, by condition. Guards are disjoint; together they cover what is possible where the value is used.
    Choice(Arc<[Arm]>),
    /// A whole resource instance, as `aws_s3_bucket.b` means it; taking an attribute looks into the instance.
    Instance(InstanceId),
}

/// A piece of a string known in part.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Known text.
    Text(Str),
    /// A term that is not known as a string.
    Term(Value),
}

/// One alternative of a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// When.
    pub guard: Guard,
    /// What; never itself a choice.
    pub value: Value,
}

/// A member that may be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// When it is there; [`Guard::TRUE`] nearly always.
    pub guard: Guard,
    /// What it is.
    pub value: Value,
}

/// Which kind of sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Members of different types.
    Tuple,
    /// Members of one type.
    List,
    /// No order, no duplicates; members sorted as Terraform sorts them where they are known.
    Set,
}

/// A sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// Which kind.
    pub kind: ListKind,
    /// The members that are known to be possible.
    pub members: Vec<Member>,
    /// When set, there may be further members nobody knows: the unknown that would tell.
    pub rest: Option<UnknownId>,
}

/// Which kind of mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapKind {
    /// Attributes of different types.
    Object,
    /// Values of one type.
    Map,
    /// An object whose JSON text is written as data sources write policy documents: indented, in its own order.
    Document,
    /// The same without white space.
    MinifiedDocument,
}

impl MapKind {
    /// Whether its values may have different types.
    pub fn is_object(self) -> bool {
        self != MapKind::Map
    }

    /// The kind without a way of being written.
    pub fn plain(self) -> Self {
        if self == MapKind::Map { MapKind::Map } else { MapKind::Object }
    }
}

/// A mapping; entries keep the source's order (Terraform's iteration sorts).
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Which kind.
    pub kind: MapKind,
    /// The entries. Keys are unique, unless under disjoint guards.
    pub entries: Vec<Entry>,
    /// When set, there may be further entries nobody knows.
    pub rest: Option<UnknownId>,
}

/// An entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Str,
    /// Where the key (or the whole `key = value`) is written.
    pub key_origin: Origin,
    /// When it is there.
    pub guard: Guard,
    /// The value.
    pub value: Value,
}

impl Value {
    /// A value without marks.
    pub fn new(data: Data, origin: Origin) -> Self {
        Value { data, origin, marks: Marks::NONE }
    }

    /// Something absent.
    pub const fn absent() -> Self {
        Value { data: Data::Absent, origin: Origin::NONE, marks: Marks::NONE }
    }

    /// A string without an origin.
    pub fn string(text: impl Into<Str>) -> Self {
        Value::new(Data::String(text.into()), Origin::NONE)
    }

    /// A truth value without an origin.
    pub fn bool(value: bool) -> Self {
        Value::new(Data::Bool(value), Origin::NONE)
    }

    /// A list from members that are all there.
    pub fn list(members: impl IntoIterator<Item = Value>) -> Self {
        let members = members.into_iter().map(|value| Member { guard: Guard::TRUE, value }).collect();
        Value::new(Data::List(Arc::new(List { kind: ListKind::Tuple, members, rest: None })), Origin::NONE)
    }

    /// An object from entries that are all there.
    pub fn object(entries: impl IntoIterator<Item = (Str, Value)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, value)| Entry { key, key_origin: value.origin, guard: Guard::TRUE, value })
            .collect();
        Value::new(Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: None })), Origin::NONE)
    }

    /// The same with another origin.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Absent or null: nothing is set.
    pub fn is_unset(&self) -> bool {
        matches!(self.data, Data::Absent | Data::Null)
    }

    /// The string, if it is known whole.
    pub fn as_str(&self) -> Option<&Str> {
        match &self.data {
            Data::String(s) => Some(s),
            _ => None,
        }
    }

    /// The truth value, if it is known (no conversion from strings).
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The sequence, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        match &self.data {
            Data::List(list) => Some(list),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl Map {
    /// The first entry with that key (there may be others under other guards).
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }

    /// All entries with that key.
    pub fn all<'m>(&'m self, key: &'m str) -> impl Iterator<Item = &'m Entry> {
        self.entries.iter().filter(move |e| e.key == key)
    }

    /// What stands under a key where none of its entries holds (`AWS::NoValue` or `null` in a branch): nothing, and that
    /// is written where the key is.
    pub fn left_out(&self, key: &str) -> Value {
        let origin = self.all(key).next().map_or(Origin::NONE, |entry| entry.key_origin);
        Value::absent().with_origin(origin)
    }
}
