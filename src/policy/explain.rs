//! A page for the terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use super::library::Entrance;
use super::meta::Severity;
use super::slice;

/// How a page is shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The number of columns that prose is wrapped at; code never is.
    pub width: usize,
    /// Whether to use colours and weights (ANSI sequences).
    pub color: bool,
}

/// The colour that a severity has everywhere.
pub fn severity_style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Critical | Severity::High => AnsiColor::Red,
        Severity::Medium => AnsiColor::Yellow,
        Severity::Low => AnsiColor::Cyan,
        Severity::Info => AnsiColor::Blue,
    };
    let style = Style::new().fg_color(Some(color.into()));
    if severity == Severity::Critical { style.bold() } else { style }
}

/// Renders a page: what it is, its prose, its logic and its examples.
pub fn explain(page: &Entrance, look: Look) -> String {
    let meta = page.meta();
    let mut out = String::new();
    let paint = |style: Style, text: &str| {
        if look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    };
    let bold = Style::new().bold();
    let dim = Style::new().dimmed();
    let _ = writeln!(out, "{}", paint(bold, &meta.title));
    let _ = writeln!(
        out,
        "{} {} {}",
        page.id(),
        paint(dim, "·"),
        paint(severity_style(meta.severity), meta.severity.name())
    );
    out.push('\n');
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(out, "{} {value}", paint(dim, &format!("{name:<10}")));
        }
    };
    row("packs", meta.packs.join(", "));
    row("resources", page.types().join(", "));
    let per = |map: &indexmap::IndexMap<crate::Str, Vec<crate::Str>>| {
        map.iter().map(|(name, ids)| format!("{name}: {}", ids.join(" "))).collect::<Vec<_>>().join("; ")
    };
    row("controls", per(&meta.controls));
    row("same as", per(&meta.aliases));
    row("ignore", format!("# masugata: ignore[{}] reason", page.id()));
    for (language, reason) in &meta.without {
        row("not for", format!("{language}: {reason}"));
    }
    let text = page.text();
    let slices = slice::slice(text);
    let body = text.get(slices.body..).unwrap_or_default();
    out.push_str(&markdown(body, look));
    out
}

/// Renders the Markdown of a page without its title.
fn markdown(text: &str, look: Look) -> String {
    let mut renderer = Renderer {
        out: String::new(),
        line: Vec::new(),
        look,
        code: None,
        style: Style::new(),
        skip: 0,
        indent: 0,
        bullet: None,
        link: None,
    };
    for event in Parser::new(text) {
        renderer.event(event);
    }
    renderer.flush();
    renderer.out
}

struct Renderer {
    out: String,
    /// Words of the paragraph with their styles; a space starts a new word.
    line: Vec<(Style, String)>,
    look: Look,
    code: Option<String>,
    style: Style,
    /// Inside the title, which is shown already.
    skip: usize,
    indent: usize,
    bullet: Option<String>,
    link: Option<String>,
}

impl Renderer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => self.skip += 1,
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => self.skip = self.skip.saturating_sub(1),
            _ if self.skip > 0 => {}
            Event::Start(Tag::Heading { .. }) => {
                self.flush();
                self.style = Style::new().bold().underline();
            }
            Event::End(TagEnd::Heading(_)) => {
                self.flush();
                self.style = Style::new();
            }
            Event::Start(Tag::Paragraph) => {}
            Event::End(TagEnd::Paragraph) => self.flush(),
            Event::Start(Tag::List(_)) => {
                self.flush();
                if self.indent == 0 {
                    self.out.push('\n');
                }
                self.indent += 2;
            }
            Event::End(TagEnd::List(_)) => {
                self.flush();
                self.indent = self.indent.saturating_sub(2);
            }
            Event::Start(Tag::Item) => {
                self.flush();
                self.bullet = Some("- ".to_owned());
            }
            Event::End(TagEnd::Item) => self.flush(),
            Event::Start(Tag::CodeBlock(kind)) => {
                self.flush();
                let info = match &kind {
                    CodeBlockKind::Fenced(info) => info.trim().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(info);
                self.open_code();
            }
            Event::End(TagEnd::CodeBlock) => self.code = None,
            Event::Start(Tag::Strong) => self.style = self.style.bold(),
            Event::Start(Tag::Emphasis) => self.style = self.style.italic(),
            Event::End(TagEnd::Strong | TagEnd::Emphasis) => self.style = Style::new(),
            Event::Start(Tag::Link { dest_url, .. }) => self.link = Some(dest_url.into_string()),
            Event::End(TagEnd::Link) => {
                if let Some(link) = self.link.take() {
                    self.words(&format!(" <{link}>"), Style::new().dimmed());
                }
            }
            Event::Text(text) => {
                if self.code.is_some() {
                    self.code_lines(&text);
                } else {
                    self.words(&text, self.style);
                }
            }
            Event::Code(text) => {
                self.words(&format!("`{text}`"), self.style.fg_color(Some(AnsiColor::Cyan.into())))
            }
            Event::SoftBreak | Event::HardBreak => self.words(" ", self.style),
            Event::Html(text) | Event::InlineHtml(text) => self.words(&text, self.style),
            _ => {}
        }
    }

    fn open_code(&mut self) {
        let info = self.code.clone().unwrap_or_default();
        let Some(word) = info.split_whitespace().nth(1) else {
            self.out.push('\n');
            return;
        };
        let (label, color) = match word {
            "policy" => ("logic", AnsiColor::Blue),
            "fail" => ("fails", AnsiColor::Red),
            "fixed" => ("mended", AnsiColor::Green),
            "pass" => ("passes", AnsiColor::Green),
            other => (other, AnsiColor::Yellow),
        };
        let label = self.paint(Style::new().bold().fg_color(Some(color.into())), label);
        let _ = write!(self.out, "\n  {label}\n");
    }

    fn code_lines(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r']);
            if content.is_empty() {
                self.out.push('\n');
                continue;
            }
            let shown = match content.find("# ←").or_else(|| content.find("// ←")) {
                Some(at) => {
                    let (code, mark) = content.split_at(at);
                    format!("{code}{}", self.paint(Style::new().fg_color(Some(AnsiColor::Red.into())), mark))
                }
                None => content.to_owned(),
            };
            let _ = writeln!(self.out, "    {shown}");
        }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.look.color && style != Style::new() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn words(&mut self, text: &str, style: Style) {
        for piece in text.split_inclusive(' ') {
            self.line.push((style, piece.to_owned()));
        }
    }

    /// Writes the paragraph, wrapped.
    fn flush(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let pieces = std::mem::take(&mut self.line);
        let bullet = self.bullet.take();
        let first = match &bullet {
            Some(mark) => format!("{}{mark}", " ".repeat(self.indent)),
            None => " ".repeat(self.indent),
        };
        let rest = " ".repeat(first.chars().count());
        if bullet.is_none() || !self.out.ends_with('\n') || self.indent == 0 {
            self.out.push('\n');
        }
        self.out.push_str(&first);
        let width = self.look.width.max(20);
        let mut column = first.chars().count();
        // A word is everything up to a space, whatever styles it has.
        let mut word: Vec<(Style, String)> = Vec::new();
        let mut words: Vec<Vec<(Style, String)>> = Vec::new();
        for (style, piece) in pieces {
            let ends = piece.ends_with(' ');
            let text = piece.trim_end_matches(' ').to_owned();
            if !text.is_empty() {
                word.push((style, text));
            }
            if ends && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        let mut start = true;
        for word in words {
            let length: usize = word.iter().map(|(_, t)| t.chars().count()).sum();
            if !start && column + 1 + length > width {
                self.out.push('\n');
                self.out.push_str(&rest);
                column = rest.len();
            } else if !start {
                self.out.push(' ');
                column += 1;
            }
            for (style, text) in &word {
                let painted = self.paint(*style, text);
                self.out.push_str(&painted);
            }
            column += length;
            start = false;
        }
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Library;
    use crate::source::Sources;
    use std::sync::Arc;

    const PAGE: &str = "---\nseverity: high\npacks: [recommended]\ncontrols: { fsbp: [S3.2] }\n\
        aliases: { checkov: [CKV_AWS_20] }\nwithout: { cloudformation: \"no such thing\" }\n---\n\
        # S3 bucket ACL lets everyone in\n\nEveryone on the internet can read `AccessControl` objects, see \
        [the guide](https://docs.aws.amazon.com/s3) for **all** of it.\n\n- one\n- two\n\n\
        ```hcl policy\nresource \"AWS::S3::Bucket\" {\n  fail    = true\n  message = \"m\"\n}\n```\n\n## Terraform\n\n\
        ```hcl fail\nacl = 1 # ← finding\n```\n\n```hcl pass\nacl = 2\n```\n";

    fn shown(color: bool) -> String {
        let sources = Arc::new(Sources::new());
        let mut library = Library::new(Arc::clone(&sources));
        library.add(&sources.add("own/s3-shown.md", PAGE));
        explain(library.get("s3-shown").unwrap(), Look { width: 60, color })
    }

    #[test]
    fn plain() {
        insta::assert_snapshot!(shown(false));
    }

    #[test]
    fn colours_only_where_asked_for() {
        assert!(!shown(false).contains('\u{1b}'));
        let colored = shown(true);
        assert!(colored.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), shown(false));
    }
}
