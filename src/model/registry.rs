//! The CloudFormation registry's resource types, read one at a time from `data/registry.bin`, together with the types
//! and properties that Masugata adds: see `grammars/terraform/README.md`.

use std::sync::{Arc, LazyLock, OnceLock};

use crate::Str;

use crate::terraform::pack::Pack;
pub(super) use crate::terraform::schema::steps;

use super::{table, terraform_schema};

static BYTES: &[u8] = include_bytes!("../../data/registry.bin");
static PACK: LazyLock<Option<Pack>> = LazyLock::new(|| Pack::new(BYTES));
static CACHE: LazyLock<Vec<OnceLock<Option<Arc<Type>>>>> =
    LazyLock::new(|| std::iter::repeat_with(OnceLock::new).take(PACK.map_or(0, |p| p.len())).collect());

/// Index of a shape in its [`Type`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

/// What a property holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// An object with these properties, sorted by name.
    Object(Vec<Field>),
    /// A map from any key to one shape.
    Map(ShapeId),
    /// A list.
    List {
        /// Its elements.
        items: ShapeId,
        /// Whether their order does not matter.
        unordered: bool,
    },
    /// A string; the values that it may have, if they are listed.
    String(Vec<Str>),
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Anything, such as a policy document.
    Json,
}

impl Shape {
    /// The same in a type that has so many shapes before it.
    pub(super) fn moved(&self, offset: u32) -> Shape {
        let to = |id: ShapeId| ShapeId(id.0 + offset);
        match self {
            Shape::Object(fields) => {
                Shape::Object(fields.iter().map(|f| Field { shape: to(f.shape), ..f.clone() }).collect())
            }
            Shape::Map(items) => Shape::Map(to(*items)),
            Shape::List { items, unordered } => Shape::List { items: to(*items), unordered: *unordered },
            other => other.clone(),
        }
    }
}

/// A property of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: Str,
    /// What it holds.
    pub shape: ShapeId,
    /// Whether it must be set.
    pub required: bool,
    /// The default that the registry documents, as JSON text.
    pub default: Option<Str>,
}

/// A registry type.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// Its name: `AWS::S3::Bucket`.
    pub name: Str,
    /// All shapes; the first is the type's own object.
    pub shapes: Vec<Shape>,
    /// Paths that can't be changed without replacing the resource.
    pub create_only: Vec<Str>,
    /// Paths that only the service sets: what `Fn::GetAtt` gives.
    pub read_only: Vec<Str>,
    /// Paths that can be set and never be read.
    pub write_only: Vec<Str>,
    /// The paths that together identify a resource.
    pub primary_identifier: Vec<Str>,
    /// Paths whose change replaces the resource under some conditions.
    pub conditional_create_only: Vec<Str>,
}

/// What a path of a type leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Property<'t> {
    /// The type.
    pub of: &'t Type,
    /// The field that the path's last name names; none for the type itself and for an element (`A[]`).
    pub field: Option<&'t Field>,
    /// What stands there.
    pub shape: &'t Shape,
    /// Its handle.
    pub id: ShapeId,
}

/// Why a path does not exist, and what is there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchProperty {
    /// The path as far as it exists.
    pub parent: Str,
    /// The step that does not exist.
    pub step: Str,
    /// The names that exist there.
    pub names: Vec<Str>,
}

impl NoSuchProperty {
    /// The existing name that is most like the step, if any is.
    pub fn suggestion(&self) -> Option<&Str> {
        closest(&self.step, &self.names)
    }
}

/// The candidate most like a name, if one is like it at all (Damerau–Levenshtein, case ignored).
pub fn closest<'n>(name: &str, candidates: &'n [Str]) -> Option<&'n Str> {
    let lower = name.to_lowercase();
    let limit = (name.len() / 3).max(1);
    candidates
        .iter()
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|(distance, _)| *distance <= limit)
        .min_by(|a, b| a.cmp(b))
        .map(|(_, c)| c)
}

impl Type {
    /// A shape. Ids come from this type.
    pub fn shape(&self, id: ShapeId) -> Option<&Shape> {
        self.shapes.get(id.0 as usize)
    }

    /// The type's own properties.
    pub fn fields(&self) -> &[Field] {
        match self.shapes.first() {
            Some(Shape::Object(fields)) => fields,
            _ => &[],
        }
    }

    /// A property of an object shape.
    pub fn field(&self, object: ShapeId, name: &str) -> Option<&Field> {
        match self.shape(object)? {
            Shape::Object(fields) => {
                fields.binary_search_by(|f| f.name.as_str().cmp(name)).ok().and_then(|i| fields.get(i))
            }
            _ => None,
        }
    }

    /// What a path leads to: `BucketEncryption.ServerSideEncryptionConfiguration[].BucketKeyEnabled`. An index may be
    /// given (`[0]`) or not (`[]`). Below JSON every path leads to JSON.
    ///
    /// # Errors
    /// A step that does not exist, with the names that do.
    pub fn lookup(&self, path: &str) -> Result<Property<'_>, NoSuchProperty> {
        self.lookup_from(ShapeId(0), path)
    }

    /// [`Type::lookup`] from a shape inside of the type.
    ///
    /// # Errors
    /// A step that does not exist, with the names that do.
    pub fn lookup_from(&self, from: ShapeId, path: &str) -> Result<Property<'_>, NoSuchProperty> {
        let mut id = from;
        let mut field = None;
        let mut parent = 0;
        for (at, step) in steps(path) {
            let fail = |names: Vec<Str>| NoSuchProperty {
                parent: path.get(..parent).unwrap_or("").trim_end_matches('.').into(),
                step: step.into(),
                names,
            };
            match (self.shape(id), step.starts_with('[')) {
                (Some(Shape::Json), _) => field = None,
                (Some(Shape::List { items, .. } | Shape::Map(items)), true) => (id, field) = (*items, None),
                (Some(Shape::Map(items)), false) => (id, field) = (*items, None),
                (Some(Shape::Object(fields)), false) => {
                    let Some(found) = self.field(id, step) else {
                        return Err(fail(fields.iter().map(|f| f.name.clone()).collect()));
                    };
                    (id, field) = (found.shape, Some(found));
                }
                _ => return Err(fail(Vec::new())),
            }
            parent = at + step.len();
        }
        let shape = self.shape(id).unwrap_or(&Shape::Json);
        Ok(Property { of: self, field, shape, id })
    }

    /// [`Type::lookup`] without the reason.
    pub fn property(&self, path: &str) -> Option<Property<'_>> {
        self.lookup(path).ok()
    }

    /// Whether changing the property at a path replaces the resource: the path itself or one above it is create-only.
    pub fn is_create_only(&self, path: &str) -> bool {
        covers(&self.create_only, path)
    }

    /// Whether the property at a path is set by the service only.
    pub fn is_read_only(&self, path: &str) -> bool {
        covers(&self.read_only, path)
    }
}

/// Whether one of the paths is `path` or leads to it; indices in `path` don't matter.
fn covers(paths: &[Str], path: &str) -> bool {
    paths.iter().any(|p| {
        let mut want = steps(path).map(|(_, s)| if s.starts_with('[') { "[]" } else { s });
        steps(p).all(|(_, s)| want.next() == Some(s))
    })
}

/// The type of that name: one of the registry's, or one of Masugata's own (`Masugata::…`).
pub fn get(type_name: &str) -> Option<Arc<Type>> {
    if type_name.starts_with(table::OWN_PREFIX) {
        return table::own_type(type_name);
    }
    let pack = (*PACK)?;
    let index = pack.find(type_name)?;
    CACHE
        .get(index)?
        .get_or_init(|| {
            let mut read = parse(type_name, &pack.text(index)?)?;
            table::extend(&mut read);
            Some(Arc::new(read))
        })
        .clone()
}

/// The names of all types: the registry's and then Masugata's own, each sorted.
pub fn names() -> impl Iterator<Item = Str> {
    let count = PACK.map_or(0, |p| p.len());
    let registry = (0..count).filter_map(|i| (*PACK)?.name(i)).map(Str::from);
    registry.chain(table::own_types())
}

/// Whether there is such a type; cheaper than [`get`].
pub fn contains(type_name: &str) -> bool {
    if type_name.starts_with(table::OWN_PREFIX) {
        return table::own_type(type_name).is_some();
    }
    PACK.is_some_and(|p| p.find(type_name).is_some())
}

/// Reads a record; the format is described in `data/registry.py`.
fn parse(name: &str, text: &str) -> Option<Type> {
    let objects = text.lines().filter(|l| l.starts_with('o')).count();
    let mut out = Builder { shapes: vec![Shape::Json; objects] };
    let mut paths: [Vec<Str>; 5] = Default::default();
    for (number, line) in text.lines().enumerate() {
        let mut fields = line.split('\t');
        let slot = match fields.next()? {
            "o" => {
                let mut object = Vec::new();
                while let (Some(name), Some(shape)) = (fields.next(), fields.next()) {
                    let (shape, default) = match shape.split_once('=') {
                        Some((shape, default)) => (shape, Some(default.into())),
                        None => (shape, None),
                    };
                    let required = name.ends_with('!');
                    let name = name.trim_end_matches('!').into();
                    object.push(Field { name, shape: out.shape(shape), required, default });
                }
                object.sort_by(|a, b| a.name.cmp(&b.name));
                *out.shapes.get_mut(number)? = Shape::Object(object);
                continue;
            }
            "c" => 0,
            "r" => 1,
            "w" => 2,
            "p" => 3,
            _ => 4,
        };
        paths.get_mut(slot)?.extend(fields.map(Str::from));
    }
    let [create_only, read_only, write_only, primary_identifier, conditional_create_only] = paths;
    let shapes = out.shapes;
    Some(Type {
        name: name.into(),
        shapes,
        create_only,
        read_only,
        write_only,
        primary_identifier,
        conditional_create_only,
    })
}

/// Collects shapes.
struct Builder {
    shapes: Vec<Shape>,
}

impl Builder {
    fn push(&mut self, shape: Shape) -> ShapeId {
        self.shapes.push(shape);
        ShapeId((self.shapes.len() - 1) as u32)
    }

    /// Reads a shape's text. It is at most as deep as the generator nests lists, some three levels.
    fn shape(&mut self, text: &str) -> ShapeId {
        let rest = text.get(1..).unwrap_or("");
        let shape = match text.as_bytes().first() {
            Some(b'@') => return ShapeId(rest.parse().unwrap_or(0)),
            Some(b'[') => Shape::List { items: self.shape(rest), unordered: false },
            Some(b'<') => Shape::List { items: self.shape(rest), unordered: true },
            Some(b'{') => Shape::Map(self.shape(rest)),
            Some(b's') => Shape::String(Vec::new()),
            Some(b'e') => Shape::String(rest.split('|').map(Str::from).collect()),
            Some(b'i') => Shape::Integer,
            Some(b'n') => Shape::Number,
            Some(b'b') => Shape::Boolean,
            _ => Shape::Json,
        };
        self.push(shape)
    }
}

/// A type in the registry's form from a Terraform resource: every argument and attribute under its name in PascalCase.
/// What only the provider sets is read-only; a block that can be there once is an object.
pub(super) fn from_terraform(name: &str, schema: &terraform_schema::Resource) -> Type {
    let mut out = Builder { shapes: vec![Shape::Json] };
    let fields = convert(&mut out, schema, terraform_schema::ObjectId(0), 0);
    let read_only = schema
        .attributes()
        .iter()
        .filter(|a| a.computed && !a.optional && !a.required)
        .map(|a| pascal(&a.name))
        .collect();
    if let Some(root) = out.shapes.first_mut() {
        *root = Shape::Object(fields);
    }
    Type {
        name: name.into(),
        shapes: out.shapes,
        create_only: Vec::new(),
        read_only,
        write_only: Vec::new(),
        primary_identifier: vec!["Id".into()],
        conditional_create_only: Vec::new(),
    }
}

/// How deep own types follow blocks in blocks; no AWS resource nests deeper except the recursive WAF statements.
const MAX_NESTING: u32 = 16;

fn convert(
    out: &mut Builder,
    schema: &terraform_schema::Resource,
    id: terraform_schema::ObjectId,
    depth: u32,
) -> Vec<Field> {
    use terraform_schema::Kind;
    fn kind(
        out: &mut Builder,
        schema: &terraform_schema::Resource,
        of: &Kind,
        one: bool,
        depth: u32,
    ) -> ShapeId {
        let shape = match of {
            Kind::String => Shape::String(Vec::new()),
            Kind::Number => Shape::Number,
            Kind::Bool => Shape::Boolean,
            Kind::Dynamic => Shape::Json,
            Kind::List(inner) | Kind::Set(inner) if one => return kind(out, schema, inner, false, depth),
            Kind::List(inner) => {
                Shape::List { items: kind(out, schema, inner, false, depth), unordered: false }
            }
            Kind::Set(inner) => {
                Shape::List { items: kind(out, schema, inner, false, depth), unordered: true }
            }
            Kind::Map(inner) => Shape::Map(kind(out, schema, inner, false, depth)),
            Kind::Object(_) if depth > MAX_NESTING => Shape::Json,
            Kind::Object(id) => Shape::Object(convert(out, schema, *id, depth + 1)),
        };
        out.push(shape)
    }
    let mut fields: Vec<Field> = schema
        .object(id)
        .iter()
        .map(|a| Field {
            name: pascal(&a.name),
            shape: kind(out, schema, &a.kind, a.max_one, depth),
            required: a.required,
            default: None,
        })
        .collect();
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    fields
}

/// `server_side_encryption` as `ServerSideEncryption`.
pub fn pascal(snake: &str) -> Str {
    let mut out = Str::new();
    for word in snake.split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            out.push(first.to_ascii_uppercase());
            out.push_str(letters.as_str());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_type() {
        let bucket = get("AWS::S3::Bucket").unwrap();
        let acl = bucket.property("AccessControl").unwrap();
        let Shape::String(values) = acl.shape else { panic!("{acl:?}") };
        assert!(values.iter().any(|v| v == "PublicReadWrite"));
        let path =
            "BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.SSEAlgorithm";
        assert!(bucket.property(path).unwrap().field.unwrap().required);
        assert!(bucket.is_create_only("BucketName"));
        assert!(bucket.is_read_only("Arn"));
        assert!(!bucket.is_create_only("AccessControl"));
        let wrong = bucket.lookup("BucketEncryption.ServerSideEncryptionConfigurations[]").unwrap_err();
        assert_eq!(wrong.suggestion().unwrap(), "ServerSideEncryptionConfiguration");
        assert_eq!(wrong.parent, "BucketEncryption");
        assert!(get("AWS::S3::Bocket").is_none());
    }

    #[test]
    fn every_type_can_be_read() {
        let mut count = 0;
        for name in names() {
            let read = get(&name).unwrap_or_else(|| panic!("{name}"));
            assert!(!read.fields().is_empty(), "{name} has no properties");
            for shape in &read.shapes {
                let ids: Vec<ShapeId> = match shape {
                    Shape::Object(fields) => fields.iter().map(|f| f.shape).collect(),
                    Shape::List { items, .. } | Shape::Map(items) => vec![*items],
                    _ => Vec::new(),
                };
                assert!(ids.iter().all(|id| read.shape(*id).is_some()), "{name}");
            }
            count += 1;
        }
        assert!(count > 1_800, "{count}");
    }

    #[test]
    fn defaults_are_known() {
        let key = get("AWS::KMS::Key").unwrap();
        assert_eq!(
            key.property("KeySpec").unwrap().field.unwrap().default.as_deref(),
            Some("\"SYMMETRIC_DEFAULT\"")
        );
    }

    #[test]
    fn names_become_pascal_case() {
        assert_eq!(pascal("server_side_encryption"), "ServerSideEncryption");
        assert_eq!(steps("A.B[].C[0]").map(|(_, s)| s).collect::<Vec<_>>(), ["A", "B", "[]", "C", "[0]"]);
    }
}
