//! The Terraform AWS provider's schema (versions 4 to 6 joined), read one type at a time from `data/terraform.bin`.

use std::sync::{Arc, LazyLock, OnceLock};

use crate::Str;

use super::pack::Pack;

static BYTES: &[u8] = include_bytes!("../../data/terraform.bin");
static PACK: LazyLock<Option<Pack>> = LazyLock::new(|| Pack::new(BYTES));
static CACHE: LazyLock<Vec<OnceLock<Option<Arc<Resource>>>>> =
    LazyLock::new(|| std::iter::repeat_with(OnceLock::new).take(PACK.map_or(0, |p| p.len())).collect());

/// Index of an object (the resource itself, a block, an object type) in its [`Resource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub u32);

/// The type of an attribute, or the nesting of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `string`.
    String,
    /// `number`.
    Number,
    /// `bool`.
    Bool,
    /// Anything.
    Dynamic,
    /// `list(T)`; blocks in order.
    List(Box<Kind>),
    /// `set(T)`; blocks without an order.
    Set(Box<Kind>),
    /// `map(T)`.
    Map(Box<Kind>),
    /// An object.
    Object(ObjectId),
}

impl Kind {
    /// The object that this is, or that a collection of it holds.
    pub fn object(&self) -> Option<ObjectId> {
        match self {
            Kind::Object(id) => Some(*id),
            Kind::List(inner) | Kind::Set(inner) | Kind::Map(inner) => inner.object(),
            _ => None,
        }
    }
}

/// The provider's major versions that have something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The first of those that are known, 4 to 6.
    pub first: u8,
    /// The last.
    pub last: u8,
}

impl Versions {
    const ALL: Versions = Versions { first: 4, last: 6 };

    fn of(digits: &str) -> Versions {
        let mut numbers = digits.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0');
        let Some(first) = numbers.next() else { return Versions::ALL };
        Versions { first, last: numbers.next_back().unwrap_or(first) }
    }
}

/// An argument, attribute or nested block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Str,
    /// Its type; a block is a list, set or map of an object, or an object.
    pub kind: Kind,
    /// Must be set.
    pub required: bool,
    /// May be set.
    pub optional: bool,
    /// The provider sets it when nobody else does.
    pub computed: bool,
    /// A nested block.
    pub block: bool,
    /// A block that can be there once at most.
    pub max_one: bool,
    /// Which versions of the provider have it.
    pub versions: Versions,
}

/// A resource or data source of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `aws_s3_bucket`; a data source's with `data.` before it.
    pub name: Str,
    /// Which versions of the provider have it.
    pub versions: Versions,
    objects: Vec<Vec<Attribute>>,
}

impl Resource {
    /// The resource's own arguments, attributes and blocks, sorted by name.
    pub fn attributes(&self) -> &[Attribute] {
        self.object(ObjectId(0))
    }

    /// The attributes of an object. Ids come from this resource.
    pub fn object(&self, id: ObjectId) -> &[Attribute] {
        self.objects.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// An attribute of an object.
    pub fn attribute(&self, id: ObjectId, name: &str) -> Option<&Attribute> {
        let object = self.object(id);
        object.binary_search_by(|a| a.name.as_str().cmp(name)).ok().and_then(|i| object.get(i))
    }

    /// What a path of names leads to: `versioning_configuration.status`, with or without `[]` behind collections.
    pub fn property(&self, path: &str) -> Option<&Attribute> {
        let mut id = ObjectId(0);
        let mut found = None;
        for (_, step) in steps(path).filter(|(_, s)| !s.starts_with('[')) {
            if let Some(above) = found {
                let above: &Attribute = above;
                id = above.kind.object()?;
            }
            found = Some(self.attribute(id, step)?);
        }
        found
    }
}

/// The steps of a path with their offsets: names and `[…]`.
pub(crate) fn steps(path: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if path.as_bytes().get(at) == Some(&b'.') {
            at += 1;
        }
        let rest = path.get(at..)?;
        let length = if rest.starts_with('[') {
            rest.find(']').map_or(rest.len(), |i| i + 1)
        } else {
            rest.find(['.', '[']).unwrap_or(rest.len())
        };
        let step = rest.get(..length).filter(|s| !s.is_empty())?;
        let start = at;
        at += length;
        Some((start, step))
    })
}

/// A resource's schema by type name; a data source's by `data.` and its type.
pub fn get(type_name: &str) -> Option<Arc<Resource>> {
    let pack = (*PACK)?;
    let index = pack.find(type_name)?;
    CACHE.get(index)?.get_or_init(|| parse(type_name, &pack.text(index)?).map(Arc::new)).clone()
}

/// All names, data sources with `data.` before them, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    let count = PACK.map_or(0, |p| p.len());
    (0..count).filter_map(|i| (*PACK)?.name(i))
}

/// Reads a record; the format is described in `data/terraform_schema.py`.
fn parse(name: &str, text: &str) -> Option<Resource> {
    let mut objects = Vec::new();
    let mut versions = Versions::ALL;
    for line in text.split('\n') {
        if let Some(digits) = line.strip_prefix(':') {
            versions = Versions::of(digits);
            continue;
        }
        let mut object = Vec::new();
        let mut fields = line.split('\t');
        while let (Some(name), Some(flags), Some(kind)) = (fields.next(), fields.next(), fields.next()) {
            object.push(Attribute {
                name: name.into(),
                kind: kind_of(kind)?,
                required: flags.contains('r'),
                optional: flags.contains('o'),
                computed: flags.contains('c'),
                block: flags.contains('+'),
                max_one: flags.contains('1'),
                versions: Versions::of(flags.trim_start_matches(|c: char| !('4'..='6').contains(&c))),
            });
        }
        objects.push(object);
    }
    Some(Resource { name: name.into(), versions, objects })
}

/// Reads a type's text; it is at most as deep as the provider nests collections, some three levels.
fn kind_of(text: &str) -> Option<Kind> {
    let rest = text.get(1..)?;
    Some(match text.as_bytes().first()? {
        b's' => Kind::String,
        b'n' => Kind::Number,
        b'b' => Kind::Bool,
        b'[' => Kind::List(Box::new(kind_of(rest)?)),
        b'<' => Kind::Set(Box::new(kind_of(rest)?)),
        b'{' => Kind::Map(Box::new(kind_of(rest)?)),
        b'@' => Kind::Object(ObjectId(rest.parse().ok()?)),
        _ => Kind::Dynamic,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_resource() {
        let bucket = get("aws_s3_bucket").unwrap();
        let versioning = bucket.property("versioning").unwrap();
        assert!(versioning.block && versioning.max_one);
        assert_eq!(bucket.property("versioning[].enabled").unwrap().kind, Kind::Bool);
        assert!(bucket.property("arn").unwrap().computed);
        assert_eq!(bucket.property("bucket_region").unwrap().versions, Versions { first: 6, last: 6 });
        assert!(bucket.property("versioning.enable").is_none());
        assert!(get("aws_s3_bocket").is_none());
        assert!(get("data.aws_iam_policy_document").unwrap().property("statement.effect").is_some());
    }

    #[test]
    fn every_resource_can_be_read() {
        assert!(names().count() > 2_000);
        for name in names() {
            let read = get(name).unwrap_or_else(|| panic!("{name}"));
            assert!(!read.attributes().is_empty(), "{name}");
        }
    }
}
