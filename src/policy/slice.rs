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
