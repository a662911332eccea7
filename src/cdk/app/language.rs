//! The languages of CDK apps, each with its grammar and its query.

use std::path::Path;
use std::sync::OnceLock;

use super::pattern::Patterns;

/// A language that apps are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
    /// Java.
    Java,
    /// C#.
    CSharp,
    /// Go.
    Go,
}

/// What a node is to us: the first capture of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Class,
    Function,
    Constructor,
    Field,
    Param,
    Rest,
    Call,
    New,
    SuperCall,
    ThisCall,
    Argument,
    Member,
    Index,
    Assign,
    Return,
    Loop,
    Either,
    Concat,
    Wrap,
    Object,
    Entry,
    Shorthand,
    Spread,
    List,
    Text,
    Fragment,
    Piece,
    Scalar,
    This,
    Ident,
    Import,
    Skip,
}

/// A part of a node: the other captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Name,
    Base,
    Body,
    Result,
    Params,
    Default,
    Own,
    Callee,
    Args,
    Init,
    SuperArgs,
    ThisArgs,
    Object,
    Key,
    Value,
    Target,
    Bind,
    Over,
    Left,
    Right,
    Source,
}

/// What a capture's name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    Role(Role),
    Part(Part),
    /// Only for a predicate: the name begins with `_`.
    Helper,
}

/// The meaning of a capture; none if it has none.
pub(super) fn capture(name: &str) -> Option<Capture> {
    let role = match name {
        "class" => Role::Class,
        "function" => Role::Function,
        "constructor" => Role::Constructor,
        "field" => Role::Field,
        "param" => Role::Param,
        "rest" => Role::Rest,
        "call" => Role::Call,
        "new" => Role::New,
        "super_call" => Role::SuperCall,
        "this_call" => Role::ThisCall,
        "argument" => Role::Argument,
        "member" => Role::Member,
        "index" => Role::Index,
        "assign" => Role::Assign,
        "return" => Role::Return,
        "loop" => Role::Loop,
        "either" => Role::Either,
        "concat" => Role::Concat,
        "wrap" => Role::Wrap,
        "object" => Role::Object,
        "entry" => Role::Entry,
        "shorthand" => Role::Shorthand,
        "spread" => Role::Spread,
        "list" => Role::List,
        "text" => Role::Text,
        "fragment" => Role::Fragment,
        "piece" => Role::Piece,
        "scalar" => Role::Scalar,
        "this" => Role::This,
        "ident" => Role::Ident,
        "import" => Role::Import,
        "skip" => Role::Skip,
        _ => {
            let part = match name {
                "name" => Part::Name,
                "base" => Part::Base,
                "body" => Part::Body,
                "result" => Part::Result,
                "params" => Part::Params,
                "default" => Part::Default,
                "own" => Part::Own,
                "callee" => Part::Callee,
                "args" => Part::Args,
                "init" => Part::Init,
                "super_args" => Part::SuperArgs,
                "this_args" => Part::ThisArgs,
                "of" => Part::Object,
                "key" => Part::Key,
                "value" => Part::Value,
                "target" => Part::Target,
                "bind" => Part::Bind,
                "over" => Part::Over,
                "left" => Part::Left,
                "right" => Part::Right,
                "source" => Part::Source,
                _ => return name.starts_with('_').then_some(Capture::Helper),
            };
            return Some(Capture::Part(part));
        }
    };
    Some(Capture::Role(role))
}

impl Language {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Language::TypeScript | Language::Tsx => "TypeScript",
            Language::JavaScript => "JavaScript",
            Language::Python => "Python",
            Language::Java => "Java",
            Language::CSharp => "C#",
            Language::Go => "Go",
        }
    }

    /// By a file's ending; `.d.ts` declares only.
    pub fn of(path: &Path) -> Option<Language> {
        let name = path.file_name()?.to_str()?;
        if name.ends_with(".d.ts") || name.ends_with(".min.js") {
            return None;
        }
        Some(match name.rsplit_once('.')?.1 {
            "ts" | "mts" | "cts" => Language::TypeScript,
            "tsx" => Language::Tsx,
            "js" | "mjs" | "cjs" | "jsx" => Language::JavaScript,
            "py" => Language::Python,
            "java" => Language::Java,
            "cs" => Language::CSharp,
            "go" => Language::Go,
            _ => return None,
        })
    }

    /// Its grammar.
    pub(super) fn grammar(self) -> tree_sitter::Language {
        match self {
            Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Language::Python => tree_sitter_python::LANGUAGE.into(),
            Language::Java => tree_sitter_java::LANGUAGE.into(),
            Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Language::Go => tree_sitter_go::LANGUAGE.into(),
        }
    }

    fn query_text(self) -> &'static str {
        match self {
            Language::TypeScript | Language::Tsx => include_str!("../../../grammars/cdk/typescript.scm"),
            Language::JavaScript => include_str!("../../../grammars/cdk/javascript.scm"),
            Language::Python => include_str!("../../../grammars/cdk/python.scm"),
            Language::Java => include_str!("../../../grammars/cdk/java.scm"),
            Language::CSharp => include_str!("../../../grammars/cdk/csharp.scm"),
            Language::Go => include_str!("../../../grammars/cdk/go.scm"),
        }
    }

    /// Its query, read on first use; none if it does not fit the grammar (a test says that all do).
    pub(super) fn patterns(self) -> Option<&'static Patterns> {
        static ALL: [OnceLock<Option<Patterns>>; 7] = [const { OnceLock::new() }; 7];
        let read = || Patterns::read(&self.grammar(), self.query_text()).ok();
        ALL.get(self as usize)?.get_or_init(read).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Language; 7] = [
        Language::TypeScript,
        Language::Tsx,
        Language::JavaScript,
        Language::Python,
        Language::Java,
        Language::CSharp,
        Language::Go,
    ];

    #[test]
    fn queries_fit_their_grammars() {
        for language in ALL {
            if let Err(error) = Patterns::read(&language.grammar(), language.query_text()) {
                panic!("{language:?}: {error}");
            }
            // what we read is a subset of what tree-sitter itself reads
            if let Err(error) = tree_sitter::Query::new(&language.grammar(), language.query_text()) {
                panic!("{language:?}: {error}");
            }
        }
    }

    #[test]
    fn endings_tell_the_language() {
        assert_eq!(Language::of(Path::new("lib/a.ts")), Some(Language::TypeScript));
        assert_eq!(Language::of(Path::new("lib/a.d.ts")), None);
        assert_eq!(Language::of(Path::new("A.cs")), Some(Language::CSharp));
        assert_eq!(Language::of(Path::new("a.json")), None);
    }
}
