//! Values as a language writes them.

use crate::Str;

use super::code::{Code, Family, No, Piece, because, is_name};
use super::names;
use super::table::Term;

impl Code<'_> {
    /// Text as a literal.
    pub(super) fn quoted(&self, text: &str) -> String {
        let mut out = String::new();
        out.push(self.quote);
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c == self.quote => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        out.push(self.quote);
        out
    }

    /// A name as a member of something is called: methods and props are in snake case in Python.
    pub(super) fn spelled(&self, name: &str) -> String {
        match self.family {
            Family::Python if name.starts_with(|c: char| c.is_ascii_lowercase()) => names::snake(name),
            _ => name.to_owned(),
        }
    }

    /// A JSON value as a literal; `props`: its keys are names of props.
    pub(super) fn json(&self, value: &serde_json::Value, props: bool) -> String {
        use serde_json::Value as Json;
        let python = self.family == Family::Python;
        match value {
            Json::Null if python => "None".to_owned(),
            Json::Null => "null".to_owned(),
            Json::Bool(true) if python => "True".to_owned(),
            Json::Bool(false) if python => "False".to_owned(),
            Json::Bool(b) => b.to_string(),
            Json::Number(n) => n.to_string(),
            Json::String(s) => self.quoted(s),
            Json::Array(all) => {
                let all: Vec<String> = all.iter().map(|v| self.json(v, props)).collect();
                format!("[{}]", all.join(", "))
            }
            Json::Object(map) => {
                let members = map.iter().map(|(key, value)| {
                    let key = if props { names::camel(key).to_string() } else { key.clone() };
                    let bare = !python && is_name(&key);
                    let key = if bare { key } else { self.quoted(&key) };
                    format!("{key}: {}", self.json(value, props))
                });
                let members: Vec<String> = members.collect();
                match (members.is_empty(), python) {
                    (true, _) => "{}".to_owned(),
                    (false, true) => format!("{{{}}}", members.join(", ")),
                    (false, false) => format!("{{ {} }}", members.join(", ")),
                }
            }
        }
    }

    /// A term as text; what it needs to be imported is added to the edits.
    pub(super) fn term(&self, term: &Term, module: &str, pieces: &mut Vec<Piece>) -> Result<String, No> {
        Ok(match term {
            Term::Json(value) => self.json(value, true),
            Term::Name { module: other, names, arguments, new } => {
                let first = names.first().copied().unwrap_or("");
                let mut out = String::new();
                if *new && self.family != Family::Python {
                    out.push_str("new ");
                }
                out.push_str(&self.name(other.unwrap_or(module), first, pieces));
                for name in names.iter().skip(1) {
                    out.push('.');
                    out.push_str(&self.spelled(name));
                }
                if let Some(arguments) = arguments {
                    let all: Result<Vec<String>, No> = arguments
                        .iter()
                        .map(|a| match a {
                            Term::Props(members, _) if self.family == Family::Python => {
                                self.keywords(members, module, pieces)
                            }
                            a => self.term(a, module, pieces),
                        })
                        .collect();
                    out.push_str(&format!("({})", all?.join(", ")));
                }
                out
            }
            Term::List(all) => {
                let all: Result<Vec<String>, No> = all.iter().map(|t| self.term(t, module, pieces)).collect();
                format!("[{}]", all?.join(", "))
            }
            Term::Props(members, of) if self.family == Family::Python => {
                let Some(of) = of else { return because("it is not told which struct it is in Python") };
                let of = self.name(module, of, pieces);
                format!("{of}({})", self.keywords(members, module, pieces)?)
            }
            Term::Props(members, _) => {
                let members: Result<Vec<String>, No> = members
                    .iter()
                    .map(|(key, value)| Ok(format!("{key}: {}", self.term(value, module, pieces)?)))
                    .collect();
                format!("{{ {} }}", members?.join(", "))
            }
            Term::Given | Term::Members => return because("the table leaves a value open"),
        })
    }

    fn keywords(&self, members: &[(Str, Term)], module: &str, pieces: &mut Vec<Piece>) -> Result<String, No> {
        let all: Result<Vec<String>, No> = members
            .iter()
            .map(|(key, value)| Ok(format!("{}={}", names::snake(key), self.term(value, module, pieces)?)))
            .collect();
        Ok(all?.join(", "))
    }
}
