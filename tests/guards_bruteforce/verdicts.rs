//! The verdicts of all pages, built-in and a team's own, and whether those of the guarded run hold.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use masugata::eval::{Evaluation, Guard, Valuation};
use masugata::graph;
use masugata::model::{self, ResourceId};
use masugata::policy::{Library, Outcome};
use masugata::source::{Loader, Sources};

use crate::expressions::Demand;

/// A team's own pages, each for a mechanism: truth values, lists of words, elements, absence, companions, quantifiers.
const PAGES: &[(&str, &str)] = &[
    ("truth", "resource \"AWS::EC2::Volume\" {\n fail = !self.Encrypted\n message = \"m\"\n}"),
    ("explicit", "resource \"AWS::EC2::Volume\" {\n fail = explicit(self.Encrypted)\n message = \"m\"\n}"),
    (
        "word",
        "resource \"AWS::S3::Bucket\" {\n when = !absent(self.AccessControl)\n fail = !contains([\"Private\", \"AuthenticatedRead\"], self.AccessControl)\n message = \"m\"\n}",
    ),
    (
        "element",
        "resource \"AWS::EC2::Volume\" {\n for_each = self.Tags\n fail = each.value.Value == \"x\"\n message = \"m\"\n}",
    ),
    (
        "when",
        "resource \"AWS::EC2::Volume\" {\n when = length(self.Tags) > 1\n fail = self.Tags[1].Value == \"x\"\n message = \"m\"\n}",
    ),
    (
        "companion",
        "resource \"AWS::SQS::Queue\" {\n fail = length(referrers(self, \"AWS::SQS::QueuePolicy\", \"Queues\")) == 0\n message = \"m\"\n}",
    ),
    (
        "quantified",
        "resource \"AWS::EC2::SecurityGroup\" {\n fail = anytrue([for r in rules(self, \"ingress\") : r.CidrIp == \"0.0.0.0/0\"])\n message = \"m\"\n}",
    ),
    (
        "all",
        "resource \"AWS::EC2::SecurityGroup\" {\n fail = alltrue([for r in rules(self, \"ingress\") : r.IpProtocol == \"tcp\"])\n message = \"m\"\n}",
    ),
    (
        "owner",
        "resource \"AWS::SQS::QueuePolicy\" {\n fail = anytrue([for q in refers(self, \"AWS::SQS::Queue\") : q.SqsManagedSseEnabled == false])\n message = \"m\"\n}",
    ),
    (
        "statements",
        "resource \"AWS::SQS::Queue\" {\n for_each = self.QueuePolicies\n fail = anytrue([for s in statements(each.value) : s.Effect == \"Allow\" && contains(s.Action, \"sqs:*\")])\n message = \"m\"\n}",
    ),
    (
        "versioned",
        "resource \"AWS::S3::Bucket\" {\n fail = absent(self.VersioningConfiguration.Status) || self.VersioningConfiguration.Status == \"Suspended\"\n message = \"m\"\n}",
    ),
];

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let sources = Arc::new(Sources::new());
    let mut library = Library::new(Arc::clone(&sources));
    for (name, logic) in PAGES {
        let text = format!(
            "---\nseverity: low\npacks: [strict]\nwithout: {{ terraform: \"t\", cloudformation: \"c\" }}\n---\n# Title\n\n\
             ```hcl policy\n{logic}\n```\n"
        );
        let mut loader = Loader::new("/pages");
        loader.overlay(Path::new("page.md"), text.as_str());
        let wrong = library.add(&sources.add(format!("own/team-{name}.md"), text.as_str()));
        assert_eq!(wrong, [], "{name}");
    }
    library
});

/// What one policy says about one resource: an outcome and its condition, for each element.
#[derive(Default)]
pub(crate) struct Verdicts(BTreeMap<(String, String), Vec<(Outcome, Guard)>>);

impl Verdicts {
    /// How many fails a policy has.
    pub(crate) fn fails(&self, policy: &str) -> usize {
        let of_it = self.0.iter().filter(|((id, _), _)| id == policy).flat_map(|(_, all)| all);
        of_it.filter(|(outcome, _)| *outcome == Outcome::Fail).count()
    }

    pub(crate) fn summary(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (outcome, condition) in self.0.values().flatten() {
            let open = if condition.is_open() { " with a condition" } else { "" };
            *counts.entry(format!("{outcome:?}{open}")).or_default() += 1;
        }
        format!("{counts:?}")
    }
}

/// All verdicts about a program.
pub(crate) fn of(evaluation: &Evaluation) -> Verdicts {
    let store = Arc::clone(&evaluation.store);
    let lower = |(index, instance)| model::lower::resource(&store, instance, ResourceId(index as u32));
    let resources = evaluation.instances.iter().enumerate().map(lower).collect();
    let graph = graph::link(Arc::clone(&store), resources, &evaluation.handed);
    let mut verdicts = Verdicts::default();
    for resource in &graph.resources {
        for page in LIBRARY.of_type(&resource.type_name) {
            let Some(policy) = LIBRARY.policy(page) else { continue };
            let all = policy.run(&graph, resource.id).into_iter().map(|v| (v.outcome, v.condition));
            let key = (page.id().to_string(), resource.address.to_string());
            verdicts.0.entry(key).or_default().extend(all);
        }
    }
    verdicts
}

/// How many verdicts of an outcome hold under a valuation, and how many might.
fn count(
    evaluation: &Evaluation,
    all: &[(Outcome, Guard)],
    wanted: Outcome,
    valuation: &Valuation,
) -> (usize, usize) {
    let mut counts = (0, 0);
    for (_, condition) in all.iter().filter(|(outcome, _)| *outcome == wanted) {
        match evaluation.store.restrict(*condition, valuation) {
            Guard::FALSE => {}
            Guard::TRUE => counts.0 += 1,
            _ => counts.1 += 1,
        }
    }
    counts
}

/// Whether the guarded run's verdicts and conditions are those of the run under a valuation.
pub(crate) fn compare(
    guarded: &Evaluation,
    claimed: &Verdicts,
    actual: &Verdicts,
    valuation: &Valuation,
    demand: Demand,
) -> Result<(), String> {
    let keys: std::collections::BTreeSet<_> = claimed.0.keys().chain(actual.0.keys()).collect();
    for key in keys {
        let none = Vec::new();
        let (said, is) = (claimed.0.get(key).unwrap_or(&none), actual.0.get(key).unwrap_or(&none));
        let (policy, address) = key;
        if address.contains("[*]") || policy.contains("-plaintext-") && demand == Demand::Sound {
            // What is plain text is a question of how a value is given, not of the value: a parameter without `NoEcho` is.
            continue;
        }
        let is_fail = is.iter().filter(|(o, c)| *o == Outcome::Fail && c.is_true()).count();
        let is_perhaps = is.iter().filter(|(o, c)| *o == Outcome::Fail && c.is_open()).count();
        let is_unknown = is.iter().filter(|(o, _)| *o == Outcome::Unknown).count();
        let (fails, may_fail) = count(guarded, said, Outcome::Fail, valuation);
        let (unknown, may_be_unknown) = count(guarded, said, Outcome::Unknown, valuation);
        let tell = |what: &str| {
            let shown = |all: &[(Outcome, Guard)], evaluation: &Evaluation| {
                let each = all.iter().map(|(o, c)| format!("{o:?} when {}", evaluation.store.describe(*c)));
                each.collect::<Vec<_>>().join(", ")
            };
            let actually: Vec<_> = is.iter().map(|(o, _)| format!("{o:?}")).collect();
            Err(format!(
                "{policy} on {address}: {what}\n  guarded: {}\n  is: {}",
                shown(said, guarded),
                actually.join(", ")
            ))
        };
        match demand {
            Demand::Exact if fails != is_fail || may_fail != is_perhaps => {
                return tell(&format!(
                    "{fails} fails and {may_fail} perhaps, not {is_fail} and {is_perhaps}"
                ));
            }
            Demand::Exact if (unknown + may_be_unknown > 0) != (is_unknown > 0) => {
                return tell("one is unknown, the other is not");
            }
            Demand::Exact => {}
            Demand::Sound if fails > is_fail + is_perhaps => {
                return tell(&format!("{fails} fails, not {is_fail}"));
            }
            Demand::Sound if is_fail > 0 && fails + may_fail + unknown + may_be_unknown == 0 => {
                let base = crate::world::base(address);
                let summary = claimed.0.iter().any(|((p, a), all)| {
                    p == policy && a.contains("[*]") && crate::world::base(a) == base && !all.is_empty()
                });
                if !summary {
                    return tell("a fail that the guarded run does not know of");
                }
            }
            Demand::Sound => {}
        }
    }
    Ok(())
}
