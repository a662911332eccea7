//! From granit's events to nodes: pairs, tags as nodes of their own, anchors by name, spans without trailing space.

use granit_parser::{Event, ScalarStyle, Span as GranitSpan, StructureStyle, Tag};
use rustc_hash::FxHashMap;
use std::hash::{BuildHasher, BuildHasherDefault};

use crate::source::{FileId, Span};
use crate::syntax::{Kind, NodeId, SyntaxError, TreeBuilder, flags};

use super::decode::decode;
use super::{ALIAS_BUDGET, NESTING_LIMIT};

/// What an anchored node costs to expand.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    node: NodeId,
    /// Nodes, those that its aliases stand for included; none while the node is still open.
    size: Option<u64>,
    /// Levels, those inside its aliases included.
    height: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    Document,
    Mapping,
    Sequence,
}

/// An open collection.
#[derive(Debug)]
struct Frame {
    kind: FrameKind,
    node: NodeId,
    /// The `Tagged` node around it.
    tagged: Option<NodeId>,
    anchor: Option<usize>,
    flow: bool,
    /// The pair whose value comes next.
    pair: Option<NodeId>,
    /// Where its keys begin in [`Builder::keys`].
    keys: usize,
    end: u32,
    size: u64,
    height: u32,
}

/// Builds the tree from events. The events may be those of a piece of the file: [`Builder::shift`] says where it is.
pub(super) struct Builder<'t> {
    text: &'t str,
    file: FileId,
    pub(super) tree: TreeBuilder,
    frames: Vec<Frame>,
    /// Hashes of the keys of all open mappings.
    keys: Vec<(u64, NodeId)>,
    /// Anchors by granit's number, which starts again in every piece.
    anchors: FxHashMap<usize, Anchor>,
    /// The same by name, over all pieces of a document.
    names: FxHashMap<String, usize>,
    /// Number of anchors in earlier pieces.
    anchor_base: usize,
    anchor_next: usize,
    /// Nodes that aliases stand for so far.
    expanded: u64,
    over_budget: bool,
    /// What to subtract from an event's offset, and what to add then.
    minus: u32,
    plus: u32,
    /// End of the last token.
    last: u32,
}

impl<'t> Builder<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        Builder {
            text,
            file,
            tree: TreeBuilder::for_bytes(text.len()),
            frames: Vec::new(),
            keys: Vec::new(),
            anchors: FxHashMap::default(),
            names: FxHashMap::default(),
            anchor_base: 0,
            anchor_next: 0,
            expanded: 0,
            over_budget: false,
            minus: 0,
            plus: 0,
            last: 0,
        }
    }

    /// From here on events come from a piece whose first `minus` bytes are padding before the offset `plus`.
    pub(super) fn shift(&mut self, minus: u32, plus: u32) {
        self.minus = minus;
        self.plus = plus;
        self.last = plus;
        self.anchor_base = self.anchor_next;
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn error(&mut self, error: SyntaxError) {
        // a file that is no YAML at all should not be told a million times
        if self.tree.errors.len() < 100 {
            self.tree.errors.push(error);
        }
    }

    fn place(&self, offset: Option<usize>) -> u32 {
        (offset.unwrap_or(0) as u32).saturating_sub(self.minus) + self.plus
    }

    /// Adds what an event says.
    pub(super) fn event(&mut self, event: Event<'_>, span: GranitSpan) {
        let start = self.place(span.start.byte_offset());
        let end = self.place(span.end.byte_offset()).max(start);
        match event {
            Event::DocumentStart(..) => self.start_document(start),
            Event::DocumentEnd => self.end_document(),
            Event::Scalar(value, style, anchor, tag) => {
                let tag = self.tag_span(&span, tag.as_deref());
                self.add_scalar(&value, style, anchor, tag, start, end, span.start.col());
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = self.tag_span(&span, tag.as_deref());
                self.start_collection(FrameKind::Sequence, style, anchor, tag, start);
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = self.tag_span(&span, tag.as_deref());
                self.start_collection(FrameKind::Mapping, style, anchor, tag, start);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end_collection(end),
            Event::Anchor(id, name) => self.name_anchor(id, &name),
            Event::Alias(id) => self.alias(self.anchor_base + id, start, end),
            Event::UnresolvedAlias(name) => match self.names.get(name.as_ref()).copied() {
                Some(id) => self.alias(id, start, end),
                None => {
                    let message = format!("alias `*{name}` has no anchor `&{name}` before it");
                    self.error(SyntaxError::new("undefined-alias", message, self.span(start, end)));
                    self.leaf(Kind::Error, start, end, None, 0);
                }
            },
            _ => {}
        }
    }

    fn tag_span(&self, span: &GranitSpan, tag: Option<&Tag>) -> Option<(u32, u32)> {
        tag?;
        let range = span.tag_span()?.byte_range()?;
        Some((self.place(Some(range.start)), self.place(Some(range.end))))
    }

    pub(super) fn start_document(&mut self, start: u32) {
        let node = self.tree.open(Kind::Document, start);
        // anchors end with their document
        self.names.clear();
        self.push_frame(FrameKind::Document, node, start);
    }

    pub(super) fn end_document(&mut self) {
        while self.frames.len() > 1 {
            self.end_collection(0);
        }
        if let Some(frame) = self.frames.pop() {
            self.tree.close(frame.node, frame.end);
        }
    }

    fn push_frame(&mut self, kind: FrameKind, node: NodeId, start: u32) {
        let keys = self.keys.len();
        self.frames.push(Frame {
            kind,
            node,
            tagged: None,
            anchor: None,
            flow: false,
            pair: None,
            keys,
            end: start,
            size: 1,
            height: 1,
        });
    }

    /// Opens the pair, if a key comes now, and the tag.
    fn begin(&mut self, start: u32, tag: Option<(u32, u32)>) -> Option<NodeId> {
        let first = tag.map_or(start, |(tag_start, _)| tag_start.min(start));
        if let Some(frame) = self.frames.last_mut()
            && frame.kind == FrameKind::Mapping
            && frame.pair.is_none()
        {
            frame.pair = Some(self.tree.open(Kind::Pair, first));
            frame.size += 1;
            frame.end = frame.end.max(first);
            // marks that this pair has no key yet
            self.keys.push((0, NodeId(u32::MAX)));
        }
        if let Some(frame) = self.frames.last()
            && frame.kind == FrameKind::Document
            && let Some(document) = self.tree.node_mut(frame.node)
        {
            // granit tells the document's start before the first node's properties and headers
            document.start = document.start.min(first);
        }
        let (tag_start, tag_end) = tag?;
        let tagged = self.tree.open(Kind::Tagged, tag_start);
        self.tree.leaf(Kind::Identifier, tag_start, tag_end);
        self.last = self.last.max(tag_end);
        Some(tagged)
    }

    /// Closes what [`Self::begin`] opened, once the node is complete.
    fn complete(&mut self, node: NodeId, tagged: Option<NodeId>, end: u32, size: u64, height: u32) {
        let mut end = end;
        if let Some(tagged) = tagged {
            end = end.max(self.last);
            self.tree.close(tagged, end);
        }
        self.last = self.last.max(end);
        let Some(frame) = self.frames.last_mut() else { return };
        frame.size += size + u64::from(tagged.is_some());
        frame.height = frame.height.max(height + 1);
        frame.end = frame.end.max(end);
        if frame.kind != FrameKind::Mapping {
            return;
        }
        match self.keys.last_mut() {
            Some(key) if key.1 == NodeId(u32::MAX) && frame.pair.is_some() => key.1 = tagged.unwrap_or(node),
            _ => {
                if let Some(pair) = frame.pair.take() {
                    self.tree.close(pair, end);
                }
            }
        }
    }

    /// A node without children.
    pub(super) fn leaf(
        &mut self,
        kind: Kind,
        start: u32,
        end: u32,
        tag: Option<(u32, u32)>,
        flag: u8,
    ) -> NodeId {
        let is_key = self.expects_key();
        let tagged = self.begin(start, tag);
        let node = self.tree.leaf(kind, start, end);
        let mut data = None;
        if let Some(leaf) = self.tree.node_mut(node) {
            leaf.flags = flag;
            data = Some(*leaf);
        }
        if is_key
            && kind == Kind::Scalar
            && let (Some(key), Some(data)) = (self.keys.last_mut(), data)
        {
            key.0 = hash(&decode(self.text, data));
        }
        self.complete(node, tagged, end, 1, 1);
        node
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one event")]
    fn add_scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<(u32, u32)>,
        start: u32,
        end: u32,
        column: usize,
    ) {
        let (mut start, mut end, mut kind, mut aux) = (start, end, Kind::Scalar, 0);
        let flag = match style {
            ScalarStyle::Plain => {
                // (granit puts it behind the key)
                if end == start
                    && tag.is_none()
                    && start == self.last
                    && self.expects_value()
                    && !self.blank_before(start)
                {
                    // an empty value stands behind the colon
                    let gap = self.text.get(start as usize..).unwrap_or("");
                    let blank = gap.len() - gap.trim_start_matches([' ', '\t']).len();
                    if gap.as_bytes().get(blank) == Some(&b':') {
                        start += blank as u32 + 1;
                        end = start;
                    }
                }
                if end == start || matches!(value, "" | "~" | "null" | "Null" | "NULL") {
                    kind = Kind::Null;
                }
                0
            }
            ScalarStyle::SingleQuoted => flags::SINGLE_QUOTED,
            ScalarStyle::DoubleQuoted => flags::DOUBLE_QUOTED,
            ScalarStyle::Literal | ScalarStyle::Folded => {
                aux = column.min(usize::from(u16::MAX)) as u16;
                (start, end) = self.block_scalar_span(tag, start, end, column);
                if style == ScalarStyle::Literal { flags::LITERAL } else { flags::FOLDED }
            }
        };
        let is_key = self.expects_key();
        let tagged = self.begin(start, tag);
        let node = self.tree.leaf(kind, start, end);
        if let Some(data) = self.tree.node_mut(node) {
            data.flags = flag;
            data.aux = aux;
        }
        self.last = self.last.max(end);
        if is_key && let Some(key) = self.keys.last_mut() {
            // 0 stands for "cannot be a duplicate": merge keys may stand in a mapping more than once
            key.0 = if value == "<<" && flag == 0 { 0 } else { hash(value) };
        }
        self.complete(node, tagged, end, 1, 1);
        self.close_anchor(anchor, tagged.unwrap_or(node), 1, 1);
    }

    /// An error node that is a member of a mapping in place of a pair.
    pub(super) fn stray(&mut self, start: u32, end: u32) {
        let node = self.tree.leaf(Kind::Error, start, end);
        if let Some(data) = self.tree.node_mut(node) {
            data.flags = flags::RECOVERED;
        }
        self.last = self.last.max(end);
        if let Some(frame) = self.frames.last_mut() {
            frame.end = frame.end.max(end);
            frame.size += 1;
        }
    }

    fn blank_before(&self, at: u32) -> bool {
        self.text.as_bytes().get((at as usize).wrapping_sub(1)).is_none_or(u8::is_ascii_whitespace)
    }

    fn expects_value(&self) -> bool {
        self.frames.last().is_some_and(|f| f.kind == FrameKind::Mapping && f.pair.is_some())
            && self.keys.last().is_some_and(|k| k.1 != NodeId(u32::MAX))
    }

    fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|f| f.kind == FrameKind::Mapping && f.pair.is_none())
    }

    /// A block scalar from its `|` to the end of its last line that is not blank. Granit's span is the content alone.
    fn block_scalar_span(&self, tag: Option<(u32, u32)>, start: u32, end: u32, column: usize) -> (u32, u32) {
        let from = tag.map_or(self.last, |(_, tag_end)| tag_end.max(self.last));
        let bytes = self.text.as_bytes();
        let mut at = from as usize;
        while at < start as usize {
            match bytes.get(at) {
                Some(b'|' | b'>') => break,
                Some(b'#') => {
                    at = memchr::memchr(b'\n', bytes.get(at..).unwrap_or(&[]))
                        .map_or(start as usize, |n| at + n)
                }
                // an anchor may hold any of the indicators
                Some(b'&') => {
                    while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace()) {
                        at += 1;
                    }
                }
                _ => at += 1,
            }
        }
        let header = at as u32;
        let content = self.text.get(start as usize..end as usize).unwrap_or("");
        let mut length = content.len();
        loop {
            let line_start = content.get(..length).and_then(|c| c.rfind('\n')).map_or(0, |n| n + 1);
            let line = content.get(line_start..length).unwrap_or("");
            let line = line.strip_suffix('\r').unwrap_or(line);
            // the first line begins behind its indentation, the others at their first column
            let indent = if line_start == 0 { 0 } else { column };
            let blank = line.bytes().all(|b| b == b' ') && line.len() <= indent;
            if !blank {
                length = line_start + line.len();
                break;
            }
            if line_start == 0 {
                length = 0;
                break;
            }
            length = line_start - 1;
        }
        if length == 0 {
            // no content at all: the header alone
            let rest = self.text.get(header as usize..start.max(end) as usize).unwrap_or("");
            let line = rest.lines().next().unwrap_or("");
            let line = line.split(" #").next().unwrap_or("").trim_end();
            return (header, header + line.len().max(1) as u32);
        }
        (header, start + length as u32)
    }

    fn start_collection(
        &mut self,
        kind: FrameKind,
        style: StructureStyle,
        anchor: usize,
        tag: Option<(u32, u32)>,
        start: u32,
    ) {
        self.open_collection(kind == FrameKind::Mapping, start, tag);
        let flow = style == StructureStyle::Flow;
        let Some(frame) = self.frames.last_mut() else { return };
        frame.flow = flow;
        let node = frame.node;
        if flow && let Some(data) = self.tree.node_mut(node) {
            data.flags |= flags::FLOW;
        }
        if anchor != 0 {
            let id = self.anchor_base + anchor;
            frame.anchor = Some(id);
            let node = frame.tagged.unwrap_or(node);
            self.anchor_next = self.anchor_next.max(id);
            self.anchors.insert(id, Anchor { node, size: None, height: 0 });
        }
    }

    /// Opens a block mapping or sequence.
    pub(super) fn open_collection(&mut self, mapping: bool, start: u32, tag: Option<(u32, u32)>) {
        let tagged = self.begin(start, tag);
        let node = self.tree.open(if mapping { Kind::Mapping } else { Kind::Sequence }, start);
        self.push_frame(if mapping { FrameKind::Mapping } else { FrameKind::Sequence }, node, start);
        if let Some(frame) = self.frames.last_mut() {
            frame.tagged = tagged;
        }
    }

    /// Closes the innermost collection; `end` counts for flow style only.
    pub(super) fn end_collection(&mut self, end: u32) {
        // a damaged piece can leave a key without a value
        if let Some(frame) = self.frames.last()
            && frame.kind == FrameKind::Mapping
            && frame.pair.is_some()
        {
            let end = frame.end;
            self.leaf(Kind::Null, end, end, None, flags::RECOVERED);
        }
        let Some(frame) = self.frames.pop() else { return };
        let end = if frame.flow { end.max(frame.end) } else { frame.end };
        self.tree.close(frame.node, end);
        if frame.kind == FrameKind::Mapping {
            self.report_duplicates(frame.keys);
        }
        self.keys.truncate(frame.keys);
        self.complete(frame.node, frame.tagged, end, frame.size, frame.height);
        if let Some(id) = frame.anchor
            && let Some(anchor) = self.anchors.get_mut(&id)
        {
            anchor.size = Some(frame.size);
            anchor.height = frame.height;
        }
    }

    fn report_duplicates(&mut self, from: usize) {
        let Some(keys) = self.keys.get_mut(from..) else { return };
        if keys.len() < 2 {
            return;
        }
        keys.sort_unstable();
        let doubles: Vec<(NodeId, NodeId)> = keys
            .windows(2)
            .filter_map(|pair| match pair {
                [(a, first), (b, second)] if a == b && *a != 0 => Some((*first, *second)),
                _ => None,
            })
            .collect();
        for (first, second) in doubles {
            let (Some(first), Some(second)) =
                (self.tree.nodes.get(first.0 as usize), self.tree.nodes.get(second.0 as usize))
            else {
                continue;
            };
            let (first, second) = (self.span(first.start, first.end), self.span(second.start, second.end));
            let name = self.text.get(second.range()).unwrap_or("");
            let error = SyntaxError::new("duplicate-key", format!("`{name}` is set a second time"), second)
                .with_related(first, "first set here")
                .with_help("remove one of the two: the later one counts");
            self.error(error);
        }
    }

    /// Granit tells the name right behind the node's (first) event.
    fn name_anchor(&mut self, id: usize, name: &str) {
        let id = self.anchor_base + id;
        self.anchor_next = self.anchor_next.max(id);
        self.names.insert(name.to_string(), id);
    }

    fn close_anchor(&mut self, anchor: usize, node: NodeId, size: u64, height: u32) {
        if anchor != 0 {
            let id = self.anchor_base + anchor;
            self.anchor_next = self.anchor_next.max(id);
            self.anchors.insert(id, Anchor { node, size: Some(size), height });
        }
    }

    fn alias(&mut self, id: usize, start: u32, end: u32) {
        let anchor = self.anchors.get(&id).copied();
        let name = self.text.get(start as usize..end as usize).unwrap_or("").to_owned();
        let span = self.span(start, end);
        let depth = self.frames.len() as u32;
        let error = match anchor {
            Some(Anchor { node, size: Some(size), height }) => {
                self.expanded = self.expanded.saturating_add(size);
                if self.expanded > ALIAS_BUDGET {
                    let error = SyntaxError::new(
                        "alias-budget",
                        format!(
                            "aliases stand for more than {ALIAS_BUDGET} nodes in this file; `{name}` is not expanded"
                        ),
                        span,
                    );
                    let first = !std::mem::replace(&mut self.over_budget, true);
                    // what is over the budget once stays over it: say so once
                    first.then_some(error)
                } else if (depth + height) as usize > 2 * NESTING_LIMIT {
                    Some(SyntaxError::new(
                        "nesting-limit",
                        format!("alias `{name}` nests deeper than {} levels", 2 * NESTING_LIMIT),
                        span,
                    ))
                } else {
                    let begun = self.begin(start, None);
                    let alias = self.tree.leaf(Kind::Alias, start, end);
                    self.tree.aliases.push((alias, node));
                    self.complete(alias, begun, end, size, height);
                    return;
                }
            }
            Some(Anchor { node, size: None, .. }) => {
                let at = self.tree.nodes.get(node.0 as usize).map_or(start, |n| n.start);
                Some(
                    SyntaxError::new(
                        "alias-cycle",
                        format!("alias `{name}` stands inside what it stands for"),
                        span,
                    )
                    .with_related(self.span(at, at), "the anchored node begins here"),
                )
            }
            None => Some(SyntaxError::new("undefined-alias", format!("alias `{name}` has no anchor"), span)),
        };
        if let Some(error) = error {
            self.error(error);
        }
        self.leaf(Kind::Error, start, end, None, 0);
    }
}

fn hash(key: &str) -> u64 {
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(key).max(1)
}
