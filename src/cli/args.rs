//! The arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::policy::Severity;

/// Checks AWS infrastructure code: Terraform, CloudFormation and CDK
#[derive(Debug, Parser)]
#[command(name = "masugata", version, disable_help_subcommand = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find what is wrong in directories, templates, cloud assemblies and plans
    Check(Box<CheckArgs>),
    /// Mend what a machine can mend: every edit is evaluated and checked again before it is shown or written
    Fix(Box<FixArgs>),
    /// Tell what a policy finds, why it matters, and how it looks when it is right
    Explain(ExplainArgs),
    /// List all policies
    Policies(PoliciesArgs),
    /// Show what the compiler understood: resources, their properties, and what refers to what
    Graph(GraphArgs),
    /// Tell what an expression comes to in a configuration
    Eval(EvalArgs),
}

/// What is read, for every command that reads infrastructure code.
#[derive(Debug, Args)]
pub(super) struct InputArgs {
    /// The configuration to use instead of the nearest masugata.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Set a variable of the root modules (repeatable)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(super) vars: Vec<(String, String)>,
    /// Read values of variables from a file (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) var_file: Vec<PathBuf>,
    /// Read values of template parameters from a file (as the AWS CLI takes them), or set one
    #[arg(long, value_name = "FILE|NAME=VALUE")]
    pub(super) parameters: Vec<String>,
    /// Worker threads (0: as many as there are processors)
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) threads: usize,
}

/// What a command that runs policies works on, and which of them it runs.
#[derive(Debug, Args)]
pub(super) struct ScopeArgs {
    /// Directories, files, cloud assemblies (cdk.out), plans (terraform show -json), or - for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// The path that standard input (-) stands for
    #[arg(long, value_name = "PATH")]
    pub(super) stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// Run this pack (repeatable): recommended, strict, all, or a standard such as cis-5.0
    #[arg(long, value_name = "NAME")]
    pub(super) pack: Vec<String>,
    /// Run only these policies, whatever their pack (ids, other tools' ids, or a start and *)
    #[arg(long, value_name = "POLICY", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// Do not run these policies
    #[arg(long, value_name = "POLICY", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// Do not honour suppressions in comments and metadata
    #[arg(long)]
    pub(super) no_inline_suppressions: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing found
  1  findings at or above --fail-on
  2  something could not be done: an unreadable or broken file, an exceeded budget, a bad configuration";

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Exit with 1 for findings of this severity or worse [default: low]
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(super) fail_on: Option<SeverityArg>,
    /// List the verdicts that could not be reached, with what would decide them
    #[arg(long)]
    pub(super) unknown: bool,
    /// List at most so many findings; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(super) max_findings: usize,
    /// How to write the result (repeatable, each with its own --output) [default: text]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Vec<Format>,
    /// Write the format before it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    /// Exit with 0 even if there are findings (2 still tells that something could not be done)
    #[arg(long)]
    pub(super) exit_zero: bool,
}

const FIX_EXIT_CODES: &str = "\
Exit codes:
  0  nothing is left to mend (with --diff: nothing would change)
  1  findings are left, with what to do about them (with --diff: something would change)
  2  something could not be done: an unreadable or broken file, a file that could not be written";

#[derive(Debug, Args)]
#[command(after_help = FIX_EXIT_CODES)]
pub(super) struct FixArgs {
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// Also apply fixes that may cut off intended use or replace a resource
    #[arg(long = "unsafe")]
    pub(super) unsafe_fixes: bool,
    /// Print a unified diff and write nothing
    #[arg(long, conflicts_with_all = ["out", "interactive"])]
    pub(super) diff: bool,
    /// Write corrected copies below this directory and leave the files as they are
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Show each fix and ask
    #[arg(short, long)]
    pub(super) interactive: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A policy's id, or another tool's id for it
    #[arg(value_name = "POLICY")]
    pub(super) policy: String,
    /// The configuration to use instead of the nearest masugata.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct PoliciesArgs {
    /// How to write the list
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub(super) format: ListFormat,
    /// The configuration to use instead of the nearest masugata.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    /// A directory, template, cloud assembly or plan
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// How to write the graph
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "json")]
    pub(super) format: GraphFormat,
    #[command(flatten)]
    pub(super) input: InputArgs,
}

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// Expressions; - reads one a line from standard input
    #[arg(value_name = "EXPR", allow_negative_numbers = true, required = true)]
    pub(super) expressions: Vec<String>,
    /// The configuration: a directory, template, or plan
    #[arg(long, value_name = "PATH", default_value = ".")]
    pub(super) root: PathBuf,
    /// How to write the values
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub(super) format: ListFormat,
    #[command(flatten)]
    pub(super) input: InputArgs,
}

/// How a check's result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// Version 1 of masugata's own format
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// Diagnostics with suggestions for reviewdog
    Rdjson,
}

impl Format {
    /// Whether findings carry their fixes there.
    pub(super) fn has_fixes(self) -> bool {
        matches!(self, Format::Json | Format::Sarif | Format::Rdjson)
    }
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphFormat {
    /// For programs
    Json,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
}

/// A severity as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SeverityArg {
    /// Anything but info
    Low,
    /// Medium, high, critical
    Medium,
    /// High, critical
    High,
    /// Critical
    Critical,
}

impl From<SeverityArg> for Severity {
    fn from(arg: SeverityArg) -> Severity {
        match arg {
            SeverityArg::Low => Severity::Low,
            SeverityArg::Medium => Severity::Medium,
            SeverityArg::High => Severity::High,
            SeverityArg::Critical => Severity::Critical,
        }
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}
