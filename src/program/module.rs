//! Modules and what they declare.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::Str;
use crate::source::{Diagnostic, Span};
use crate::syntax::Language;

use super::construct::Constructs;
use super::expr::{Expr, Literal};

/// A whole root: the root module and all modules it calls, directly or not.
#[derive(Debug)]
pub struct Program {
    /// The modules; one per called directory or template file, however often it is called.
    pub modules: Vec<Arc<Module>>,
    /// The root module.
    pub root: ModuleId,
    /// What was wrong while reading.
    pub diagnostics: Vec<Diagnostic>,
    /// For templates that a CDK app made: the constructs behind the resources.
    pub constructs: Constructs,
    /// Of a stack of a CDK app: the pseudo parameters and parameters that the app itself fixes.
    pub environment: IndexMap<Str, Expr>,
    /// Of a plan: the configuration that it was made of, if that is there.
    pub configuration: Option<Box<Program>>,
}

impl Program {
    /// The modules that are part of this root: the root module and what it calls, not the stacks that it imports from.
    pub fn own_modules(&self) -> impl Iterator<Item = &Arc<Module>> {
        let mut own = vec![false; self.modules.len()];
        let mut todo = vec![self.root];
        while let Some(id) = todo.pop() {
            match own.get_mut(id.0 as usize) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let calls = self.module(id).map(|m| m.calls.values());
            todo.extend(calls.into_iter().flatten().filter_map(|call| match call.source {
                CallSource::Loaded(id) => Some(id),
                _ => None,
            }));
        }
        self.modules.iter().zip(own).filter_map(|(module, own)| own.then_some(module))
    }

    /// A module. Ids come from this program.
    pub fn module(&self, id: ModuleId) -> Option<&Arc<Module>> {
        self.modules.get(id.0 as usize)
    }
}

/// Index of a module in its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// Which semantics a module's expressions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Terraform and OpenTofu.
    Terraform,
    /// CloudFormation (also inside a CDK assembly).
    CloudFormation,
    /// Policy pages: Kleene logic, paths through absent things are absent.
    Policy,
}

/// One Terraform module (all files of a directory) or one CloudFormation template.
#[derive(Clone, Debug)]
pub struct Module {
    /// Whose semantics.
    pub dialect: Dialect,
    /// The directory (Terraform) or the template's file.
    pub path: PathBuf,
    /// The syntax its main file is in.
    pub language: Language,
    /// `variable` blocks, template parameters.
    pub inputs: IndexMap<Str, Input>,
    /// `locals`; CloudFormation conditions and mappings as `Conditions/NAME` and `Mappings/NAME`.
    pub locals: IndexMap<Str, Local>,
    /// Resources and data sources in order of appearance.
    pub resources: Vec<Resource>,
    /// `module` blocks, nested stacks.
    pub calls: IndexMap<Str, Call>,
    /// Outputs.
    pub outputs: IndexMap<Str, Output>,
    /// `provider` blocks.
    pub providers: Vec<ProviderConfig>,
    /// What holds whenever this is deployed at all: CloudFormation's `Rules`, as far as they can be told.
    pub rules: Vec<Expr>,
    /// Whether a macro may change anything of what is written here.
    pub open: bool,
    /// Whether a known transform has made some of the resources.
    pub made: bool,
    /// Version constraints of `required_providers`, by local name: `aws` → `~> 5.0`.
    pub required_providers: IndexMap<Str, Str>,
}

impl Module {
    /// A module that says nothing yet.
    pub fn new(dialect: Dialect, language: Language, path: impl Into<PathBuf>) -> Self {
        Module {
            dialect,
            path: path.into(),
            language,
            inputs: IndexMap::new(),
            locals: IndexMap::new(),
            resources: Vec::new(),
            calls: IndexMap::new(),
            outputs: IndexMap::new(),
            providers: Vec::new(),
            rules: Vec::new(),
            open: false,
            made: false,
            required_providers: IndexMap::new(),
        }
    }
}

/// A variable or parameter.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: Str,
    /// The name's place.
    pub name_span: Span,
    /// The whole declaration.
    pub span: Span,
    /// Its type constraint.
    pub type_expr: Option<TypeExpr>,
    /// Its default.
    pub default: Option<Expr>,
    /// Whether the default is used when nobody supplies a value. False for a CloudFormation parameter that feeds a
    /// condition: its default only ranks what is reported first.
    pub fold_default: bool,
    /// What it can be at all.
    pub domain: Domain,
    /// `sensitive = true`, `NoEcho: true`.
    pub sensitive: bool,
    /// `ephemeral = true`.
    pub ephemeral: bool,
    /// `nullable` (true unless said otherwise).
    pub nullable: bool,
    /// Validation rules.
    pub validations: Vec<Validation>,
    /// The properties as the source has them (`Description`, `MinLength`, …), for policies about inputs.
    pub body: Body,
}

impl Input {
    /// An input that says nothing of what it can be.
    pub fn new(name: Str, name_span: Span, span: Span) -> Self {
        Input {
            name,
            name_span,
            span,
            type_expr: None,
            default: None,
            fold_default: true,
            domain: Domain::Open,
            sensitive: false,
            ephemeral: false,
            nullable: true,
            validations: Vec::new(),
            body: Body::default(),
        }
    }
}

/// The values that an input can have.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Domain {
    /// Anything of its type.
    #[default]
    Open,
    /// One of these: `AllowedValues`, a `bool` type, or a validation `contains([…], var.x)`.
    OneOf(Vec<Literal>),
}

/// A validation rule of a variable.
#[derive(Clone, Debug)]
pub struct Validation {
    /// Must be true.
    pub condition: Expr,
    /// What to say else.
    pub error_message: Option<Expr>,
    /// The block.
    pub span: Span,
}

/// A type constraint, as Terraform has them; CloudFormation's parameter types are mapped to them.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExpr {
    /// `any`.
    Any,
    /// `string`.
    String,
    /// `number`.
    Number,
    /// `bool`.
    Bool,
    /// `list(T)`.
    List(Box<TypeExpr>),
    /// `set(T)`.
    Set(Box<TypeExpr>),
    /// `map(T)`.
    Map(Box<TypeExpr>),
    /// `tuple([T, …])`.
    Tuple(Vec<TypeExpr>),
    /// `object({ name = T, name = optional(T, default) })`.
    Object(Vec<ObjectField>),
}

/// A field of an object type.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectField {
    /// Its name.
    pub name: Str,
    /// Its type.
    pub type_expr: TypeExpr,
    /// `optional(…)`.
    pub optional: bool,
    /// The default of `optional(T, default)`.
    pub default: Option<Expr>,
}

/// A local value.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name.
    pub name: Str,
    /// The name's place.
    pub name_span: Span,
    /// Its value.
    pub value: Expr,
}

/// Managed resource or data source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// `resource`.
    Managed,
    /// `data`.
    Data,
}

/// How often a block exists.
#[derive(Clone, Debug, PartialEq)]
pub enum Repeat {
    /// Once.
    One,
    /// `count = …`.
    Count(Expr),
    /// `for_each = …`.
    ForEach(Expr),
    /// CloudFormation's `Condition: NAME` (an expression over `Conditions/NAME`).
    Condition(Expr),
    /// A plan's instance: the key is known.
    Key(Literal),
}

/// A resource or data source as written.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Managed or data.
    pub mode: Mode,
    /// `aws_s3_bucket`, `AWS::S3::Bucket`.
    pub type_name: Str,
    /// The name or logical id.
    pub name: Str,
    /// The name's place.
    pub name_span: Span,
    /// The whole block, or the logical id's pair.
    pub span: Span,
    /// What to point at when the whole resource is meant: `resource "t" "n"`, the logical id's key.
    pub header: Span,
    /// Arguments and nested blocks, without the meta-arguments. CloudFormation: the members of `Properties`.
    pub body: Body,
    /// How often.
    pub repeat: Repeat,
    /// The provider configuration: `aws.eu`.
    pub provider: Option<Str>,
    /// `depends_on`, `DependsOn`.
    pub depends_on: Vec<Expr>,
    /// What else stands beside the properties: CloudFormation's `DeletionPolicy`, `UpdateReplacePolicy`, `Metadata`,
    /// …; Terraform's `lifecycle` as a block.
    pub meta: Body,
}

/// Arguments and nested blocks.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// `name = value`.
    pub attributes: Vec<Attribute>,
    /// Nested blocks, `dynamic` ones too.
    pub blocks: Vec<Block>,
    /// The inside of the braces, the mapping; none when nothing was written.
    pub span: Option<Span>,
}

/// One argument.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Str,
    /// The name's place.
    pub name_span: Span,
    /// Its value.
    pub value: Expr,
    /// Name and value.
    pub span: Span,
}

/// One nested block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its type: `ingress`. Of `dynamic "ingress"`, `ingress`.
    pub name: Str,
    /// Labels, if any.
    pub labels: Vec<Str>,
    /// The header's place.
    pub header: Span,
    /// The whole block.
    pub span: Span,
    /// Its content (of a `dynamic` block, that of `content`).
    pub body: Body,
    /// Set for a `dynamic` block.
    pub dynamic: Option<Dynamic>,
}

/// What makes a block dynamic.
#[derive(Clone, Debug)]
pub struct Dynamic {
    /// What is iterated.
    pub for_each: Expr,
    /// The name of the iterator (by default the block's type).
    pub iterator: Str,
    /// `labels`, if any.
    pub labels: Option<Expr>,
}

/// A module call or nested stack.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name or logical id.
    pub name: Str,
    /// The name's place.
    pub name_span: Span,
    /// The whole block.
    pub span: Span,
    /// What to point at.
    pub header: Span,
    /// Where the module comes from.
    pub source: CallSource,
    /// The arguments.
    pub arguments: Vec<Attribute>,
    /// How often.
    pub repeat: Repeat,
    /// `providers = { aws = aws.eu }`: name inside to name outside.
    pub providers: Vec<(Str, Str)>,
    /// `depends_on`.
    pub depends_on: Vec<Expr>,
}

/// Where a called module is.
#[derive(Clone, Debug, PartialEq)]
pub enum CallSource {
    /// It was read.
    Loaded(ModuleId),
    /// It was read, and is a stack of its own: another template of the directory, of which outputs are imported.
    Imported(ModuleId),
    /// It is not there; outputs are unknown. The reader has reported it.
    Missing {
        /// The source address as written.
        address: Str,
        /// Where it is written.
        span: Span,
    },
}

/// An output.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name.
    pub name: Str,
    /// The name's place.
    pub name_span: Span,
    /// Its value.
    pub value: Expr,
    /// `sensitive = true`.
    pub sensitive: bool,
    /// `Export: Name`.
    pub export: Option<Expr>,
    /// CloudFormation's `Condition`.
    pub condition: Option<Expr>,
    /// What must hold: Terraform's `precondition` blocks.
    pub preconditions: Vec<Validation>,
    /// The whole declaration.
    pub span: Span,
}

/// A `provider` block.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// `aws`.
    pub name: Str,
    /// `alias`.
    pub alias: Option<Str>,
    /// Its arguments, `default_tags` as a block.
    pub body: Body,
    /// The whole block.
    pub span: Span,
}
