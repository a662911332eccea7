//! `Fn::Sub`: text with `${Name}`, `${Name.Attribute}` and `${!Literal}`.

use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{Expr, ExprKind, Literal, TemplatePart};
use crate::source::Span;
use crate::syntax::{Kind, NodeId, yaml};

use super::reader::Reader;

/// A piece of the decoded text.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    /// `${!Name}`: the text `${Name}`.
    Escaped(&'t str),
    Name(&'t str),
}

/// Cuts the text. Offsets are those of each piece's first byte.
pub(super) fn pieces(text: &str) -> Vec<(Piece<'_>, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|t| t.find("${")).map(|n| n + from) {
        let inner = text.get(start + 2..).unwrap_or("");
        let Some(length) = inner.find('}') else { break };
        let name = inner.get(..length).unwrap_or("");
        // a shell's `${VAR:-x}` is not for CloudFormation to understand, it is refused there; kept as text here
        let end = start + 2 + length + 1;
        let piece = match name.strip_prefix('!') {
            Some(literal) => Piece::Escaped(literal),
            None if is_name(name.trim()) => Piece::Name(name.trim()),
            None => {
                from = start + 2;
                continue;
            }
        };
        if start > at {
            out.push((Piece::Text(text.get(at..start).unwrap_or("")), at));
        }
        out.push((piece, start));
        at = end;
        from = end;
    }
    if at < text.len() {
        out.push((Piece::Text(text.get(at..).unwrap_or("")), at));
    }
    out
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'_' | b'-' | b'&' | b'{'))
}

impl Reader<'_> {
    pub(super) fn sub(&mut self, value: NodeId, span: Span) -> Expr {
        let tree = self.tree;
        let target = yaml::untagged(tree, value);
        let (template, variables) = match tree.kind(target) {
            Kind::Scalar | Kind::Null => (value, None),
            Kind::Sequence => {
                let items: Vec<NodeId> = yaml::items(tree, target).collect();
                match items.as_slice() {
                    [text] => (*text, None),
                    [text, variables] => (*text, Some(*variables)),
                    _ => {
                        return self
                            .malformed("`Fn::Sub` wants a text, or a text and a map".to_owned(), span);
                    }
                }
            }
            // a text that a macro makes
            Kind::Mapping if yaml::find(tree, target, "Fn::Transform").is_some() => {
                return self.unknown("a macro makes this text", span);
            }
            _ => return self.malformed("`Fn::Sub` wants a text, or a text and a map".to_owned(), span),
        };
        let node = yaml::untagged(tree, template);
        if !matches!(tree.kind(node), Kind::Scalar | Kind::Null) {
            return self.malformed("the text of `Fn::Sub` has to be written out".to_owned(), span);
        }
        let mut values: FxHashMap<Str, (Expr, usize)> = FxHashMap::default();
        if let Some(variables) = variables {
            for entry in yaml::entries(tree, variables) {
                let cost = tree.node(entry.value);
                let cost = cost.next.saturating_sub(entry.value.0).max(1) as usize;
                let key: Str = self.substitute(&entry.key).into();
                values.insert(key, (self.expr(entry.value), cost));
            }
        }
        let text = self.text(node);
        let places = self.places(node, &text);
        let mut parts = Vec::new();
        for (i, (piece, _)) in pieces(&text).into_iter().enumerate() {
            let place = places.get(i).copied().unwrap_or_else(|| tree.span(node));
            match piece {
                Piece::Text(text) => push_text(&mut parts, text, place),
                Piece::Escaped(name) => push_text(&mut parts, &format!("${{{name}}}"), place),
                Piece::Name(name) => {
                    let expr = match values.get(name) {
                        Some((expr, cost)) => {
                            let (expr, cost) = (expr.clone(), *cost);
                            if self.repeat(cost, place) {
                                expr
                            } else {
                                self.unknown("repeated too often", place)
                            }
                        }
                        None => match name.split_once('.') {
                            Some((resource, attribute)) => self.attribute(resource, attribute, place, place),
                            None => self.reference(name, place, place),
                        },
                    };
                    match expr.kind {
                        // a loop's variable
                        ExprKind::Literal(Literal::String(text)) if !values.contains_key(name) => {
                            push_text(&mut parts, &text, place);
                        }
                        _ => parts.push(TemplatePart::Interpolation(expr)),
                    }
                }
            }
        }
        match parts.as_slice() {
            [] => Expr::string("", span),
            [TemplatePart::Text(text, _)] => Expr::string(text.clone(), span),
            _ => Expr::new(ExprKind::Template(parts), span),
        }
    }

    /// Where the pieces of a decoded text are written. Empty where decoding moved them about.
    fn places(&self, node: NodeId, decoded: &str) -> Vec<Span> {
        let raw = self.tree.text(node);
        let start = self.tree.node(node).start;
        let base = self.span(node);
        let at = |from: usize, to: usize| Span::new(base.file, start + from as u32, start + to as u32);
        let written: Vec<(usize, usize)> = pieces(raw)
            .iter()
            .filter_map(|(piece, offset)| match piece {
                Piece::Name(name) => {
                    let lead = raw.get(offset + 2..).map_or(0, |r| r.len() - r.trim_start().len());
                    Some((offset + 2 + lead, offset + 2 + lead + name.len()))
                }
                Piece::Escaped(name) => Some((*offset, offset + name.len() + 4)),
                Piece::Text(_) => None,
            })
            .collect();
        let wanted = pieces(decoded);
        if wanted.iter().filter(|(p, _)| !matches!(p, Piece::Text(_))).count() != written.len() {
            return Vec::new();
        }
        let mut out = Vec::with_capacity(wanted.len());
        let mut next = written.iter().copied();
        let mut last = 0;
        for (piece, _) in &wanted {
            match piece {
                Piece::Text(_) => {
                    let until = next.clone().next().map_or(raw.len(), |(from, _)| from.saturating_sub(2));
                    out.push(at(last.min(until), until));
                }
                Piece::Name(_) => {
                    let (from, to) = next.next().unwrap_or((0, raw.len()));
                    out.push(at(from, to));
                    last = to + 1;
                }
                Piece::Escaped(_) => {
                    let (from, to) = next.next().unwrap_or((0, raw.len()));
                    out.push(at(from, to));
                    last = to;
                }
            }
        }
        out
    }
}

/// Adds text, joined with text before it.
fn push_text(parts: &mut Vec<TemplatePart>, text: &str, span: Span) {
    if let Some(TemplatePart::Text(before, place)) = parts.last_mut() {
        before.push_str(text);
        *place = place.to(span);
        return;
    }
    parts.push(TemplatePart::Text(text.into(), span));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_names() {
        let cut = |text| pieces(text).into_iter().map(|(p, _)| p).collect::<Vec<_>>();
        assert_eq!(
            cut("a${B}${C.D}${!E} ${ F } $x ${"),
            [
                Piece::Text("a"),
                Piece::Name("B"),
                Piece::Name("C.D"),
                Piece::Escaped("E"),
                Piece::Text(" "),
                Piece::Name("F"),
                Piece::Text(" $x ${")
            ]
        );
        assert_eq!(cut("${AWS::Region}"), [Piece::Name("AWS::Region")]);
        assert_eq!(cut("${X:-y z} ${A}"), [Piece::Text("${X:-y z} "), Piece::Name("A")]);
        assert_eq!(cut(""), []);
    }
}
