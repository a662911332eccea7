//! Cuts a page into its parts. Shared with `build.rs`, which cuts the built-in pages when the binary is made: this file
//! imports nothing of the crate.

#![allow(unreachable_pub, reason = "in `build.rs` this file is a module of a program without a library")]

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// One fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// What stands behind the opening fence: `hcl fail`.
    pub info: String,
    /// The content, line ends included.
    pub content: Range<usize>,
    /// The whole block, fences included.
    pub whole: Range<usize>,
}

/// The parts of a page, as byte ranges into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slices {
    /// The front matter without its `---` lines.
    pub front: Option<Range<usize>>,
    /// Where the Markdown starts.
    pub body: usize,
    /// The text of the first heading of level one.
    pub title: Option<String>,
    /// The place of that heading.
    pub title_range: Range<usize>,
    /// All fenced blocks in order.
    pub fences: Vec<Fence>,
}

impl Slices {
    /// The content of the first ` ```hcl policy ` block.
    pub fn logic(&self) -> Option<Range<usize>> {
        self.fences.iter().find(|f| is_logic(&f.info)).map(|f| f.content.clone())
    }
}

/// Whether a fence's info says that it holds the page's logic.
pub fn is_logic(info: &str) -> bool {
    info.split_whitespace().eq(["hcl", "policy"])
}

/// Cuts a page.
pub fn slice(text: &str) -> Slices {
    let mut slices = Slices::default();
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    slices.body = start;
    if let Some((front, body)) = front_matter(text, start) {
        slices.front = Some(front);
        slices.body = body;
    }
    let base = slices.body;
    let Some(body) = text.get(base..) else { return slices };
    let mut fence: Option<Fence> = None;
    let mut in_title = false;
    for (event, range) in Parser::new(body).into_offset_iter() {
        let range = base + range.start..base + range.end;
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) if slices.title.is_none() => {
                in_title = true;
                slices.title = Some(String::new());
                slices.title_range = range;
            }
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let first_line = text.get(range.clone()).and_then(|t| t.find('\n'));
                let content = first_line.map_or(range.end, |n| range.start + n + 1);
                fence = Some(Fence { info: info.trim().to_owned(), content: content..content, whole: range });
            }
            Event::End(TagEnd::CodeBlock) => slices.fences.extend(fence.take()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(fence) = &mut fence {
                    fence.content.end = fence.content.end.max(range.end);
                } else if in_title && let Some(title) = &mut slices.title {
                    title.push_str(&words);
                }
            }
            _ => {}
        }
    }
    slices
}

/// The range between a first line `---` and the next one, and the offset behind it.
fn front_matter(text: &str, start: usize) -> Option<(Range<usize>, usize)> {
    let mut lines = text.get(start..)?.split_inclusive('\n');
    let first = lines.next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let from = start + first.len();
    let mut at = from;
    for line in lines {
        if line.trim_end() == "---" {
            return Some((from..at, at + line.len()));
        }
        at += line.len();
    }
    None
}

/// The registry types that a policy block names: the labels of its `resource` blocks, and `Input` for an `input`
/// block. Blocks stand at the start of a line.
pub fn types_of(logic: &str) -> Vec<&str> {
    let mut types = Vec::new();
    for line in logic.lines() {
        let Some(rest) = line.strip_prefix("resource") else {
            if line.strip_prefix("input").is_some_and(|r| r.trim_start().starts_with('{')) {
                types.push("Input");
            }
            continue;
        };
        let head = rest.split('{').next().unwrap_or_default();
        types.extend(head.split('"').skip(1).step_by(2));
    }
    let mut seen = Vec::new();
    types.retain(|t| {
        !seen.contains(t) && {
            seen.push(*t);
            true
        }
    });
    types
}

/// What a run asks of the front matter of every page that may be run: the severity and the packs named in it, where
/// both stand on lines of their own (`severity: high`, `packs: [recommended]`), as they do in the built-in pages.
pub fn severity_and_packs(front: &str) -> (&str, Vec<&str>) {
    let field = |name: &str| {
        let value = front.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(value.split(" #").next().unwrap_or_default().trim())
    };
    let packs = field("packs").and_then(|v| v.strip_prefix('[')?.strip_suffix(']')).unwrap_or_default();
    let packs = packs.split(',').map(|p| p.trim().trim_matches(['"', '\''])).filter(|p| !p.is_empty());
    (field("severity").unwrap_or_default(), packs.collect())
}

/// The languages that a page has examples for.
pub fn dialects_of(slices: &Slices) -> Vec<&'static str> {
    let has = |names: &[&str]| {
        slices.fences.iter().any(|f| {
            let mut words = f.info.split_whitespace();
            words.next().is_some_and(|w| names.contains(&w)) && words.next().is_some_and(|w| w != "policy")
        })
    };
    let mut dialects = Vec::new();
    if has(&["hcl"]) {
        dialects.push("terraform");
    }
    if has(&["yaml", "json"]) {
        dialects.push("cloudformation");
    }
    dialects
}
