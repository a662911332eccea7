//! References as the configuration part of a plan writes them, and addresses.

use crate::Str;
use crate::program::{Literal, Mode, Quantity};

/// A key as it stands between the brackets of an address.
pub(super) fn key_text(key: &Literal) -> Str {
    match key {
        Literal::Number(Quantity::Int(n)) => n.to_string().into(),
        Literal::String(text) => format!("{text:?}").into(),
        _ => Str::new(),
    }
}

/// The references that no other one of the list goes on from.
pub(super) fn maximal(list: &[Str]) -> impl Iterator<Item = &Str> {
    list.iter()
        .enumerate()
        .filter(|&(i, reference)| {
            let goes_on = |other: &Str| {
                other.strip_prefix(reference.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']))
            };
            let repeated = list.iter().take(i).any(|earlier| earlier == reference);
            !repeated && !list.iter().any(goes_on)
        })
        .map(|(_, reference)| reference)
}

/// `module.a["x"].module.b` is `module.a["x"]` and `b`; the root's address is empty.
pub(super) fn split_last_call(address: &str) -> (Option<&str>, &str) {
    let mut quoted = false;
    let mut last = None;
    let mut escaped = false;
    for (i, c) in address.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            'm' if !quoted && address.get(i..).is_some_and(|rest| rest.starts_with("module.")) => {
                let at_start = i == 0 || address.get(..i).is_some_and(|before| before.ends_with('.'));
                // `module.module.x` calls something named `module`.
                let is_name = last.is_some_and(|last: usize| last + "module.".len() == i);
                if at_start && !is_name {
                    last = Some(i);
                }
            }
            _ => {}
        }
    }
    match last {
        None => (None, ""),
        Some(at) => {
            let parent = address.get(..at).unwrap_or("").trim_end_matches('.');
            (Some(parent), address.get(at + "module.".len()..).unwrap_or(""))
        }
    }
}

/// A step of a reference.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Name(Str),
    Key(Literal),
}

/// A reference as the configuration part writes them: `aws_s3_bucket.b["x"].id`.
#[derive(Debug, PartialEq)]
pub(super) struct Reference {
    pub(super) root: Str,
    pub(super) steps: Vec<Step>,
}

impl Reference {
    pub(super) fn parse(text: &str) -> Option<Reference> {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let (root, mut rest) = text.split_at_checked(end)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (name, after) = after.split_at_checked(end)?;
                steps.push(Step::Name(name.into()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix("[\"") {
                let end = after.find("\"]")?;
                let (key, after) = after.split_at_checked(end)?;
                steps.push(Step::Key(Literal::String(key.replace("\\\"", "\"").into())));
                rest = after.strip_prefix("\"]")?;
            } else {
                let after = rest.strip_prefix('[')?;
                let (key, after) = after.split_once(']')?;
                steps.push(Step::Key(Literal::Number(Quantity::Int(key.parse().ok()?))));
                rest = after;
            }
        }
        Some(Reference { root: root.into(), steps })
    }

    /// Mode, type, name and what follows, if it refers to a resource.
    pub(super) fn resource(&self) -> Option<(Mode, &Str, &Str, &[Step])> {
        match (self.root.as_str(), self.steps.as_slice()) {
            ("var" | "local" | "module" | "each" | "count" | "path" | "terraform" | "self", _) => None,
            ("data", [Step::Name(type_name), Step::Name(name), rest @ ..]) => {
                Some((Mode::Data, type_name, name, rest))
            }
            (_, [Step::Name(name), rest @ ..]) => Some((Mode::Managed, &self.root, name, rest)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_addresses() {
        assert_eq!(split_last_call(""), (None, ""));
        assert_eq!(split_last_call("module.a"), (Some(""), "a"));
        assert_eq!(
            split_last_call("module.a[\"x.module.y\"].module.b[0]"),
            (Some("module.a[\"x.module.y\"]"), "b[0]")
        );
        assert_eq!(split_last_call("module.module.module.m"), (Some("module.module"), "m"));
    }

    #[test]
    fn references() {
        let reference = Reference::parse("data.aws_x.y[\"a.b\"].c[0]").unwrap();
        let (mode, type_name, name, rest) = reference.resource().unwrap();
        assert_eq!((mode, type_name.as_str(), name.as_str()), (Mode::Data, "aws_x", "y"));
        let zero = Step::Key(Literal::Number(Quantity::Int(0)));
        assert_eq!(rest, [Step::Key(Literal::String("a.b".into())), Step::Name("c".into()), zero]);
        assert_eq!(Reference::parse("var.x").unwrap().resource(), None);
        let list: Vec<Str> = ["a.b.c", "a.b", "a.bc", "a.b.c"].map(Str::from).to_vec();
        assert_eq!(maximal(&list).collect::<Vec<_>>(), ["a.b.c", "a.bc"]);
    }
}
