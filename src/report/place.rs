//! Findings that stand at one place, told together: several policies about one line, several instances of one block.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::Str;
use crate::check::{Finding, Location};

/// Findings of one place that have the same story: the worst of them is told in full, the others in a line.
pub(super) struct Place<'o> {
    /// The worst, the first of equals.
    pub(super) head: &'o Finding,
    /// Further policies on the head's resource.
    pub(super) also: Vec<&'o Finding>,
    /// Further resources with findings of these policies at this place, in order: instances of one block.
    pub(super) instances: Vec<&'o Str>,
}

/// What must be equal for two findings to be told together: where, why, and what else is shown.
type Story<'o> = (&'o Location, &'o [Str], Vec<Option<&'o Location>>, Option<&'o Location>);

/// A policy that fails, and under which condition.
type Failing<'o> = (&'o Str, Option<&'o Str>);

fn story(finding: &Finding) -> Story<'_> {
    (
        &finding.location,
        &finding.because,
        finding.related.iter().map(|r| r.location.as_ref()).collect(),
        finding.resource.generated.as_ref(),
    )
}

/// The findings by place, in the order of the first finding at each.
pub(super) fn places(findings: &[Finding]) -> Vec<Place<'_>> {
    let mut of_resource: IndexMap<(Story<'_>, &Str), Vec<&Finding>, FxBuildHasher> = IndexMap::default();
    for finding in findings {
        of_resource.entry((story(finding), &finding.resource.address)).or_default().push(finding);
    }
    // instances of one block are told together if the same policies fail on them, under the same conditions
    let mut told: IndexMap<(Story<'_>, Vec<Failing<'_>>), Place<'_>, FxBuildHasher> = IndexMap::default();
    for ((story, address), mut all) in of_resource {
        // the same order on every instance
        all.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.policy.cmp(&b.policy)));
        let policies = all.iter().map(|f| (&f.policy, f.condition.as_ref())).collect();
        let mut all = all.into_iter();
        let Some(head) = all.next() else { continue };
        told.entry((story, policies))
            .and_modify(|place| place.instances.push(address))
            .or_insert_with(|| Place { head, also: all.collect(), instances: Vec::new() });
    }
    told.into_values().collect()
}

impl Place<'_> {
    /// The further policies, a line each: severity, id, message, condition.
    pub(super) fn also_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for finding in &self.also {
            let mut line = format!("also {}: {}: {}", finding.severity, finding.policy, finding.message);
            if finding.condition != self.head.condition {
                match &finding.condition {
                    Some(condition) => line.push_str(&format!(" (fails when {condition})")),
                    None => line.push_str(" (always)"),
                }
            }
            lines.push(line);
        }
        lines
    }

    /// The further instances in one line.
    pub(super) fn instances_line(&self) -> Option<String> {
        /// Addresses that are named; the line stays one line.
        const NAMED: usize = 3;
        let named: Vec<String> = self.instances.iter().take(NAMED).map(|a| format!("`{a}`")).collect();
        let rest = self.instances.len() - named.len();
        match (named.is_empty(), rest) {
            (true, _) => None,
            (false, 0) => Some(format!("the same on {}", named.join(", "))),
            (false, rest) => Some(format!("the same on {} and {rest} more", named.join(", "))),
        }
    }
}
