//! Values as JSON: what is known as it is, what is not under `$unknown`, `$choice`, `$string`, `$sensitive`.

use serde_json::{Map, Value as Json, json};

use crate::eval::{Data, Guard, Number, Part, Store, Value};

/// How deep values are written; what is deeper is cut and says so.
const MAX_DEPTH: usize = 64;

/// A value as JSON. Absent members are left out; an absent value is null.
pub fn value_json(store: &Store, value: &Value) -> Json {
    write(store, value, 0)
}

fn unknown(name: impl Into<String>) -> Json {
    json!({ "$unknown": name.into() })
}

fn write(store: &Store, value: &Value, depth: usize) -> Json {
    if depth >= MAX_DEPTH {
        return unknown("nested too deep to show");
    }
    let shown = match &value.data {
        Data::Absent | Data::Null => Json::Null,
        Data::Bool(b) => Json::Bool(*b),
        Data::Number(number) => number_json(number),
        Data::String(text) => Json::String(text.to_string()),
        Data::Json(inner) => match store.json_text(inner) {
            Some(text) => Json::String(text),
            None => json!({ "$string": [{ "$json": write(store, inner, depth + 1) }] }),
        },
        Data::Text(parts) => {
            let parts: Vec<Json> = parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => Json::String(text.to_string()),
                    Part::Term(term) => write(store, term, depth + 1),
                })
                .collect();
            // structured text within text is known, too
            match parts.iter().map(Json::as_str).collect::<Option<Vec<&str>>>() {
                Some(texts) => Json::String(texts.concat()),
                None => json!({ "$string": parts }),
            }
        }
        // Nothing of it is known.
        Data::List(list) if list.members.is_empty() && list.rest.is_some() => {
            unknown(list.rest.map(|rest| store.unknown_name(rest)).unwrap_or_default())
        }
        Data::List(list) => {
            let mut items: Vec<Json> = Vec::with_capacity(list.members.len());
            for member in &list.members {
                let shown = write(store, &member.value, depth + 1);
                items.push(guarded(store, member.guard, shown));
            }
            if let Some(rest) = list.rest {
                items.push(unknown(store.unknown_name(rest)));
            }
            Json::Array(items)
        }
        Data::Map(map) => {
            let mut out = Map::new();
            for entry in &map.entries {
                if matches!(entry.value.data, Data::Absent) {
                    continue;
                }
                let shown = guarded(store, entry.guard, write(store, &entry.value, depth + 1));
                match out.get_mut(entry.key.as_str()) {
                    // one key under several guards: the arms of a choice
                    Some(Json::Object(known)) if known.contains_key("$choice") => {
                        if let (Some(Json::Array(arms)), Json::Object(mut new)) =
                            (known.get_mut("$choice"), shown)
                            && let Some(Json::Array(more)) = new.remove("$choice")
                        {
                            arms.extend(more);
                        }
                    }
                    _ => {
                        out.insert(entry.key.to_string(), shown);
                    }
                }
            }
            if let Some(rest) = map.rest {
                out.insert("$rest".to_owned(), unknown(store.unknown_name(rest)));
            }
            Json::Object(out)
        }
        Data::Unknown(id) => unknown(store.unknown_name(*id)),
        Data::Choice(arms) => {
            let mut shown: Vec<(Guard, Json)> = Vec::with_capacity(arms.len());
            for arm in arms.iter() {
                let value = write(store, &arm.value, depth + 1);
                // what several entries of a mapping say is one alternative
                match shown.iter_mut().find(|(_, known)| store.looks_up() && *known == value) {
                    Some((guard, _)) => *guard = store.or(*guard, arm.guard),
                    None => shown.push((arm.guard, value)),
                }
            }
            match shown.as_slice() {
                [(Guard::TRUE, only)] => only.clone(),
                _ => {
                    let arm = |(guard, value): (Guard, Json)| json!({ "when": store.describe_alternative(guard), "value": value });
                    json!({ "$choice": shown.into_iter().map(arm).collect::<Vec<Json>>() })
                }
            }
        }
        Data::Instance(id) => unknown(
            store.instance(*id).map(|i| i.address.to_string()).unwrap_or_else(|| "a resource".to_owned()),
        ),
    };
    if store.is_sensitive(value.marks) { json!({ "$sensitive": shown }) } else { shown }
}

fn guarded(store: &Store, guard: crate::eval::Guard, shown: Json) -> Json {
    if guard == crate::eval::Guard::TRUE {
        return shown;
    }
    json!({ "$choice": [{ "when": store.describe(guard), "value": shown }] })
}

fn number_json(number: &Number) -> Json {
    let text = number.to_string();
    // Fractions and what is beyond 64 bits: JSON readers have floats for them, the nearest one is what they make of it.
    let whole = serde_json::from_str(&text).ok().filter(|n: &serde_json::Number| !n.is_f64());
    let number = whole.or_else(|| serde_json::Number::from_f64(number.as_f64()));
    number.map_or(Json::String(text), Json::Number)
}
