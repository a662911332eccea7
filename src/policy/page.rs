//! Reading a whole page: its parts, its examples, and what is wrong with its form.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Diagnostic, SourceFile, Span};

use super::meta::{self, Meta};
use super::slice::{self, Fence};

/// What an example block must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expectation {
    /// The policy fails on the marked lines and on no others.
    Fail,
    /// What the fix makes of the block before: passes.
    Fixed,
    /// Passes.
    Pass,
    /// Can't be told.
    Unknown,
    /// The policy does not apply to anything in it.
    Inapplicable,
}

impl Expectation {
    const ALL: [(&'static str, Expectation); 5] = [
        ("fail", Expectation::Fail),
        ("fixed", Expectation::Fixed),
        ("pass", Expectation::Pass),
        ("unknown", Expectation::Unknown),
        ("inapplicable", Expectation::Inapplicable),
    ];

    /// The word that a fence has for it.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, e)| *e == self).map_or("", |(name, _)| name)
    }
}

/// The language of an example block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExampleLanguage {
    /// ` ```hcl `: Terraform.
    Terraform,
    /// ` ```yaml `: a CloudFormation template.
    Yaml,
    /// ` ```json `: a CloudFormation template.
    Json,
}

impl ExampleLanguage {
    /// `terraform` or `cloudformation`.
    pub fn dialect(self) -> &'static str {
        match self {
            ExampleLanguage::Terraform => "terraform",
            ExampleLanguage::Yaml | ExampleLanguage::Json => "cloudformation",
        }
    }
}

/// A line of an example on which a finding is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The line in the block, from 1.
    pub line: u32,
    /// The condition that must be reported, if the mark says one.
    pub condition: Option<String>,
}

/// One example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it must come to.
    pub expectation: Expectation,
    /// Its language.
    pub language: ExampleLanguage,
    /// The line of the page (from 1) on which the block's content starts.
    pub line: u32,
    /// The content without marks.
    pub text: String,
    /// Where findings are expected.
    pub marks: Vec<Mark>,
}

/// A page, read.
#[derive(Debug)]
pub struct Page {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Its front matter.
    pub meta: Meta,
    /// The content of its ` ```hcl policy ` block.
    pub logic: Option<Range<usize>>,
    /// Where the Markdown below the front matter starts.
    pub body: usize,
    /// Its examples in order.
    pub examples: Vec<Example>,
}

impl Page {
    /// The languages that it has examples for.
    pub fn dialects(&self) -> Vec<&'static str> {
        ["terraform", "cloudformation"]
            .into_iter()
            .filter(|d| self.examples.iter().any(|e| e.language.dialect() == *d))
            .collect()
    }
}

const MARK: &str = "← finding";

/// Reads a page. Whatever is wrong is told, and the rest can be used.
pub fn read(file: &Arc<SourceFile>) -> (Page, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let text: &str = &file.text;
    let slices = slice::slice(text);
    let at = |range: &Range<usize>| Span::new(file.id, range.start as u32, range.end as u32);
    let top = Span::new(file.id, 0, text.lines().next().map_or(0, str::len) as u32);

    let id = file.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    check_id(&id, top, &mut diagnostics);
    let title = slices.title.clone().unwrap_or_default();
    if title.trim().is_empty() {
        diagnostics.push(
            Diagnostic::error("page-form", "the page has no title", top)
                .with_help("add a heading `# What is wrong` below the front matter"),
        );
    }
    let meta = if let Some(front) = &slices.front {
        let inside = text.get(front.clone()).unwrap_or_default();
        meta::read(file.id, front.start, inside, &id, title.trim(), &mut diagnostics)
    } else {
        diagnostics.push(
            Diagnostic::error("page-front-matter", "the page has no front matter", top)
                .with_help("start it with a line `---`, `severity: …`, `packs: […]` and a line `---`"),
        );
        meta::read(file.id, 0, "severity: medium\npacks: []", &id, title.trim(), &mut Vec::new())
    };

    let mut logic: Option<Range<usize>> = None;
    let mut examples: Vec<Example> = Vec::new();
    for fence in &slices.fences {
        let opening = opening_line(text, fence);
        if slice::is_logic(&fence.info) {
            if logic.is_some() {
                diagnostics.push(
                    Diagnostic::error("page-form", "the page has a second `hcl policy` block", at(&opening))
                        .with_help("put all blocks of a policy into one fence"),
                );
            } else {
                logic = Some(fence.content.clone());
            }
            if fence.whole.start > 0 && text.as_bytes().get(fence.whole.start - 1) != Some(&b'\n') {
                diagnostics.push(Diagnostic::error(
                    "page-form",
                    "a fence must not be indented",
                    at(&opening),
                ));
            }
            continue;
        }
        match example(text, fence) {
            Ok(None) => {}
            Ok(Some(example)) => {
                if example.expectation == Expectation::Fail && example.marks.is_empty() {
                    diagnostics.push(
                        Diagnostic::error("page-example", "a `fail` block marks no line", at(&opening))
                            .with_help("end the lines where findings start with `# ← finding` (JSON: `// ← finding`)"),
                    );
                }
                if example.expectation != Expectation::Fail && !example.marks.is_empty() {
                    diagnostics.push(Diagnostic::error(
                        "page-example",
                        format!("a `{}` block can't have a mark", example.expectation.name()),
                        at(&opening),
                    ));
                }
                let follows_fail = examples.last().is_some_and(|before| {
                    before.expectation == Expectation::Fail && before.language == example.language
                });
                if example.expectation == Expectation::Fixed && !follows_fail {
                    diagnostics.push(Diagnostic::error(
                        "page-example",
                        "a `fixed` block must follow the `fail` block that it mends",
                        at(&opening),
                    ));
                }
                examples.push(example);
            }
            Err(message) => diagnostics.push(
                Diagnostic::error("page-example", message, at(&opening)).with_help(
                    "example blocks are ` ```hcl fail `, `yaml pass`, `json fixed`, `hcl unknown`, `yaml inapplicable`",
                ),
            ),
        }
    }
    if logic.is_none() {
        diagnostics.push(
            Diagnostic::error("page-form", "the page has no logic", top)
                .with_help("add a fence ` ```hcl policy ` with a `resource` or `input` block"),
        );
    }
    let page = Page { file: Arc::clone(file), meta, logic, body: slices.body, examples };
    check_coverage(&page, top, &mut diagnostics);
    (page, diagnostics)
}

/// Both languages have a failing and a passing example, or there is a reason.
fn check_coverage(page: &Page, top: Span, diagnostics: &mut Vec<Diagnostic>) {
    for dialect in ["terraform", "cloudformation"] {
        let of = || page.examples.iter().filter(|e| e.language.dialect() == dialect);
        let has_fail = of().any(|e| e.expectation == Expectation::Fail);
        let has_pass = of().any(|e| matches!(e.expectation, Expectation::Pass | Expectation::Fixed));
        let excused = page.meta.without.contains_key(dialect);
        let message = match (has_fail, has_pass, excused) {
            (true, true, false) | (false, false, true) => continue,
            (_, _, true) => {
                format!("the page has examples for `{dialect}` and says under `without` why it has none")
            }
            (false, false, false) => format!("the page has no examples for `{dialect}`"),
            (false, true, false) => format!("the page has no failing example for `{dialect}`"),
            (true, false, false) => format!("the page has no passing example for `{dialect}`"),
        };
        let help = if excused {
            "take the reason away".to_owned()
        } else {
            format!("add it, or say why there is none: `without: {{ {dialect}: \"…\" }}` in the front matter")
        };
        diagnostics.push(Diagnostic::error("page-example", message, top).with_help(help));
    }
}

fn check_id(id: &str, top: Span, diagnostics: &mut Vec<Diagnostic>) {
    let message = if !meta::kebab(id) || !id.contains('-') {
        format!(
            "`{id}` is not a policy's id: it should be kebab-case with the service first, like `s3-public-acl`"
        )
    } else if id.split('-').any(|w| matches!(w, "ensure" | "check" | "should" | "must")) {
        format!("the id `{id}` should name the bad thing, like `s3-public-acl`, not what ought to be")
    } else {
        return;
    };
    diagnostics
        .push(Diagnostic::error("page-id", message, top).with_help("rename the file: its stem is the id"));
}

fn opening_line(text: &str, fence: &Fence) -> Range<usize> {
    let rest = text.get(fence.whole.clone()).unwrap_or_default();
    fence.whole.start..fence.whole.start + rest.lines().next().map_or(0, str::len)
}

/// The example in a fence; none for a fence that is not an example (no second word).
fn example(text: &str, fence: &Fence) -> Result<Option<Example>, String> {
    let mut words = fence.info.split_whitespace();
    let language = match words.next() {
        Some("hcl") => ExampleLanguage::Terraform,
        Some("yaml") => ExampleLanguage::Yaml,
        Some("json") => ExampleLanguage::Json,
        _ => return Ok(None),
    };
    let Some(word) = words.next() else { return Ok(None) };
    let Some(&(_, expectation)) = Expectation::ALL.iter().find(|(name, _)| *name == word) else {
        return Err(format!("`{word}` is not what an example can come to"));
    };
    if let Some(more) = words.next() {
        return Err(format!("`{more}` is not understood behind `{word}`"));
    }
    let line = text.get(..fence.content.start).map_or(0, |t| t.matches('\n').count()) as u32 + 1;
    let (text, marks) = unmark(text.get(fence.content.clone()).unwrap_or_default());
    Ok(Some(Example { expectation, language, line, text, marks }))
}

/// Takes the marks away and says where they were.
fn unmark(text: &str) -> (String, Vec<Mark>) {
    let mut marks = Vec::new();
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim_end_matches(['\n', '\r']);
        let ending = line.get(content.len()..).unwrap_or_default();
        let marked = content.find(MARK).and_then(|at| {
            let before = content.get(..at)?.trim_end();
            let before = before.strip_suffix('#').or_else(|| before.strip_suffix("//"))?;
            Some((before.trim_end(), content.get(at + MARK.len()..)?.trim()))
        });
        let Some((kept, behind)) = marked else {
            out.push_str(line);
            continue;
        };
        let condition = behind.strip_prefix("when ").map(|c| c.trim().to_owned());
        marks.push(Mark { line: index as u32 + 1, condition });
        out.push_str(kept);
        out.push_str(ending);
    }
    (out, marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    const PAGE: &str = "---\nseverity: high\npacks: [recommended]\nwithout: { cloudformation: \"none\" }\n---\n\
        # ACL lets `everyone` in\n\nProse.\n\n```hcl policy\nresource \"AWS::S3::Bucket\" {\n}\n```\n\n## Terraform\n\
        ```hcl fail\nresource \"a\" \"b\" {\n  acl = \"x\" # ← finding when IsProd\n}\n```\n\
        ```hcl fixed\nresource \"a\" \"b\" {\n  acl = \"y\"\n}\n```\n";

    fn page(path: &str, text: &str) -> (Page, Vec<String>) {
        let sources = Sources::new();
        let (page, diagnostics) = read(&sources.add(path, text));
        (page, diagnostics.into_iter().map(|d| d.message).collect())
    }

    #[test]
    fn a_whole_page() {
        let (page, wrong) = page("s3/s3-public-acl.md", PAGE);
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(page.meta.title, "ACL lets everyone in");
        assert_eq!(&PAGE[page.logic.clone().unwrap()], "resource \"AWS::S3::Bucket\" {\n}\n");
        let fail = &page.examples[0];
        assert_eq!(fail.text, "resource \"a\" \"b\" {\n  acl = \"x\"\n}\n");
        assert_eq!(fail.marks, [Mark { line: 2, condition: Some("IsProd".into()) }]);
        assert_eq!(PAGE.lines().nth(fail.line as usize - 1), Some("resource \"a\" \"b\" {"));
        assert_eq!(page.dialects(), ["terraform"]);
    }

    #[test]
    fn windows_line_ends() {
        let (page, wrong) = page("s3/s3-public-acl.md", &PAGE.replace('\n', "\r\n"));
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(page.examples[0].marks.len(), 1);
        assert!(page.examples[0].text.ends_with("}\r\n"));
    }

    #[test]
    fn json_marks() {
        let (text, marks) = unmark("{\n  \"a\": 1, // ← finding\n  \"b\": 2\n}\n");
        assert_eq!(text, "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
        assert_eq!(marks, [Mark { line: 2, condition: None }]);
    }

    #[test]
    fn what_can_be_wrong_is_said() {
        let said = |path: &str, text: &str| page(path, text).1.join("\n");
        assert!(said("x/ensure-s3.md", PAGE).contains("should name the bad thing"));
        assert!(said("x/S3_acl.md", PAGE).contains("kebab-case"));
        assert!(
            said("x/s3-a.md", &PAGE.replace("without", "#")).contains("no examples for `cloudformation`")
        );
        assert!(said("x/s3-a.md", &PAGE.replace("# ← finding when IsProd", "")).contains("marks no line"));
        assert!(said("x/s3-a.md", &PAGE.replace("hcl fixed", "hcl mended")).contains("`mended` is not"));
        assert!(said("x/s3-a.md", &PAGE.replace("hcl policy", "hcl")).contains("has no logic"));
        assert!(said("x/s3-a.md", "").contains("no front matter"));
        assert!(said("x/s3-a.md", "---\nseverity: low").contains("no front matter"));
    }

    #[test]
    fn types_are_found_by_their_labels() {
        let types = super::super::slice_index::types_of(
            "locals {}\nresource \"A::B::C\" \"A::B::D\" {\n  add \"X\" {}\n}\ninput {\n}\n",
        );
        assert_eq!(types, ["A::B::C", "A::B::D", "Input"]);
    }
}
