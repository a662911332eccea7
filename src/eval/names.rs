//! What an expression needs from outside: what names mean. The program's evaluator and policy pages each have their own.

use crate::Str;
use crate::program::{Root, TemplatePart};
use crate::source::{Diagnostic, Span};

use super::instance::InstanceId;
use super::value::Value;

/// Why an expression has no value: it would be an error in the source language. `try` and `can` catch it; anything else
/// reports it once and goes on with an unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Box<Diagnostic>);

/// A value, or why there is none.
pub type Outcome = Result<Value, Failure>;

impl Failure {
    /// An error of evaluation at a place. The message is lower case without a full stop, names in backticks.
    pub fn new(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Failure(Box::new(Diagnostic::error(code, message, span)))
    }

    /// The same as a diagnostic of less weight (exit code 0).
    pub fn warning(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Failure(Box::new(Diagnostic::warning(code, message, span)))
    }

    /// Where.
    pub fn span(&self) -> Span {
        self.0.span.unwrap_or(Span::new(crate::source::FileId(0), 0, 0))
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether a budget was exceeded.
    pub fn is_budget(&self) -> bool {
        self.0.code == BUDGET
    }

    /// As a diagnostic: an error when a budget is exceeded. That an expression has no value is a warning: Terraform
    /// would refuse it too, what depends on it is unknown, and everything else was evaluated.
    pub fn into_diagnostic(self) -> Diagnostic {
        let mut diagnostic = *self.0;
        if diagnostic.code != BUDGET && diagnostic.code != LIMIT {
            diagnostic.severity = crate::source::Severity::Warning;
        }
        diagnostic
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }
}

/// The code of all diagnostics about budgets.
pub const BUDGET: &str = "evaluation-budget";
/// The code of diagnostics about limits that the language itself has (`range` makes 1,024 numbers). `try` catches these.
pub(super) const LIMIT: &str = "evaluation-limit";

/// What names mean. All methods but [`Names::root`] have defaults; a policy page needs `root`, `instance_attribute` (if
/// its values hold instances) and its own functions in `call`.
///
/// Implementations may be asked from several threads at once when the evaluators run in several (each [`Evaluator`]
/// itself stays in one).
///
/// [`Evaluator`]: super::Evaluator
pub trait Names {
    /// The value of the first step of a reference, without the step that this use adds to its origin (the evaluator does
    /// that). Names bound by `for` are already resolved when this is asked.
    fn root(&self, root: &Root, span: Span) -> Outcome;

    /// An attribute of a resource instance: the value it is set to, or an unknown, marked with the reference.
    fn instance_attribute(&self, instance: InstanceId, name: &str, span: Span) -> Outcome {
        let _ = (instance, name);
        Err(Failure::new("unsupported", "attributes of a resource can't be read here", span))
    }

    /// A resource instance as an object of what is known of it.
    fn instance_object(&self, instance: InstanceId, span: Span) -> Outcome {
        let _ = instance;
        Err(Failure::new("unsupported", "a whole resource can't be read here", span))
    }

    /// A function of its own; asked before the built-in ones. None when it has no such function.
    fn call(&self, name: &str, args: &[Value], span: Span) -> Option<Outcome> {
        let _ = (name, args, span);
        None
    }

    /// The bytes of a file that `file(…)` and its like name.
    fn file(&self, path: &str) -> Result<Vec<u8>, Unread> {
        let _ = path;
        Err(Unread::Refused(Str::from("files can't be read here")))
    }

    /// The paths that `fileset(directory, …)` may choose from, relative to the directory, with `/`.
    fn files(&self, directory: &str) -> Result<Vec<Str>, Str> {
        let _ = directory;
        Err(Str::from("files can't be listed here"))
    }

    /// The parsed template of a file or text, for `templatefile` and `templatestring`.
    fn template(&self, path: Option<&str>, text: &str) -> Result<Vec<TemplatePart>, Str> {
        let _ = (path, text);
        Err(Str::from("templates can't be read here"))
    }

    /// Takes a diagnostic about something that was left unknown so that the rest could go on.
    fn report(&self, diagnostic: Diagnostic) {
        let _ = diagnostic;
    }
}

/// Why a file is not read; lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// There is none. Archives and the like are often made by a build that has not run where the code is checked.
    Missing(Str),
    /// It lies elsewhere, is too large, or can't be read.
    Refused(Str),
}

impl Unread {
    /// The reason.
    pub fn reason(self) -> Str {
        match self {
            Unread::Missing(reason) | Unread::Refused(reason) => reason,
        }
    }
}

/// A name that a `for` expression, a dynamic block or a template binds, and those outside it.
#[derive(Debug)]
pub struct Binding<'s> {
    /// The name.
    pub name: &'s str,
    /// What it stands for.
    pub value: Value,
    /// The bindings around it.
    pub outer: Option<&'s Binding<'s>>,
}

/// Where an expression is evaluated: the names outside, the bindings inside.
#[derive(Clone, Copy)]
pub struct Env<'s> {
    /// The names outside.
    pub names: &'s dyn Names,
    /// The innermost binding.
    pub bindings: Option<&'s Binding<'s>>,
    /// Whether a failure inside a list or object fails the whole (inside `try`, `can` and undecided branches) instead of
    /// being reported and leaving an unknown member.
    pub strict: bool,
}

impl<'s> Env<'s> {
    /// Without bindings.
    pub fn new(names: &'s dyn Names) -> Self {
        Env { names, bindings: None, strict: false }
    }

    /// The value of a bound name.
    pub fn bound(&self, name: &str) -> Option<&'s Value> {
        let mut at = self.bindings;
        while let Some(binding) = at {
            if binding.name == name {
                return Some(&binding.value);
            }
            at = binding.outer;
        }
        None
    }

    /// The same with one more binding.
    #[must_use]
    pub fn with<'t>(self, binding: &'t Binding<'t>) -> Env<'t>
    where
        's: 't,
    {
        Env { names: self.names, bindings: Some(binding), strict: self.strict }
    }

    /// The same, failing as a whole.
    #[must_use]
    pub fn strictly(self) -> Self {
        Env { strict: true, ..self }
    }
}

impl std::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env").field("bindings", &self.bindings).field("strict", &self.strict).finish()
    }
}
