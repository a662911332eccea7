//! The conditions of a statement, and whether they restrict who may use it.
//!
//! Semantics: "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys" (IAM
//! User Guide). A condition with an operator of the positive kind is false where the key is not in the request; one of
//! the negated kind, and every `…IfExists`, is true.

use ipnet::IpNet;

use crate::Str;
use crate::eval::{Data, Guard, Origin, Store, Truth, UnknownId, Value};

use super::super::read::{Guarded, Members, field, members, pattern, scalar_text, spelled_out};
use super::super::sets::{Pattern, Symbol, parse_cidr};

/// How a multivalued key is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// A key with one value.
    None,
    /// `ForAllValues:` (true where the key is absent).
    ForAllValues,
    /// `ForAnyValue:` (false where the key is absent).
    ForAnyValue,
}

/// One condition: an operator, a key and its values.
#[derive(Clone, Debug)]
pub struct Clause {
    /// When it is there.
    pub guard: Guard,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Quantifier,
    /// The operator in lower case, without `IfExists`: `stringnotequals`.
    pub operator: Str,
    /// Whether it is `…IfExists`.
    pub if_exists: bool,
    /// The key in lower case: `aws:sourcearn`.
    pub key: Str,
    /// The values.
    pub values: Members,
    /// Where the key is written.
    pub origin: Origin,
}

/// Reads `Condition`.
pub fn read(store: &Store, cases: &[Guarded<Value>]) -> (Vec<Clause>, Vec<Guarded<UnknownId>>) {
    let (mut clauses, mut open) = (Vec::new(), Vec::new());
    for case in cases {
        let Some(map) = case.value.as_map() else {
            if let Data::Unknown(id) = case.value.data {
                open.push(Guarded { guard: case.guard, value: id });
            }
            continue;
        };
        open.extend(map.rest.map(|id| Guarded { guard: case.guard, value: id }));
        for entry in &map.entries {
            let guard = store.and(case.guard, entry.guard);
            for (arm, keys) in super::super::read::arms(store, &entry.value) {
                let guard = store.and(guard, arm);
                match &keys.data {
                    Data::Map(keys) => {
                        open.extend(keys.rest.map(|id| Guarded { guard, value: id }));
                        for key in &keys.entries {
                            let guard = store.and(guard, key.guard);
                            if !guard.is_false() {
                                clauses.push(clause(
                                    store,
                                    guard,
                                    &entry.key,
                                    &key.key,
                                    &key.value,
                                    key.key_origin,
                                ));
                            }
                        }
                    }
                    Data::Unknown(id) => open.push(Guarded { guard, value: *id }),
                    _ => {}
                }
            }
        }
    }
    (clauses, open)
}

fn clause(store: &Store, guard: Guard, operator: &str, key: &str, value: &Value, origin: Origin) -> Clause {
    let lower = operator.to_ascii_lowercase();
    let (quantifier, rest) = match lower.split_once(':') {
        Some(("forallvalues", rest)) => (Quantifier::ForAllValues, rest),
        Some(("foranyvalue", rest)) => (Quantifier::ForAnyValue, rest),
        _ => (Quantifier::None, lower.as_str()),
    };
    let (operator, if_exists) = match rest.strip_suffix("ifexists") {
        Some(operator) => (operator, true),
        None => (rest, false),
    };
    let whole = [Guarded { guard: Guard::TRUE, value: value.clone() }];
    Clause {
        guard,
        quantifier,
        operator: operator.into(),
        if_exists,
        key: key.to_ascii_lowercase().into(),
        values: members(store, &whole),
        origin,
    }
}

/// What a key can say about who makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// An id: an account, an organisation, an endpoint. Any text without wildcard is somebody in particular.
    Id,
    /// An ARN: somebody in particular if the account is, or enough of the resource's name.
    Arn,
    /// Addresses.
    Address,
    /// A truth value that lets in few when true.
    True,
}

/// The keys that tell who makes a request ("AWS global condition context keys", IAM User Guide; "The meaning of
/// public", Amazon S3 User Guide; "Blocking public access", Amazon EFS User Guide; and the services' own keys).
fn who(key: &str) -> Option<Who> {
    Some(match key {
        "aws:principalorgid"
        | "aws:principalorgpaths"
        | "aws:principalaccount"
        | "aws:userid"
        | "aws:principalservicename"
        | "aws:principalservicenameslist"
        | "aws:sourceaccount"
        | "aws:sourceowner"
        | "aws:sourceorgid"
        | "aws:sourceorgpaths"
        | "aws:sourcevpc"
        | "aws:sourcevpce"
        | "aws:vpceaccount"
        | "aws:vpceorgid"
        | "aws:vpceorgpaths"
        | "aws:ec2instancesourcevpc"
        | "kms:calleraccount"
        | "s3:dataaccesspointaccount"
        | "lambda:principal"
        | "alexa:eventsourcetoken"
        | "elasticloadbalancing:sourceaccount" => Who::Id,
        "aws:sourcearn"
        | "aws:principalarn"
        | "aws:sourcevpcarn"
        | "ec2:sourceinstancearn"
        | "lambda:sourcefunctionarn"
        | "ssm:sourceinstancearn"
        | "s3:dataaccesspointarn"
        | "elasticfilesystem:accesspointarn"
        | "aws:sourceinstancearn" => Who::Arn,
        "aws:sourceip" | "aws:vpcsourceip" => Who::Address,
        "aws:principalisawsservice" | "elasticfilesystem:accessedviamounttarget" => Who::True,
        key if key.ends_with(".amazonaws.com:aud") || key.ends_with(".amazonaws.com:sub") => Who::Id,
        _ => return None,
    })
}

/// Keys that every request has, anonymous ones too, so that `…IfExists` compares them as well.
fn is_always_there(key: &str) -> bool {
    matches!(key, "aws:principalaccount" | "kms:calleraccount")
}

impl Clause {
    /// Whether it lets through only requests of somebody in particular.
    pub fn restricts_who(&self, store: &Store) -> Truth {
        let Some(who) = who(&self.key) else { return Truth::NO };
        let positive = match self.operator.as_str() {
            "stringequals" | "stringlike" | "stringequalsignorecase" => {
                !matches!(who, Who::Address | Who::True)
            }
            "arnequals" | "arnlike" => who == Who::Arn,
            "ipaddress" => who == Who::Address,
            "bool" => who == Who::True,
            _ => false,
        };
        if !positive
            || (self.if_exists && !is_always_there(&self.key))
            || self.quantifier == Quantifier::ForAllValues
        {
            return Truth::NO;
        }
        self.all_values_restrict(store, who)
    }

    /// Whether every request fulfils it: anything may be the key's value, and the key may be absent.
    pub fn holds_always(&self) -> bool {
        let absent_too =
            self.if_exists || self.quantifier == Quantifier::ForAllValues || is_always_there(&self.key);
        let anything =
            self.values.items.iter().any(|v| v.guard.is_true() && v.value.as_str().is_some_and(|t| t == "*"));
        absent_too && anything && matches!(self.operator.as_str(), "stringlike" | "arnlike" | "arnequals")
    }

    /// Whether `*` and `?` in its values are those characters: only `…Like` and the ARN operators have wildcards.
    fn is_literal(&self) -> bool {
        self.operator.starts_with("string") && !self.operator.ends_with("like")
    }

    /// Whether, in a `Deny`, it spares only somebody in particular, and denies requests that lack the key.
    pub fn spares_few(&self, store: &Store) -> Truth {
        let Some(who) = who(&self.key) else { return Truth::NO };
        match (self.operator.as_str(), who) {
            ("stringnotequals" | "stringnotlike" | "stringnotequalsignorecase", Who::Id | Who::Arn)
            | ("arnnotequals" | "arnnotlike", Who::Arn)
            | ("notipaddress", Who::Address)
                if self.quantifier == Quantifier::None =>
            {
                self.all_values_restrict(store, who)
            }
            _ => Truth::NO,
        }
    }

    /// Whether, in a `Deny`, it spares only what AWS services do, by themselves or for a principal.
    pub fn spares_services(&self, store: &Store) -> Truth {
        if !matches!(self.key.as_str(), "aws:principalisawsservice" | "aws:viaawsservice")
            || self.operator != "bool"
        {
            return Truth::NO;
        }
        self.values_are(store, "false")
    }

    /// Whether it has a value and all its values are this text (in any case).
    pub fn values_are(&self, store: &Store, wanted: &str) -> Truth {
        let mut all = Truth::YES;
        for member in &self.values.items {
            let same = match scalar_text(&member.value) {
                Some(text) => Truth::of(text.eq_ignore_ascii_case(wanted)),
                None => Truth::UNKNOWN,
            };
            let there = store.truth_when(member.guard);
            all = store.truth_and(all, store.truth_or(!there, same));
        }
        if !self.values.open.is_empty() {
            all = store.truth_and(all, Truth::UNKNOWN);
        }
        if self.values.items.is_empty() && self.values.open.is_empty() { Truth::NO } else { all }
    }

    fn all_values_restrict(&self, store: &Store, who: Who) -> Truth {
        let mut all = Truth::YES;
        for member in &self.values.items {
            for case in spelled_out(store, &member.value) {
                let guard = store.and(member.guard, case.guard);
                let one = match names_somebody(store, who, &case.value, self.is_literal()) {
                    Some(answer) => Truth::of(answer),
                    None => Truth::UNKNOWN,
                };
                all = store.truth_and(all, store.truth_or(!store.truth_when(guard), one));
            }
        }
        for open in &self.values.open {
            // A whole list that is unknown: somebody chose it to restrict, but it may hold anything.
            all = store.truth_and(all, Truth { yes: store.not(open.guard), no: Guard::FALSE });
        }
        all
    }
}

/// Literal characters in front of a wildcard that make a name one's own rather than anybody's ("Access Analyzer policy
/// check reference" asks for as many in sensitive keys).
const OWN_NAME: usize = 6;

/// Whether a value of a key names somebody in particular rather than everybody.
fn names_somebody(store: &Store, who: Who, value: &Value, literal: bool) -> Option<bool> {
    match who {
        Who::Address => {
            let text = scalar_text(value)?;
            Some(parse_cidr(&text).is_some_and(is_narrow))
        }
        Who::True => scalar_text(value).map(|text| text.eq_ignore_ascii_case("true")),
        Who::Id => named(&pattern(store, value, false, literal)?),
        Who::Arn => {
            let pattern = pattern(store, value, false, literal)?;
            let Some(fields) = pattern.fields(6) else {
                // `arn:aws:iam::*` leaves the account open, `arn:aws:iam::123456789012*` does not.
                let account = pattern.fields(5).and_then(|fields| fields.into_iter().nth(4));
                let open = pattern.symbols().iter().find(|s| !matches!(s, Symbol::Char(_)));
                return match open {
                    _ if pattern.is_literal() || account.is_some_and(|f| f.fixed_prefix(12) >= 12) => {
                        Some(true)
                    }
                    Some(Symbol::Term { .. }) => None,
                    _ => Some(false),
                };
            };
            let account = fields.get(4).is_some_and(|f| !f.symbols().is_empty() && f.is_literal());
            let account_unknown = fields.get(4).is_some_and(|f| f.has_terms());
            // A name alone is somebody's only where nobody else can have it: a bucket's. A role or a topic of the same
            // name can be made in any account.
            let alone = fields.get(4).is_none_or(|f| f.symbols().is_empty())
                || fields.get(2).is_some_and(|f| f.matches("s3") && f.is_literal());
            let name = fields.get(5).filter(|_| alone);
            if account || name.is_some_and(|f| f.fixed_prefix(OWN_NAME) >= OWN_NAME || f.is_literal()) {
                return Some(true);
            }
            if account_unknown || name.is_some_and(Pattern::has_terms) { None } else { Some(false) }
        }
    }
}

fn named(pattern: &Pattern) -> Option<bool> {
    if pattern.is_literal() {
        return Some(!pattern.symbols().is_empty());
    }
    if pattern.fixed_prefix(OWN_NAME) >= OWN_NAME {
        return Some(true);
    }
    match pattern.symbols().iter().find(|s| !matches!(s, Symbol::Char(_))) {
        Some(Symbol::Term { .. }) => None,
        _ => Some(false),
    }
}

/// S3 counts ranges that are wider than /8 (IPv6: /32) as public, private ones excepted ("The meaning of public").
fn is_narrow(net: IpNet) -> bool {
    match net {
        IpNet::V4(net) => net.prefix_len() >= 8 || net.addr().is_private(),
        IpNet::V6(net) => net.prefix_len() >= 32 || (net.addr().segments()[0] & 0xfe00) == 0xfc00,
    }
}

/// What a statement's condition has under an operator and key, for pages that look themselves.
pub fn clause_values(store: &Store, statement: &Value, operator: &str, key: &str) -> Vec<Guarded<Value>> {
    let mut found = Vec::new();
    for condition in field(store, statement, "Condition") {
        for under in field(store, &condition.value, operator) {
            let guard = store.and(condition.guard, under.guard);
            for value in field(store, &under.value, key) {
                found.push(Guarded { guard: store.and(guard, value.guard), value: value.value });
            }
        }
    }
    found
}
