//! What is different between the properties of a resource as they are and as they should be.

use serde_json::Value as Json;

use crate::Str;

/// A change of a property: its path, and the value it is to have; none: it goes.
pub type Change = (Vec<Str>, Option<Json>);

/// The topmost differences of two values: paths, numbers for elements of lists, and what is there then.
pub fn differences(before: &Json, after: &Json) -> Vec<Change> {
    let mut out = Vec::new();
    compare(Some(before), Some(after), &mut Vec::new(), &mut out);
    out
}

/// Where an element of a list becomes another thing altogether, the list is said as a whole.
pub(super) fn whole_lists(changes: Vec<Change>, after: &Json) -> Vec<Change> {
    let list_of = |path: &[Str]| {
        path.iter()
            .position(|s| s.parse::<usize>().is_ok())
            .map(|at| path.iter().take(at).cloned().collect::<Vec<Str>>())
    };
    let lists: Vec<Vec<Str>> =
        changes.iter().filter(|(_, value)| value.is_none()).filter_map(|(path, _)| list_of(path)).collect();
    let mut out: Vec<Change> = Vec::new();
    for (path, value) in changes {
        let list = list_of(&path).filter(|list| lists.contains(list));
        let change = match list {
            Some(list) => {
                let whole = list.iter().try_fold(after, |at, step| at.get(step.as_str())).cloned();
                (list, whole)
            }
            None => (path, value),
        };
        if !out.contains(&change) {
            out.push(change);
        }
    }
    out
}

fn compare(before: Option<&Json>, after: Option<&Json>, path: &mut Vec<Str>, out: &mut Vec<Change>) {
    match (before, after) {
        (Some(a), Some(b)) if a == b => {}
        (Some(Json::Object(a)), Some(Json::Object(b))) => {
            for (key, value) in b {
                path.push(key.as_str().into());
                compare(a.get(key), Some(value), path, out);
                path.pop();
            }
            for key in a.keys().filter(|k| !b.contains_key(*k)) {
                path.push(key.as_str().into());
                out.push((path.clone(), None));
                path.pop();
            }
        }
        (Some(Json::Array(a)), Some(Json::Array(b))) if a.len() <= b.len() && !a.is_empty() => {
            for (index, value) in b.iter().enumerate() {
                path.push(index.to_string().into());
                compare(a.get(index), Some(value), path, out);
                path.pop();
            }
        }
        (_, after) => out.push((path.clone(), after.cloned())),
    }
}

/// The paths of everything in a value that is no object or list.
pub(super) fn leaf_paths(path: &[Str], value: &Json, out: &mut Vec<Vec<Str>>) {
    let inner = |step: Str| -> Vec<Str> { path.iter().cloned().chain([step]).collect() };
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                leaf_paths(&inner(key.as_str().into()), value, out);
            }
        }
        Json::Array(all) if !all.is_empty() => {
            for (index, value) in all.iter().enumerate() {
                leaf_paths(&inner(index.to_string().into()), value, out);
            }
        }
        _ => out.push(path.to_vec()),
    }
}
