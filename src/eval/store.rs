//! The tables of one evaluation: guards, origins, marks, unknowns, instances. Shared by all later stages of the root
//! and safe to use from several threads; handles are small and compare by identity.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use parking_lot::{Mutex, RwLock};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::Str;
use crate::program::TypeExpr;
use crate::source::{Sources, Span};

use super::describe;
use super::guard::{Guard, GuardTable, Truth, Valuation};
use super::instance::{InstanceId, InstanceInfo};
use super::value::Value;

/// Handle of an origin; follow it with [`Store::origin_step`] or [`Store::spans`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(pub(super) u32);

impl Origin {
    /// No known place.
    pub const NONE: Origin = Origin(0);

    /// Whether no place is known.
    pub fn is_none(self) -> bool {
        self == Origin::NONE
    }
}

/// One step of the chain that a value took, innermost literal last: the step says where the value stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OriginStep {
    /// Where the value is written or passed on.
    pub span: Span,
    /// How it got here.
    pub via: Via,
    /// The step before: nearer to the literal. `Origin::NONE` at the literal itself.
    pub from: Origin,
}

/// How a value crossed a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// It is written here: a literal, a constructor, a block.
    Literal,
    /// It is computed here from others (the span is the expression's).
    Computed,
    /// The default of a variable or parameter (span: the default's expression).
    InputDefault,
    /// A tfvars or parameters file, `--var`.
    Supplied,
    /// An argument of a module call or nested stack (span: the argument).
    Argument,
    /// A local, condition or mapping (span: the reference to it).
    Local,
    /// A variable or parameter (span: the reference to it).
    Input,
    /// An output of a module (span: the reference to it).
    Output,
    /// An attribute of a resource (span: the reference to it).
    Attribute,
    /// A documented default of the provider or the registry: not written. The span is where it would be.
    Default,
    /// Contributed by a companion resource (span: the companion's header).
    Companion,
}

/// Handle of a set of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marks(pub(super) u32);

impl Marks {
    /// None.
    pub const NONE: Marks = Marks(0);

    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self == Marks::NONE
    }
}

/// That a value was made from something of a resource instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The instance.
    pub instance: InstanceId,
    /// The attribute as its language names it (`arn`, `Ref`, `Endpoint.Address`); empty for the whole object.
    pub attribute: Str,
}

/// The content of a set of marks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct MarkSet {
    pub(super) sensitive: bool,
    pub(super) ephemeral: bool,
    /// Sorted, without duplicates.
    pub(super) references: Vec<Reference>,
}

/// Handle of an unknown: equal handles are the same unknown value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownId(pub(super) u32);

impl UnknownId {
    /// The number behind the handle, for tables of one's own.
    pub fn index(self) -> u32 {
        self.0
    }
}

/// What an unknown is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnknownKind {
    /// An input that nobody supplied. The name with its module path: `var.env`, `module.a.var.env`, `Env`.
    Input(Str),
    /// An attribute of a resource or data source that only the provider knows.
    Attribute(Reference),
    /// `AWS::Region`, `terraform.workspace`, `path.cwd` and the like, by name and scope.
    Named(Str),
    /// The result of an expression over unknowns: interned by its canonical text, so that the same expression over the
    /// same unknowns is the same unknown.
    Derived {
        /// Canonical text.
        text: Str,
        /// What it depends on.
        on: Vec<UnknownId>,
    },
    /// A part of another unknown: `.name` or `[0]`.
    Part {
        /// The whole.
        of: UnknownId,
        /// The step.
        step: Str,
    },
    /// Could not be found out, and why: damaged source, a missing module, a budget.
    Reason {
        /// Where.
        span: Option<Span>,
        /// Why.
        reason: Str,
    },
    /// Evaluating fails here (an index out of range, a conversion that does not work), so under the conditions that
    /// lead here there is no value at all; `try` and `can` look for these.
    Failed {
        /// Where.
        span: Span,
        /// Why.
        reason: Str,
    },
}

/// How an unknown that is a name without a declaration says so.
const UNDECLARED: &str = " is not declared";

/// An unknown with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownInfo {
    /// What it is.
    pub kind: UnknownKind,
    /// Whether it is known not to be null.
    pub not_null: bool,
    /// Its type, as far as that is known.
    pub type_expr: TypeExpr,
}

#[derive(Clone, Debug)]
struct UnknownFacts {
    not_null: bool,
    type_expr: TypeExpr,
}

/// The tables of one root's evaluation.
#[derive(Debug)]
pub struct Store {
    /// The files that spans point into.
    pub sources: Arc<Sources>,
    guards: Mutex<GuardTable>,
    origins: RwLock<IndexSet<OriginStep, FxBuildHasher>>,
    marks: RwLock<MarkTable>,
    unknowns: RwLock<IndexMap<UnknownKind, UnknownFacts, FxBuildHasher>>,
    /// Inputs whose value is what the Parameter Store holds under a name.
    stored: RwLock<FxHashMap<UnknownId, Str>>,
    /// What a text that is not known because it encodes one known in part was made of.
    encoded: RwLock<FxHashMap<UnknownId, Value>>,
    instances: RwLock<IndexMap<Str, InstanceInfo, FxBuildHasher>>,
    /// What always holds in what is deployed.
    assumption: std::sync::OnceLock<Guard>,
    /// When a mapping is asked for what it does not have: nothing is deployed then.
    refused: Mutex<Guard>,
    pub(super) memo: super::memo::Memo,
}

#[derive(Debug, Default)]
struct MarkTable {
    sets: IndexSet<MarkSet, FxBuildHasher>,
    unions: FxHashMap<(Marks, Marks), Marks>,
}

/// The most inputs that are named as deciding an unknown.
const MAX_DECIDING: usize = 64;
/// How many steps of an origin are followed.
const MAX_ORIGIN_STEPS: usize = 10_000;

impl Store {
    /// Empty tables.
    pub fn new(sources: Arc<Sources>) -> Self {
        let store = Store {
            sources,
            guards: Mutex::new(GuardTable::new()),
            origins: RwLock::default(),
            marks: RwLock::default(),
            unknowns: RwLock::default(),
            stored: RwLock::default(),
            encoded: RwLock::default(),
            instances: RwLock::default(),
            assumption: std::sync::OnceLock::new(),
            refused: Mutex::new(Guard::FALSE),
            memo: super::memo::Memo::default(),
        };
        let budget = store.unknown(
            UnknownKind::Reason { span: None, reason: Str::from("a condition over the budget") },
            true,
            TypeExpr::Bool,
        );
        store.guards.lock().set_budget_atom(budget);
        store
    }

    // Guards

    /// Says that only what is compatible with a guard is ever there: the rules of a template. Once; impossible ones are
    /// no rules.
    pub(super) fn assume(&self, care: Guard) {
        if care.is_open() {
            self.assumption.get_or_init(|| care);
        }
    }

    /// A guard as far as what is assumed leaves it open: false if it can't be, true if it must.
    pub fn assumed(&self, guard: Guard) -> Guard {
        match self.assumption.get() {
            Some(care) if guard.is_open() => self.guards.lock().simplify(guard, *care),
            _ => guard,
        }
    }

    /// Notes that nothing is deployed where a guard holds, as far as what is asked there is asked at all.
    pub(super) fn refuse(&self, guard: Guard) {
        let mut refused = self.refused.lock();
        *refused = self.or(*refused, guard);
    }

    /// Whether something is looked up in mappings: alternatives that say the same are one then.
    pub fn looks_up(&self) -> bool {
        !self.refused.lock().is_false()
    }

    /// The condition of an alternative in words, without the cases in which nothing is deployed: a lookup in a mapping is
    /// one of its keys.
    pub fn describe_alternative(&self, guard: Guard) -> String {
        let refused = *self.refused.lock();
        match self.and_not(guard, refused) {
            Guard::FALSE => self.describe(guard),
            possible => self.describe(possible),
        }
    }

    /// Both.
    pub fn and(&self, a: Guard, b: Guard) -> Guard {
        if a == b || b.is_true() || a.is_false() {
            return a;
        }
        if a.is_true() || b.is_false() {
            return b;
        }
        self.guards.lock().and(a, b)
    }

    /// At least one.
    pub fn or(&self, a: Guard, b: Guard) -> Guard {
        if a == b || b.is_false() || a.is_true() {
            return a;
        }
        if a.is_false() || b.is_true() {
            return b;
        }
        self.guards.lock().or(a, b)
    }

    /// The opposite.
    pub fn not(&self, a: Guard) -> Guard {
        match a {
            Guard::TRUE => Guard::FALSE,
            Guard::FALSE => Guard::TRUE,
            _ => self.guards.lock().not(a),
        }
    }

    /// `a` but not `b`.
    pub fn and_not(&self, a: Guard, b: Guard) -> Guard {
        let not_b = self.not(b);
        self.and(a, not_b)
    }

    /// `if condition then a else b`.
    pub fn ite(&self, condition: Guard, a: Guard, b: Guard) -> Guard {
        let yes = self.and(condition, a);
        let no = self.and_not(b, condition);
        self.or(yes, no)
    }

    /// Whether `b` holds whenever `a` does.
    pub fn implies(&self, a: Guard, b: Guard) -> bool {
        a == b || b.is_true() || a.is_false() || self.and_not(a, b).is_false()
    }

    /// Whether both can hold at once.
    pub fn compatible(&self, a: Guard, b: Guard) -> bool {
        !self.and(a, b).is_false()
    }

    /// All of them.
    pub fn all(&self, guards: impl IntoIterator<Item = Guard>) -> Guard {
        guards.into_iter().fold(Guard::TRUE, |a, b| self.and(a, b))
    }

    /// At least one of them.
    pub fn any(&self, guards: impl IntoIterator<Item = Guard>) -> Guard {
        guards.into_iter().fold(Guard::FALSE, |a, b| self.or(a, b))
    }

    /// Says what values an input can have at all (JSON texts). Later conditions on it are over this domain only.
    /// Ignored when conditions on that input have been made already.
    pub fn declare_domain(&self, input: UnknownId, values: &[Str]) {
        self.guards.lock().declare(input, values);
    }

    /// The values that an input can have (JSON texts), if its domain is closed.
    pub fn domain(&self, input: UnknownId) -> Option<Vec<Str>> {
        self.guards.lock().domain(input)
    }

    /// Fixes the order of all declared inputs, so that what asks from several threads can't change it.
    pub(super) fn settle_domains(&self) {
        self.guards.lock().settle_all();
    }

    /// When an input has a value (JSON text). Makes a condition of it: only evaluating the source does that.
    pub fn equals(&self, input: UnknownId, value: &Str) -> Guard {
        self.guards.lock().equals(input, value, true).yes
    }

    /// Whether an input has a value (JSON text), as far as the conditions that the source itself makes tell: a closed
    /// domain decides exactly, else only "it is another value" can be known.
    pub fn equals_known(&self, input: UnknownId, value: &Str) -> Truth {
        self.guards.lock().equals(input, value, false)
    }

    /// The condition that an unknown truth value is true. Makes an opaque condition of it unless it is an input.
    pub fn opaque(&self, unknown: UnknownId) -> Guard {
        self.guards.lock().opaque(unknown)
    }

    /// The condition made by [`Self::opaque`], if the source has made one.
    pub fn opaque_known(&self, unknown: UnknownId) -> Option<Guard> {
        let mut guards = self.guards.lock();
        if guards.find_group(unknown).is_none() && guards.domain(unknown).is_none() {
            return None;
        }
        Some(guards.opaque(unknown))
    }

    /// Whether a guard depends on anything but recognised conditions of inputs.
    pub fn is_opaque(&self, guard: Guard) -> bool {
        if !guard.is_open() {
            return false;
        }
        let guards = self.guards.lock();
        guards.support(&[guard]).into_iter().any(|g| guards.groups.get(g as usize).is_some_and(|g| g.opaque))
    }

    /// Gives a condition the name that the source has for it (`IsProd`); [`Self::describe`] prefers names.
    pub fn name_condition(&self, guard: Guard, name: &Str) {
        self.guards.lock().name(guard, name);
    }

    /// Says when a guard holds, as short as possible: "`IsProd` is false", "`Env` is \"prod\"".
    pub fn describe(&self, guard: Guard) -> String {
        let mut guards = self.guards.lock();
        describe::describe(&mut guards, guard, &|unknown| self.unknown_name(unknown))
    }

    /// The inputs and opaque conditions that guards depend on, in the order of their first appearance.
    pub fn support(&self, guards: &[Guard]) -> Vec<UnknownId> {
        let table = self.guards.lock();
        table
            .support(guards)
            .into_iter()
            .filter_map(|g| table.groups.get(g as usize).map(|g| g.unknown))
            .collect()
    }

    /// All valuations of the inputs that some guards depend on; none when there are more than `cap`.
    pub fn valuations(&self, guards: &[Guard], cap: usize) -> Option<Vec<Valuation>> {
        self.guards.lock().valuations(guards, cap)
    }

    /// What is left of a guard when inputs have the values given.
    pub fn restrict(&self, guard: Guard, valuation: &[(UnknownId, Option<Str>)]) -> Guard {
        if !guard.is_open() {
            return guard;
        }
        let mut table = self.guards.lock();
        valuation.iter().fold(guard, |guard, (input, value)| {
            match table.value_index(*input, value.as_ref()) {
                Some((group, index)) => table.restrict(guard, group, index),
                None => guard,
            }
        })
    }

    /// The number of nodes of all conditions' diagrams that were made: what the conditions cost.
    pub fn condition_nodes(&self) -> usize {
        self.guards.lock().size()
    }

    /// Whether a budget (of conditions, nodes) was exceeded: some guards are then opaque.
    pub fn over_budget(&self) -> bool {
        self.guards.lock().over_budget
    }

    // Truth

    /// Kleene's and.
    pub fn truth_and(&self, a: Truth, b: Truth) -> Truth {
        Truth { yes: self.and(a.yes, b.yes), no: self.or(a.no, b.no) }
    }

    /// Kleene's or.
    pub fn truth_or(&self, a: Truth, b: Truth) -> Truth {
        Truth { yes: self.or(a.yes, b.yes), no: self.and(a.no, b.no) }
    }

    /// True exactly when the guard holds.
    pub fn truth_when(&self, guard: Guard) -> Truth {
        Truth { yes: guard, no: self.not(guard) }
    }

    /// When it is neither true nor false.
    pub fn truth_unknown(&self, truth: Truth) -> Guard {
        let known = self.or(truth.yes, truth.no);
        self.not(known)
    }

    /// A truth about something that exists under a condition: outside it, it is neither true nor false.
    pub fn truth_under(&self, truth: Truth, exists: Guard) -> Truth {
        Truth { yes: self.and(truth.yes, exists), no: self.and(truth.no, exists) }
    }

    /// Whether it holds of any member, each there under its guard; `rest`: there may be members nobody knows.
    pub fn truth_any(&self, members: impl IntoIterator<Item = (Guard, Truth)>, rest: bool) -> Truth {
        let start = if rest { Truth::UNKNOWN } else { Truth::NO };
        members.into_iter().fold(start, |all, (guard, truth)| {
            let member = Truth { yes: self.and(guard, truth.yes), no: self.or(truth.no, self.not(guard)) };
            self.truth_or(all, member)
        })
    }

    /// Whether it holds of all members, each there under its guard; `rest`: there may be members nobody knows.
    pub fn truth_all(&self, members: impl IntoIterator<Item = (Guard, Truth)>, rest: bool) -> Truth {
        !self.truth_any(members.into_iter().map(|(guard, truth)| (guard, !truth)), rest)
    }

    // Origins

    /// Interns a step.
    pub fn origin(&self, step: OriginStep) -> Origin {
        Origin(self.origins.write().insert_full(step).0 as u32 + 1)
    }

    /// The origin of what is written at a place.
    pub fn literal_origin(&self, span: Span) -> Origin {
        self.origin(OriginStep { span, via: Via::Literal, from: Origin::NONE })
    }

    /// The step of an origin; none for [`Origin::NONE`].
    pub fn origin_step(&self, origin: Origin) -> Option<OriginStep> {
        self.origins.read().get_index((origin.0 as usize).checked_sub(1)?).copied()
    }

    /// The chain from the outermost use to the literal.
    pub fn spans(&self, origin: Origin) -> impl Iterator<Item = OriginStep> + use<> {
        let mut steps = Vec::new();
        let mut at = origin;
        while let Some(step) = self.origin_step(at) {
            steps.push(step);
            at = step.from;
            if steps.len() >= MAX_ORIGIN_STEPS {
                break;
            }
        }
        steps.into_iter()
    }

    /// Where the value is written in the end: the span of the chain's innermost step.
    pub fn literal(&self, origin: Origin) -> Option<Span> {
        self.spans(origin).last().map(|step| step.span)
    }

    /// Where the value stands in its resource: the span of the chain's outermost step.
    pub fn place(&self, origin: Origin) -> Option<Span> {
        self.origin_step(origin).map(|step| step.span)
    }

    // Marks

    fn mark_set(&self, set: MarkSet) -> Marks {
        if set == MarkSet::default() {
            return Marks::NONE;
        }
        Marks(self.marks.write().sets.insert_full(set).0 as u32 + 1)
    }

    fn with_marks<T>(&self, marks: Marks, f: impl FnOnce(&MarkSet) -> T) -> Option<T> {
        let index = (marks.0 as usize).checked_sub(1)?;
        self.marks.read().sets.get_index(index).map(f)
    }

    /// Adds sensitivity.
    pub fn mark_sensitive(&self, marks: Marks) -> Marks {
        let mut set = self.with_marks(marks, MarkSet::clone).unwrap_or_default();
        set.sensitive = true;
        self.mark_set(set)
    }

    /// Takes sensitivity away (`nonsensitive`).
    pub fn unmark_sensitive(&self, marks: Marks) -> Marks {
        let mut set = self.with_marks(marks, MarkSet::clone).unwrap_or_default();
        set.sensitive = false;
        self.mark_set(set)
    }

    /// Adds that the value is not kept (`ephemeral = true`).
    pub fn mark_ephemeral(&self, marks: Marks) -> Marks {
        let mut set = self.with_marks(marks, MarkSet::clone).unwrap_or_default();
        set.ephemeral = true;
        self.mark_set(set)
    }

    /// Adds a reference.
    pub fn mark_reference(&self, marks: Marks, reference: Reference) -> Marks {
        let mut set = self.with_marks(marks, MarkSet::clone).unwrap_or_default();
        match set.references.binary_search(&reference) {
            Ok(_) => return marks,
            Err(at) => set.references.insert(at, reference),
        }
        self.mark_set(set)
    }

    /// Everything that either carries.
    pub fn union_marks(&self, a: Marks, b: Marks) -> Marks {
        if a == b || b.is_none() {
            return a;
        }
        if a.is_none() {
            return b;
        }
        let key = (a.min(b), a.max(b));
        if let Some(&done) = self.marks.read().unions.get(&key) {
            return done;
        }
        let union = self.union_all_marks([a, b]);
        self.marks.write().unions.insert(key, union);
        union
    }

    /// Everything that any of them carries: what to use for many, where pairs would be quadratic.
    pub fn union_all_marks(&self, all: impl IntoIterator<Item = Marks>) -> Marks {
        let mut ids: Vec<Marks> = all.into_iter().filter(|m| !m.is_none()).collect();
        ids.sort_unstable();
        ids.dedup();
        match ids.as_slice() {
            [] => return Marks::NONE,
            [one] => return *one,
            _ => {}
        }
        let mut set = MarkSet::default();
        for marks in ids {
            self.with_marks(marks, |m| {
                set.sensitive |= m.sensitive;
                set.ephemeral |= m.ephemeral;
                set.references.extend_from_slice(&m.references);
            });
        }
        set.references.sort_unstable();
        set.references.dedup();
        self.mark_set(set)
    }

    /// Whether it is sensitive.
    pub fn is_sensitive(&self, marks: Marks) -> bool {
        self.with_marks(marks, |m| m.sensitive).unwrap_or(false)
    }

    /// Whether it is ephemeral.
    pub fn is_ephemeral(&self, marks: Marks) -> bool {
        self.with_marks(marks, |m| m.ephemeral).unwrap_or(false)
    }

    /// How many references there are.
    pub(super) fn reference_count(&self, marks: Marks) -> usize {
        self.with_marks(marks, |m| m.references.len()).unwrap_or(0)
    }

    /// The resource attributes that the value was made from, sorted.
    pub fn references(&self, marks: Marks) -> Vec<Reference> {
        self.with_marks(marks, |m| m.references.clone()).unwrap_or_default()
    }

    // Unknowns

    /// Interns an unknown. What is said of its nullness and type adds to what was said before.
    pub fn unknown(&self, kind: UnknownKind, not_null: bool, type_expr: TypeExpr) -> UnknownId {
        if let Some((index, _, facts)) = self.unknowns.read().get_full(&kind)
            && (facts.not_null || !not_null)
            && (facts.type_expr != TypeExpr::Any || type_expr == TypeExpr::Any)
        {
            return UnknownId(index as u32);
        }
        let mut table = self.unknowns.write();
        let entry = table.entry(kind);
        let index = entry.index();
        let facts = entry.or_insert(UnknownFacts { not_null, type_expr: TypeExpr::Any });
        facts.not_null |= not_null;
        if facts.type_expr == TypeExpr::Any {
            facts.type_expr = type_expr;
        }
        UnknownId(index as u32)
    }

    /// An unknown because of something that could not be found out.
    pub fn reason(&self, span: Option<Span>, reason: impl Into<Str>) -> UnknownId {
        self.unknown(UnknownKind::Reason { span, reason: reason.into() }, false, TypeExpr::Any)
    }

    /// An unknown because the source declares nothing of that name.
    pub fn undeclared(&self, span: Option<Span>, name: &str) -> UnknownId {
        self.reason(span, ecow::eco_format!("`{name}`{UNDECLARED}"))
    }

    /// Remembers what a text that can't be known was encoded from (`base64encode`, `Fn::Base64`).
    pub(super) fn declare_encoded(&self, id: UnknownId, from: Value) {
        self.encoded.write().entry(id).or_insert(from);
    }

    /// The text known in part that an unknown is the base64 form of.
    pub fn encoded_from(&self, id: UnknownId) -> Option<Value> {
        self.encoded.read().get(&id).cloned()
    }

    /// Remembers the name under which the Parameter Store holds an input's value.
    pub fn declare_stored(&self, id: UnknownId, name: Str) {
        self.stored.write().insert(id, name);
    }

    /// The name under which the Parameter Store holds an input's value, by the default of a template parameter of type
    /// `AWS::SSM::Parameter::Value<…>`.
    pub fn stored_under(&self, id: UnknownId) -> Option<Str> {
        self.stored.read().get(&id).cloned()
    }

    /// Whether an unknown is a resource that the source does not declare: then it is none of those that it does.
    pub fn is_undeclared_resource(&self, id: UnknownId) -> bool {
        match self.unknowns.read().get_index(id.0 as usize) {
            Some((UnknownKind::Reason { reason, .. }, _)) => reason
                .strip_suffix(UNDECLARED)
                .and_then(|name| name.strip_prefix('`')?.strip_suffix('`'))
                .is_some_and(|name| !name.starts_with("var.") && !name.starts_with("local.")),
            _ => false,
        }
    }

    /// What an unknown is. Handles come from this store.
    pub fn unknown_info(&self, id: UnknownId) -> UnknownInfo {
        match self.unknowns.read().get_index(id.0 as usize) {
            Some((kind, facts)) => UnknownInfo {
                kind: kind.clone(),
                not_null: facts.not_null,
                type_expr: facts.type_expr.clone(),
            },
            None => UnknownInfo {
                kind: UnknownKind::Named(Str::from("?")),
                not_null: false,
                type_expr: TypeExpr::Any,
            },
        }
    }

    /// Whether evaluating fails there, so that there is no value at all.
    pub fn is_failed(&self, id: UnknownId) -> bool {
        matches!(self.unknowns.read().get_index(id.0 as usize), Some((UnknownKind::Failed { .. }, _)))
    }

    /// An unknown in the user's words: `var.env`, `aws_s3_bucket.b.arn`, `length(var.names)`.
    pub fn unknown_name(&self, id: UnknownId) -> Str {
        let info = self.unknown_info(id);
        match info.kind {
            UnknownKind::Input(name) | UnknownKind::Named(name) => name,
            UnknownKind::Attribute(reference) => {
                let address = self.instance(reference.instance).map(|i| i.address).unwrap_or_default();
                if reference.attribute.is_empty() {
                    address
                } else {
                    Str::from(format!("{address}.{}", reference.attribute))
                }
            }
            UnknownKind::Derived { text, .. } => text,
            UnknownKind::Part { of, step } => {
                let mut name = String::from(self.unknown_name(of).as_str());
                name.push_str(&step);
                Str::from(name)
            }
            UnknownKind::Reason { reason, .. } | UnknownKind::Failed { reason, .. } => reason,
        }
    }

    /// The unknowns that would decide it: inputs, attributes that only the provider knows, named values, reasons. A
    /// derived unknown is followed to what it depends on. In a fixed order, at most 64.
    pub fn inputs_of(&self, id: UnknownId) -> Vec<UnknownId> {
        let mut found = IndexSet::<UnknownId, FxBuildHasher>::default();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if !seen.insert(id) || found.len() >= MAX_DECIDING {
                continue;
            }
            match self.unknown_info(id).kind {
                UnknownKind::Derived { on, .. } if !on.is_empty() => stack.extend(on.into_iter().rev()),
                UnknownKind::Part { of, .. } => stack.push(of),
                _ => {
                    found.insert(id);
                }
            }
        }
        found.into_iter().collect()
    }

    // Instances

    /// Interns an instance by its address.
    pub fn intern_instance(&self, info: InstanceInfo) -> InstanceId {
        let mut table = self.instances.write();
        let entry = table.entry(info.address.clone());
        let index = entry.index();
        entry.or_insert(info);
        InstanceId(index as u32)
    }

    /// What names an instance.
    pub fn instance(&self, id: InstanceId) -> Option<InstanceInfo> {
        self.instances.read().get_index(id.0 as usize).map(|(_, info)| info.clone())
    }

    /// The instance with that address, if something has referred to it.
    pub fn find_instance(&self, address: &str) -> Option<InstanceId> {
        self.instances.read().get_index_of(address).map(|i| InstanceId(i as u32))
    }

    /// The number of instances that were interned.
    pub fn instance_count(&self) -> usize {
        self.instances.read().len()
    }
}
