//! Secrets in plain text: what a value looks like, and what the name beside it says.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use regex::Regex;

use crate::Str;
use crate::eval::{
    Data, Guard, List, ListKind, Member, Origin, Part, Store, Truth, UnknownId, UnknownKind, Value,
};

use super::read::{Guarded, arms, field, members, scalar_text};

/// What kind of secret a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// An access key id of AWS (`AKIA…`, `ASIA…`).
    AwsAccessKey,
    /// A secret access key of AWS.
    AwsSecretKey,
    /// A private key in PEM form.
    PrivateKey,
    /// A token whose form its issuer documents (GitHub, Slack, Stripe, …).
    Token,
    /// A password inside a URL.
    UrlPassword,
    /// A text under a name that says that it is a secret.
    Named,
}

/// Larger texts are looked at up to here only.
const MAX_TEXT: usize = 256 * 1024;

/// What stands in every match of [`TOKENS`], form by form.
const TOKEN_SIGNS: [&str; 20] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xox",
    "hooks.slack.com",
    "k_live_",
    "AIza",
    "SG.",
    "npm_",
    "pypi-AgE",
    "dop_v1_",
    "sk-ant-",
    "sk-proj-",
    "hvs.",
    "hvb.",
    "eyJ",
];

/// Forms that issuers document. The first in the text counts.
static TOKENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let forms = [
        r"gh[pousr]_[A-Za-z0-9]{36,}",
        r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        r"glpat-[A-Za-z0-9_-]{20,}",
        r"xox[abeprs]-[A-Za-z0-9-]{10,}",
        r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
        r"[rs]k_live_[A-Za-z0-9]{16,}",
        r"AIza[A-Za-z0-9_-]{35}",
        r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        r"npm_[A-Za-z0-9]{36}",
        r"pypi-AgE[A-Za-z0-9_-]{50,}",
        r"dop_v1_[a-f0-9]{64}",
        r"sk-(?:ant-|proj-)[A-Za-z0-9_-]{20,}",
        r"hv[sb]\.[A-Za-z0-9_-]{24,}",
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ];
    Regex::new(&format!(r"\b(?:{})", forms.join("|"))).ok()
});

static ACCESS_KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b").ok());

static PRIVATE_KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----").ok());

static URL_PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b[a-z][a-z0-9+.-]*://[^\s:/@{}$]+:([^\s:/@{}$<>*]{3,})@[^\s/]+").ok());

/// What secret a text shows by its form alone.
pub fn secret_in_text(text: &str) -> Option<SecretKind> {
    let text = text.get(..MAX_TEXT).unwrap_or(text);
    // an expression is compiled when a text first has what every match has: that costs more than all small templates
    let has = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    let found = |signs: &[&str], regex: &LazyLock<Option<Regex>>| {
        has(signs) && regex.as_ref().is_some_and(|r| r.is_match(text))
    };
    if text.len() < 16 {
        return None;
    }
    if found(&["AKIA", "ASIA", "ABIA", "ACCA"], &ACCESS_KEY) {
        return Some(SecretKind::AwsAccessKey);
    }
    if found(&["PRIVATE KEY"], &PRIVATE_KEY) {
        return Some(SecretKind::PrivateKey);
    }
    if found(&TOKEN_SIGNS, &TOKENS) {
        return Some(SecretKind::Token);
    }
    if has(&["://"])
        && let Some(Some(captures)) = URL_PASSWORD.as_ref().map(|r| r.captures(text))
        && captures.get(1).is_some_and(|m| !is_placeholder(m.as_str()))
    {
        return Some(SecretKind::UrlPassword);
    }
    let lower = text.to_ascii_lowercase();
    let names_aws = ["secret", "aws_", "access_key", "accesskey"].iter().any(|word| lower.contains(word));
    if names_aws && base64_words(text).any(is_secret_key) {
        return Some(SecretKind::AwsSecretKey);
    }
    const NAMED: [&str; 7] = ["pass", "pwd", "secret", "token", "key", "credential", "connection"];
    if !NAMED.iter().any(|word| lower.contains(word)) {
        return None;
    }
    assignments(text).find_map(|(name, value)| named_secret(name, value))
}

/// What the lines of a script, a command or a file of settings assign as a literal: `export NAME=value`, `A=1 B=2
/// command`, `--name=value`, `$env:NAME = "value"`, `name = value`, `Server=db;Password=value`. What a variable, a command
/// or an expression gives is none.
fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#') && !line.starts_with("//"));
    lines.flat_map(|line| line.match_indices('=').filter_map(move |(at, _)| assigned(line, at)))
}

/// The literal that the `=` at a place of a line assigns, with its name.
fn assigned(line: &str, at: usize) -> Option<(&str, &str)> {
    let (before, after) = (line.get(..at)?, line.get(at + 1..)?);
    let name_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let left = before.trim_end();
    let name = left.get(left.trim_end_matches(name_part).len()..)?;
    // A variable of PowerShell takes expressions: only what is quoted is a literal there.
    let rest = left.get(..left.len() - name.len())?;
    let variable = matches!(rest, "$" | "$env:" | "$Env:" | "$ENV:");
    let begins = rest.is_empty() || rest.ends_with([' ', '\t', '"', '\'', ';', '&', '?', ',', '(', '\\']);
    if name.is_empty() || !(variable || begins) || after.starts_with(['=', '~']) {
        return None;
    }
    let spaced = left.len() != before.len() || after.starts_with([' ', '\t']);
    // only a line of its own may have blanks about its `=`: elsewhere they are those of a comparison
    if spaced && !(variable || rest.is_empty()) {
        return None;
    }
    let after = after.trim_start_matches([' ', '\t']);
    let computes = |text: &str| {
        text.contains('`')
            || text.split('$').skip(1).any(|more| {
                more.starts_with(|c: char| {
                    c.is_ascii_alphanumeric() || matches!(c, '_' | '{' | '(' | '@' | '*' | '#' | '?')
                })
            })
    };
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let inner = after.get(1..)?;
        let (value, more) = inner.split_once(quote)?;
        let goes_on = more.starts_with(|c: char| name_part(c) || matches!(c, '$' | '"' | '\'' | '+' | '('));
        return (!goes_on && (quote == '\'' || !computes(value))).then_some((name, value));
    }
    if variable {
        return None;
    }
    let end = after
        .find(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '"' | '\'' | ',' | ')' | '\\'));
    let (value, more) = after.split_at(end.unwrap_or(after.len()));
    let code = more.starts_with([',', ')']) || value.contains(['(', '[', '{', '<', '>', '*']);
    // after a quote that ends here and goes on, the word goes on
    let goes_on = more.starts_with(['"', '\''])
        && more.get(1..).is_some_and(|more| more.starts_with(|c: char| name_part(c) || c == '$'));
    // `password = password` with blanks is a name in a program unless it looks like no name
    let is_name = spaced
        && (!more.trim().is_empty()
            || value.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.')));
    (!code && !goes_on && !is_name && !computes(value)).then_some((name, value))
}

/// Runs of characters that a secret access key is made of.
fn base64_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '+')))
}

/// The form of a secret access key: 40 characters of all kinds, as random as such a key is.
fn is_secret_key(word: &str) -> bool {
    word.len() == 40
        && word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().any(|b| b.is_ascii_lowercase())
        && word.bytes().any(|b| b.is_ascii_digit())
        && entropy(word) > 4.0
}

/// Shannon entropy in bits per character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    counts.iter().filter(|n| **n > 0).map(|n| f64::from(*n) / length).map(|p| -p * p.log2()).sum()
}

/// What kind of secret a name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameKind {
    Password,
    Key,
}

/// Words of a name in lower case: `dbPassword`, `DB_PASSWORD` and `db-password` are `db`, `password`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last_lower = false;
    for c in name.chars() {
        let boundary = !c.is_alphanumeric() || (c.is_uppercase() && last_lower);
        if boundary || words.is_empty() {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        last_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn name_kind(name: &str) -> Option<NameKind> {
    let words = words(name);
    let last = words.last()?.as_str();
    // About a secret, not one: where it is, how it is called, how long it lives.
    const ABOUT: &[&str] = &[
        "arn",
        "name",
        "path",
        "file",
        "filename",
        "url",
        "uri",
        "endpoint",
        "host",
        "id",
        "ids",
        "ttl",
        "length",
        "size",
        "enabled",
        "expiry",
        "expiration",
        "expires",
        "policy",
        "type",
        "prefix",
        "suffix",
        "parameter",
        "param",
        "version",
        "location",
        "region",
        "header",
        "field",
        "issuer",
        "audience",
        "algorithm",
        "timeout",
        "rotation",
        "manager",
        "provider",
        "store",
        "bucket",
        "ref",
        "reference",
        "days",
        "minutes",
        "seconds",
        "required",
        "validity",
        "env",
        "hash",
        "usage",
        "scope",
        "kind",
        "format",
        "source",
    ];
    let joined = words.join("_");
    let access_key_id = joined.ends_with("access_key_id") || joined.ends_with("accesskey_id");
    if ABOUT.contains(&last) && !access_key_id {
        return None;
    }
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let ends = |wanted: &[&str]| wanted.iter().any(|word| joined.ends_with(word));
    if last == "pass"
        || has(&["password", "passwd", "pwd", "passphrase", "secret", "secrets"])
        || ends(&["password", "passwd", "secret", "secretkey", "clientsecret"])
    {
        return Some(NameKind::Password);
    }
    let keys = [
        "api_key",
        "apikey",
        "access_key",
        "accesskey",
        "private_key",
        "privatekey",
        "auth_key",
        "authkey",
        "token",
        "encryption_key",
        "signing_key",
        "master_key",
        "license_key",
        "credential",
        "credentials",
        "connection_string",
        "secret_key",
        "account_key",
    ];
    (ends(&keys) || access_key_id).then_some(NameKind::Key)
}

/// A text that stands where a secret will be: a dynamic reference, a template's variable, a word that asks to be
/// replaced.
fn is_placeholder(text: &str) -> bool {
    let trimmed = text.trim();
    let lower = trimmed.to_ascii_lowercase();
    let first = trimmed.chars().next();
    trimmed.is_empty()
        || lower.contains("{{")
        || trimmed.contains("${")
        || lower.starts_with("arn:")
        || (first == Some('<') && trimmed.ends_with('>'))
        || (first == Some('[') && trimmed.ends_with(']'))
        || (first == Some('%') && trimmed.ends_with('%'))
        || (first == Some('$')
            && trimmed.len() > 1
            && trimmed.chars().skip(1).all(|c| c.is_ascii_uppercase() || c == '_'))
        || trimmed.chars().all(|c| Some(c) == first)
        || matches!(
            lower.replace(['_', '-', ' '], "").as_str(),
            "changeme"
                | "changeit"
                | "replaceme"
                | "todo"
                | "tbd"
                | "placeholder"
                | "dummy"
                | "none"
                | "null"
                | "nil"
                | "true"
                | "false"
                | "undefined"
                | "na"
                | "n/a"
                | "redacted"
                | "notset"
                | "required"
                | "optional"
                | "default"
                | "disabled"
                | "enabled"
                | "insertsecrethere"
                | "yourpasswordhere"
        )
        || lower.starts_with("your_")
        || lower.starts_with("your-")
        || lower.starts_with("/aws/")
        || lower.starts_with("ssm:")
}

/// Whether a text is a name or a place rather than a secret: a path, a host, a URL, words with blanks.
fn is_a_place(text: &str) -> bool {
    text.starts_with('/')
        || text.starts_with("./")
        || text.contains("://")
        || text.contains(' ')
        || (text.contains('/') && !text.bytes().any(|b| b.is_ascii_digit()))
        || (text.ends_with(".com")
            || text.ends_with(".pem")
            || text.ends_with(".json")
            || text.ends_with(".key"))
}

/// What secret a text under a name is, if any. Dynamic references (`{{resolve:secretsmanager:…}}`) and placeholders are
/// none.
pub fn secret(name: &str, text: &str) -> Option<SecretKind> {
    if let Some(kind) = secret_in_text(text) {
        return Some(kind);
    }
    if let Some(decoded) = decoded(text)
        && let Some(kind) = secret_in_text(&decoded)
    {
        return Some(kind);
    }
    named_secret(name, text)
}

/// What secret a text is because of the name that it has.
fn named_secret(name: &str, text: &str) -> Option<SecretKind> {
    let kind = name_kind(name)?;
    if base64_words(text).any(|word| word.len() == text.trim().len() && is_secret_key(word)) {
        return Some(SecretKind::AwsSecretKey);
    }
    let example =
        |word: &str| matches!(word, "test" | "tests" | "example" | "sample" | "dummy" | "mock" | "fake");
    if words(name).iter().any(|word| example(word)) || text.to_ascii_lowercase().contains("example") {
        return None;
    }
    if is_placeholder(text) || is_a_place(text) || text.len() > 1024 {
        return None;
    }
    let is_secret = match kind {
        NameKind::Password => text.len() >= 4 && text.parse::<f64>().map_or(true, |_| text.len() >= 6),
        NameKind::Key => {
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            text.len() >= 12 && (entropy(text) >= 3.0 || (digits >= 2 && entropy(text) >= 2.5))
        }
    };
    is_secret.then_some(SecretKind::Named)
}

/// The text inside a base64 text, such as user data.
fn decoded(text: &str) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.len() < 32 || trimmed.len() > MAX_TEXT || trimmed.contains(' ') {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(trimmed).ok()?;
    String::from_utf8(bytes).ok()
}

/// Whether a value under a name (none: a name that is not known) is a secret in plain text. What an input that nobody
/// set, or something that could not be found out, comes to may be one where the name speaks of one; what the provider
/// makes up, and what a sensitive input is given from outside, is not written here.
pub fn looks_secret(store: &Store, name: Option<&str>, value: &Value) -> Truth {
    let mut truth = Truth::NO;
    for (guard, value) in arms(store, value) {
        let one = match plain(store, name.unwrap_or_default(), &value) {
            Some(_) => Truth::YES,
            None if may_be_secret(store, name, &value) => Truth::UNKNOWN,
            None => Truth::NO,
        };
        truth = store.truth_or(truth, store.truth_and(store.truth_when(guard), one));
    }
    truth
}

fn may_be_secret(store: &Store, name: Option<&str>, value: &Value) -> bool {
    let Some(name) = name else {
        return !matches!(value.data, Data::Absent | Data::Null | Data::Bool(_))
            && value.as_str() != Some(&Str::new());
    };
    !store.is_sensitive(value.marks)
        && name_kind(name).is_some()
        && store.unknowns_in(value).into_iter().flat_map(|id| store.inputs_of(id)).any(|id| {
            matches!(
                store.unknown_info(id).kind,
                UnknownKind::Input(_) | UnknownKind::Reason { .. } | UnknownKind::Failed { .. }
            )
        })
}

/// Whether a text can be read by whoever reads the source or may look at what was deployed: written as a literal, taken
/// from a plain-text parameter of Systems Manager, or given as a template parameter that is not hidden. `template`:
/// inputs are parameters of CloudFormation.
///
/// Of dynamic references, `ssm` reads parameters of type String, `ssm-secure` and `secretsmanager` read secrets ("Use
/// dynamic references to specify template values", CloudFormation User Guide). A parameter without `NoEcho` is shown in
/// the console and by the API ("Parameters", same guide). What a Terraform variable without a default will be is not
/// known, unless it is sensitive: then it is given from outside.
pub fn readable(store: &Store, value: &Value, template: bool) -> Truth {
    let all = arms(store, value);
    let each =
        all.iter().map(|(guard, value)| store.truth_under(readable_part(store, value, template), *guard));
    each.fold(Truth::UNKNOWN, |all, one| Truth {
        yes: store.or(all.yes, one.yes),
        no: store.or(all.no, one.no),
    })
}

fn readable_part(store: &Store, value: &Value, template: bool) -> Truth {
    match &value.data {
        Data::Absent | Data::Null | Data::Bool(_) => Truth::NO,
        Data::Number(_) => Truth::YES,
        Data::String(text) => Truth::of(
            !text.trim().is_empty() && (!text.contains(REFERENCE) || text.contains(PLAIN_REFERENCE)),
        ),
        Data::Text(parts) => {
            let texts = || {
                parts.iter().filter_map(|part| match part {
                    Part::Text(text) => Some(text),
                    Part::Term(_) => None,
                })
            };
            if texts().any(|text| text.contains(PLAIN_REFERENCE)) {
                return Truth::YES;
            }
            if texts().any(|text| text.contains(REFERENCE)) {
                return Truth::NO;
            }
            // All of it must be readable.
            let terms = parts.iter().filter_map(|part| match part {
                Part::Term(term) => Some(readable(store, term, template)),
                Part::Text(_) => None,
            });
            terms.fold(Truth::YES, |all, one| store.truth_and(all, one))
        }
        Data::Unknown(id) => {
            if store.is_sensitive(value.marks) {
                return Truth::NO;
            }
            let from = store.inputs_of(*id).into_iter().map(|id| match store.unknown_info(id).kind {
                UnknownKind::Input(_) if template => Truth::YES,
                UnknownKind::Attribute(_) | UnknownKind::Named(_) => Truth::NO,
                _ => Truth::UNKNOWN,
            });
            from.fold(Truth::YES, |all, one| store.truth_and(all, one))
        }
        _ => Truth::UNKNOWN,
    }
}

const REFERENCE: &str = "{{resolve:";
const PLAIN_REFERENCE: &str = "{{resolve:ssm:";

/// A text known in part, with `${0}`, `${1}` … for its terms by their place among the parts.
fn with_terms(parts: &[Part]) -> String {
    let written = parts.iter().enumerate().map(|(place, part)| match part {
        Part::Text(text) => Cow::Borrowed(text.as_str()),
        Part::Term(_) => Cow::Owned(format!("${{{place}}}")),
    });
    written.collect()
}

fn plain(store: &Store, name: &str, value: &Value) -> Option<SecretKind> {
    match &value.data {
        Data::Unknown(id) => plain(store, name, &store.encoded_from(*id)?),
        Data::String(text) => secret(name, text),
        // Of a text known in part only its known pieces can show a secret: what a line assigns is one if it is all known.
        Data::Text(parts) => secret_in_text(&with_terms(parts)),
        Data::Json(inner) => match &inner.data {
            Data::Map(map) => map.entries.iter().find_map(|entry| plain(store, &entry.key, &entry.value)),
            Data::List(list) => list.members.iter().find_map(|member| plain(store, name, &member.value)),
            _ => plain(store, name, inner),
        },
        _ => None,
    }
}

/// A secret in an environment.
#[derive(Clone, Debug)]
pub struct SecretHit {
    /// When it is there.
    pub guard: Guard,
    /// The name.
    pub key: Str,
    /// The value, with where it is written.
    pub value: Value,
}

/// The secrets of an environment: a map, or a list of `{ Name, Value }`.
pub fn plaintext_secrets(store: &Store, environment: &Value) -> (Vec<SecretHit>, Option<UnknownId>) {
    let mut hits = Vec::new();
    let (mut open, mut maybe) = (None, None);
    let mut check = |guard: Guard, key: &Str, value: &Value| {
        for (arm, value) in arms(store, value) {
            let guard = store.and(guard, arm);
            if guard.is_false() {
                continue;
            }
            if plain(store, key, &value).is_some() {
                hits.push(SecretHit { guard, key: key.clone(), value: value.into_owned() });
            } else if may_be_secret(store, Some(key), &value) {
                maybe = maybe.or_else(|| store.unknowns_in(&value).first().copied());
            }
        }
    };
    for (guard, environment) in arms(store, environment) {
        match &environment.data {
            Data::Map(map) => {
                for entry in &map.entries {
                    check(store.and(guard, entry.guard), &entry.key, &entry.value);
                }
                open = open.or(map.rest);
            }
            Data::List(_) => {
                let all = members(store, &[Guarded { guard, value: environment.clone().into_owned() }]);
                open = open.or(all.open.first().map(|o| o.value));
                for pair in all.items {
                    let name = ["Name", "Key", "ParameterName"].iter().find_map(|key| {
                        field(store, &pair.value, key).iter().find_map(|case| scalar_text(&case.value))
                    });
                    for key in ["Value", "ParameterValue"] {
                        for case in field(store, &pair.value, key) {
                            check(
                                store.and(pair.guard, case.guard),
                                &name.clone().unwrap_or_default(),
                                &case.value,
                            );
                        }
                    }
                }
            }
            Data::Unknown(id) => open = open.or(Some(*id)),
            _ => {}
        }
    }
    (hits, open.or(maybe))
}

/// Hits as a list of `{ key, value }`.
pub fn as_list(hits: &[SecretHit], rest: Option<UnknownId>) -> Value {
    let members = hits
        .iter()
        .map(|hit| {
            let key = Value::new(Data::String(hit.key.clone()), hit.value.origin);
            let pair = Value::object([("key".into(), key), ("value".into(), hit.value.clone())]);
            Member { guard: hit.guard, value: pair.with_origin(hit.value.origin) }
        })
        .collect();
    Value::new(Data::List(Arc::new(List { kind: ListKind::List, members, rest })), Origin::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_recognised_wherever_they_stand() {
        let script = "#!/bin/sh\nexport AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n";
        assert_eq!(secret("user_data", script), Some(SecretKind::AwsAccessKey));
        let encoded = base64::engine::general_purpose::STANDARD.encode(script);
        assert_eq!(secret("UserData", &encoded), Some(SecretKind::AwsAccessKey));
        let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(secret("secret_key", key), Some(SecretKind::AwsSecretKey));
        assert_eq!(
            secret("user_data", &format!("export AWS_SECRET_ACCESS_KEY={key}")),
            Some(SecretKind::AwsSecretKey)
        );
        assert_eq!(secret("x", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"), Some(SecretKind::PrivateKey));
        assert_eq!(secret("URL", "postgres://app:s3cr3t@db.internal/app"), Some(SecretKind::UrlPassword));
    }

    #[test]
    fn what_a_script_assigns_has_a_name() {
        let found = |text: &str| secret_in_text(text);
        for text in [
            "#!/bin/bash\nexport DATABASE_PASSWORD=password1234",
            "#!/bin/bash\r\n  DB_PORT=1 DB_PASS='hunter2hunter' ./start",
            "docker run -e DB_PASSWORD=hunter2 -p 80:80 app",
            "docker run -e \"DB_PASSWORD=hunter2\" app",
            "echo \"export DB_PASSWORD=hunter2\" >> /etc/profile",
            "java -Dspring.datasource.password=hunter2 -jar app.jar",
            "aws rds modify-db-instance --master-user-password=hunter2",
            "$env:DB_PASSWORD = \"hunter2\"",
            "[client]\npassword = hunter2\n",
            "password=\"hunter2$$\"",
            "DB_PASSWORD='pa$word'",
            "Server=db;User=sa;Password=hunter2;",
            "/etc/x <<E\nAPI_KEY=5a7b9c1d3e5f7a9b\nE",
            "NAME=app DB_PASSWORD=hunter2 REGION=${0}",
        ] {
            assert_eq!(found(text), Some(SecretKind::Named), "{text}");
        }
        for text in [
            "export DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id db)",
            "export DB_PASSWORD=\"$(aws ssm get-parameter --name db)\"",
            "DB_PASSWORD=`cat /run/secret`",
            "DB_PASSWORD=$1\nDB_PASSWORD=\"$2\"\nDB_PASSWORD=${3:-}",
            "export DB_PASSWORD=\"prefix-${db_password}\"",
            "export DB_PASSWORD='${0}'",
            "export DB_PASSWORD=abc\"$REST\"",
            "[ \"$DB_PASSWORD\" = hunter2 ] && exit",
            "if [ $DB_PASSWORD == hunter2 ]; then",
            "# export DB_PASSWORD=hunter2",
            "$password = Read-Host -AsSecureString",
            "$secret = (Get-SECSecretValue -SecretId db).SecretString",
            "password = config.get('password')",
            "password = default_password",
            "connect(user=user, password=password)",
            "export DB_PASSWORD=CHANGE_ME",
            "DB_PASSWORD_FILE=/run/secrets/db",
            "sed -i 's/password=.*/password=x/' /etc/app.conf",
            "DB_PASSWORD=<your password>",
            "--query SecretString --output=text --secret-id=db",
            "echo password=\n",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn names_make_texts_secret() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter2hunter"),
            ("dbPassword", "Sup3rS3cret!"),
            ("API_KEY", "5a7b9c1d3e5f7a9b"),
            ("client-secret", "qwertyuiop"),
            ("/myapp/api_key", "akdfaksdfjkasdfjskafjdkfajsdfk345"),
        ] {
            assert_eq!(secret(name, value), Some(SecretKind::Named), "{name}");
        }
    }

    #[test]
    fn references_places_and_placeholders_are_no_secrets() {
        for (name, value) in [
            ("DB_PASSWORD", "{{resolve:secretsmanager:db:SecretString:password}}"),
            ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"),
            ("DB_PASSWORD", "<password>"),
            ("DB_PASSWORD", "CHANGE_ME"),
            ("DB_PASSWORD", "********"),
            ("PASSWORD_LENGTH", "16"),
            ("SECRET_NAME", "prod-database"),
            ("SECRET_ARN", "whatever-it-is"),
            ("PASSWORD_FILE", "/run/secrets/db"),
            ("TOKEN_TTL", "3600"),
            ("API_KEY", "prod"),
            ("LOG_LEVEL", "debug"),
            ("MYSECRET_TEST", "akdfaksdfjkasdfjskafjdkfajsdfk345"),
            ("DB_PASSWORD", "an-EXAMPLE-password"),
            ("BUCKET", "my-very-long-bucket-name-for-logs-1234"),
            ("COMMIT", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
            ("URL", "https://example.com/path?x=1"),
            ("URL", "postgres://app:${PASSWORD}@db/app"),
        ] {
            assert_eq!(secret(name, value), None, "{name}={value}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_said_to_be_no_secret() {
        use crate::eval::{Marks, Reference};
        use crate::program::TypeExpr;
        let store = Store::new(Arc::new(crate::source::Sources::new()));
        let unknown =
            |kind| Value::new(Data::Unknown(store.unknown(kind, false, TypeExpr::Any)), Origin::NONE);
        let input = unknown(UnknownKind::Input("var.db_password".into()));
        let mut hidden = input.clone();
        hidden.marks = store.mark_sensitive(Marks::NONE);
        let made_up = unknown(UnknownKind::Attribute(Reference {
            instance: crate::eval::InstanceId(0),
            attribute: "result".into(),
        }));
        assert_eq!(readable(&store, &input, false), Truth::UNKNOWN);
        assert_eq!(readable(&store, &input, true), Truth::YES, "a parameter is shown");
        assert_eq!(readable(&store, &hidden, true), Truth::NO);
        assert_eq!(readable(&store, &hidden, false), Truth::NO);
        assert_eq!(readable(&store, &made_up, true), Truth::NO);
        assert_eq!(readable(&store, &Value::string("hunter2"), false), Truth::YES);
        assert_eq!(readable(&store, &Value::string("{{resolve:ssm-secure:db:1}}"), true), Truth::NO);
        assert_eq!(readable(&store, &Value::string("{{resolve:ssm:db:1}}"), true), Truth::YES);
        let partly = |term: &Value| {
            let parts = vec![Part::Text("x-".into()), Part::Term(term.clone())];
            readable(&store, &Value::new(Data::Text(parts.into()), Origin::NONE), false)
        };
        assert_eq!((partly(&input), partly(&made_up)), (Truth::UNKNOWN, Truth::NO));

        assert_eq!(looks_secret(&store, Some("db_password"), &input), Truth::UNKNOWN);
        assert_eq!(looks_secret(&store, Some("db_password"), &hidden), Truth::NO);
        assert_eq!(looks_secret(&store, Some("table"), &input), Truth::NO);
        assert_eq!(looks_secret(&store, None, &Value::string("hunter2")), Truth::UNKNOWN);
        let environment = Value::object([("DB_PASSWORD".into(), input), ("TABLE".into(), made_up)]);
        let (hits, open) = plaintext_secrets(&store, &environment);
        assert!(hits.is_empty() && open.is_some());
    }
}
