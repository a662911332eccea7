//! The languages of CDK apps, each with its grammar and its query.

use std::path::Path;
use std::sync::OnceLock;

use tree_sitter::Query;

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
#[derive(Clone, Copy, Debug)]
pub(super) enum Capture {
    Role(Role),
    Part(Part),
    /// Only for a predicate.
    Helper,
}

fn capture(name: &str) -> Capture {
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
            return match name {
                "name" => Capture::Part(Part::Name),
                "base" => Capture::Part(Part::Base),
                "body" => Capture::Part(Part::Body),
                "result" => Capture::Part(Part::Result),
                "params" => Capture::Part(Part::Params),
                "default" => Capture::Part(Part::Default),
                "own" => Capture::Part(Part::Own),
                "callee" => Capture::Part(Part::Callee),
                "args" => Capture::Part(Part::Args),
                "init" => Capture::Part(Part::Init),
                "super_args" => Capture::Part(Part::SuperArgs),
                "this_args" => Capture::Part(Part::ThisArgs),
                "of" => Capture::Part(Part::Object),
                "key" => Capture::Part(Part::Key),
                "value" => Capture::Part(Part::Value),
                "target" => Capture::Part(Part::Target),
                "bind" => Capture::Part(Part::Bind),
                "over" => Capture::Part(Part::Over),
                "left" => Capture::Part(Part::Left),
                "right" => Capture::Part(Part::Right),
                "source" => Capture::Part(Part::Source),
                _ => Capture::Helper,
            };
        }
    };
    Capture::Role(role)
}

/// A compiled query and what its captures mean.
#[derive(Debug)]
pub(super) struct Captures {
    pub(super) query: Query,
    pub(super) meanings: Vec<Capture>,
}

impl Language {
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

    /// Its query, compiled on first use; none if the query does not fit the grammar (a test says that all do).
    pub(super) fn captures(self) -> Option<&'static Captures> {
        static ALL: [OnceLock<Option<Captures>>; 7] = [const { OnceLock::new() }; 7];
        let compile = || compile(self).ok();
        ALL.get(self as usize)?.get_or_init(compile).as_ref()
    }
}

fn compile(language: Language) -> Result<Captures, tree_sitter::QueryError> {
    let query = Query::new(&language.grammar(), language.query_text())?;
    let meanings = query.capture_names().iter().map(|name| capture(name)).collect();
    Ok(Captures { query, meanings })
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
            let captures = compile(language).unwrap_or_else(|e| panic!("{language:?}: {e}"));
            for (name, meaning) in captures.query.capture_names().iter().zip(&captures.meanings) {
                assert!(
                    name.starts_with('_') || !matches!(meaning, Capture::Helper),
                    "{language:?}: @{name} means nothing"
                );
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
