//! Files and paths. What is read is decided by [`crate::eval::Names::file`]: never outside the configuration.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::Digest;

use crate::Str;

use super::super::convert::make_set;
use super::super::guard::Guard;
use super::super::value::{Data, Member, Part, Value};
use super::hash::hex;
use super::{Cx, Failure, Function, Look, Returns, nullable, pure};
use crate::eval::{InstanceId, Names, Outcome, Unread};
use crate::program::Root;
use crate::source::{Diagnostic, Severity, Span};

pub(super) const FUNCTIONS: &[Function] = &[
    pure("file", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| match String::from_utf8(bytes) {
            Ok(text) => cx.string(text),
            Err(_) => cx.fail("the file is not UTF-8"),
        })
    }),
    pure("filebase64", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| cx.string(BASE64.encode(bytes)))
    }),
    pure("filemd5", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| cx.string(hex(&md5::Md5::digest(bytes))))
    }),
    pure("filesha1", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| cx.string(hex(&sha1::Sha1::digest(bytes))))
    }),
    pure("filesha256", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| cx.string(hex(&sha2::Sha256::digest(bytes))))
    }),
    pure("filesha512", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| cx.string(hex(&sha2::Sha512::digest(bytes))))
    }),
    pure("filebase64sha256", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| cx.string(BASE64.encode(sha2::Sha256::digest(bytes))))
    }),
    pure("filebase64sha512", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        with_bytes(cx, args, |bytes| cx.string(BASE64.encode(sha2::Sha512::digest(bytes))))
    }),
    pure("fileexists", (1, 1), Look::Shallow, Returns::Bool, |cx, args| {
        let path = cx.arg_str(args, 0)?;
        if cx.env.names.files(&path).is_ok() && cx.env.names.file(&path).is_err() {
            return cx.fail(format!("`{path}` is a directory, not a file"));
        }
        cx.bool(cx.env.names.file(&path).is_ok())
    }),
    pure("fileset", (2, 2), Look::Shallow, Returns::StringSet, fileset),
    nullable("templatefile", (2, 2), Look::Raw, Returns::String, |cx, args| {
        let (Some(path), Some(vars)) = (args.first(), args.get(1)) else {
            return cx.fail("a path and variables are needed");
        };
        cx.evaluator.each_arm(path, &|path| {
            let Some(path) = cx.store.string_of(path) else {
                return Ok(cx.evaluator.unknown_call("templatefile", args, Returns::String, cx.span));
            };
            let text = match cx.env.names.file(&path) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(Unread::Missing(reason)) if !cx.env.strict => return Ok(missing(cx, &reason)),
                Err(Unread::Missing(reason)) => return cx.fail(reason),
                Err(Unread::Refused(reason)) => return cx.fail(reason),
            };
            template(cx, Some(&path), &text, vars)
        })
    }),
    nullable("templatestring", (2, 2), Look::Raw, Returns::String, |cx, args| {
        let (Some(text), Some(vars)) = (args.first(), args.get(1)) else {
            return cx.fail("a template and variables are needed");
        };
        cx.evaluator.each_arm(text, &|text| {
            let Some(text) = cx.store.string_of(text) else {
                return Ok(cx.evaluator.unknown_call("templatestring", args, Returns::String, cx.span));
            };
            template(cx, None, &text, vars)
        })
    }),
    pure("basename", (1, 1), Look::Raw, Returns::String, |cx, args| {
        each_path(cx, args, &|path| {
            // Of a path that is known in part the last name may be known.
            if let Data::Text(parts) = &path.data
                && let Some(Part::Text(text)) = parts.last()
                && let Some((_, last)) = text.rsplit_once('/').filter(|(_, last)| !last.is_empty())
            {
                return Some(cx.string(last));
            }
            let path = cx.store.string_of(path)?;
            let trimmed = path.trim_end_matches('/');
            Some(cx.string(match (trimmed.is_empty(), path.is_empty()) {
                (_, true) => ".",
                (true, _) => "/",
                _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
            }))
        })
    }),
    pure("dirname", (1, 1), Look::Raw, Returns::String, |cx, args| {
        each_path(cx, args, &|path| {
            if let Data::Text(parts) = &path.data
                && let Some((Part::Text(text), before)) = parts.split_last()
                && let Some((above, last)) = text.rsplit_once('/').filter(|(_, last)| !last.is_empty())
                && !last.starts_with('.')
            {
                let above = Part::Text(Str::from(above));
                return Some(Ok(cx
                    .store
                    .text(before.iter().cloned().chain([above]), cx.evaluator.computed(cx.span))));
            }
            let path = cx.store.string_of(path)?;
            let directory = match path.rfind('/') {
                Some(0) => "/",
                Some(at) => path.get(..at).unwrap_or(""),
                None => ".",
            };
            Some(cx.string(clean(directory)))
        })
    }),
    pure("abspath", (1, 1), Look::Raw, Returns::String, |cx, args| {
        each_path(cx, args, &|path| {
            // What begins with the working directory is absolute already.
            if let Data::Text(parts) = &path.data
                && let Some(Part::Term(Value { data: Data::Unknown(id), .. })) = parts.first()
                && cx.store.unknown_name(*id) == "dirname(path.cwd)"
            {
                return Some(Ok(path.clone()));
            }
            let path = cx.store.string_of(path)?;
            if path.starts_with('/') {
                return Some(cx.string(clean(&path)));
            }
            let here = Root::Named(Str::from("path.cwd"));
            let here = cx.env.names.root(&here, cx.span).ok()?;
            let path = clean(&path);
            if path == "." {
                return Some(Ok(here));
            }
            if path == ".." || path.starts_with("../") {
                return None;
            }
            let below = Part::Text(Str::from(format!("/{path}")));
            Some(Ok(cx.store.text([Part::Term(here), below], cx.evaluator.computed(cx.span))))
        })
    }),
    pure("pathexpand", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let path = cx.arg_str(args, 0)?;
        if path == "~" || path.starts_with("~/") {
            return Ok(cx.evaluator.unknown_call("pathexpand", args, Returns::String, cx.span));
        }
        cx.string(path)
    }),
];

/// A function of a path that may be known in part. Where it can't tell, the call is unknown.
fn each_path(cx: &Cx<'_, '_>, args: &[Value], f: &dyn Fn(&Value) -> Option<Outcome>) -> Outcome {
    let Some(path) = args.first() else { return cx.fail("an argument is missing") };
    cx.evaluator.each_arm(path, &|path| {
        if let Data::Unknown(id) = path.data
            && cx.store.is_failed(id)
        {
            return Ok(path.clone());
        }
        if path.is_unset() {
            return cx.fail("argument 1 must not be null");
        }
        if matches!(path.data, Data::List(_) | Data::Map(_) | Data::Instance(_)) {
            return cx.fail("argument 1 must be a string");
        }
        let mut value = match f(path) {
            Some(outcome) => outcome?,
            None => cx.evaluator.unknown_call(cx.name, args, Returns::String, cx.span),
        };
        value.marks = cx.store.union_marks(value.marks, path.marks);
        Ok(value)
    })
}

/// A path without `.`, `..` and doubled slashes.
fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// What a function makes of a file's bytes. Of a file that is not there it makes an unknown, with a warning: Terraform
/// would refuse to plan, but what a build makes (an archive, a rendered file) is seldom there where code is checked.
fn with_bytes(cx: &Cx<'_, '_>, args: &[Value], f: impl FnOnce(Vec<u8>) -> Outcome) -> Outcome {
    let path = cx.arg_str(args, 0)?;
    match cx.env.names.file(&path) {
        Ok(bytes) => f(bytes),
        // `try(file("a"), …)` and `can` ask whether it is there.
        Err(Unread::Missing(reason)) if cx.env.strict => cx.fail(reason),
        Err(Unread::Missing(reason)) => Ok(missing(cx, &reason)),
        Err(Unread::Refused(reason)) => cx.fail(reason),
    }
}

fn missing(cx: &Cx<'_, '_>, reason: &str) -> Value {
    let message = format!("`{}`: {reason}", cx.name);
    let id = cx.store.reason(Some(cx.span), message.as_str());
    let warning =
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error("missing-file", message, cx.span) };
    cx.env.names.report(warning.with_help("where a build makes it, what depends on it stays unknown here"));
    Value::new(Data::Unknown(id), cx.evaluator.computed(cx.span))
}

fn fileset(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let (directory, pattern) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
    let glob = globset::GlobBuilder::new(&pattern).literal_separator(true).build();
    let Ok(glob) = glob else { return cx.fail(format!("`{pattern}` is no valid pattern")) };
    let matcher = glob.compile_matcher();
    let files = match cx.env.names.files(&directory) {
        Ok(files) => files,
        Err(reason) => return cx.fail(reason),
    };
    let members = files
        .into_iter()
        .filter(|path| matcher.is_match(path.as_str()))
        .map(|path| Member { guard: Guard::TRUE, value: cx.computed(Data::String(path)) });
    let set = make_set(cx.store, members.collect(), None);
    Ok(cx.computed(Data::List(std::sync::Arc::new(set))))
}

/// Renders a template with the variables given.
fn template(cx: &Cx<'_, '_>, path: Option<&str>, text: &str, vars: &Value) -> Outcome {
    let parts = match cx.env.names.template(path, text) {
        Ok(parts) => parts,
        Err(reason) => return cx.fail(reason),
    };
    cx.evaluator.each_arm(vars, &|vars| {
        let map = match &vars.data {
            Data::Map(map) => map,
            Data::Unknown(_) => {
                let args = [Value::string(path.unwrap_or(text)), vars.clone()];
                return Ok(cx.evaluator.unknown_call(cx.name, &args, Returns::String, cx.span));
            }
            _ => return cx.fail("the variables must be a map"),
        };
        let bound: Vec<(Str, Value)> = map.entries.iter().map(|e| (e.key.clone(), e.value.clone())).collect();
        let names = TemplateNames { outer: cx.env.names };
        cx.evaluator.template_with(&parts, &bound, cx.span, super::Env::new(&names).strictly())
    })
}

/// In a template there are only the variables that it is given.
struct TemplateNames<'n> {
    outer: &'n dyn Names,
}

impl Names for TemplateNames<'_> {
    fn root(&self, root: &Root, span: Span) -> Outcome {
        let name = match root {
            Root::Bound(name) => name.as_str(),
            _ => "this name",
        };
        Err(Failure::new("invalid-template", format!("the template's variables have no `{name}`"), span))
    }

    fn instance_attribute(&self, instance: InstanceId, name: &str, span: Span) -> Outcome {
        self.outer.instance_attribute(instance, name, span)
    }

    fn instance_object(&self, instance: InstanceId, span: Span) -> Outcome {
        self.outer.instance_object(instance, span)
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.outer.report(diagnostic);
    }
}
