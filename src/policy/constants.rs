//! What is done with the expressions of a page once they are read and checked: its constants are filled in, and questions
//! after the length of a list become questions after its members where that is what they mean.

use indexmap::IndexMap;

use crate::Str;
use crate::program::{BinaryOp, Expr, ExprKind, Literal, Quantity, Root, TemplatePart, UnaryOp};

use super::compile::{Block, FixChange};

/// The constants of a page, to be put where they are named.
pub(super) struct Constants {
    values: IndexMap<Str, Expr>,
    /// Whether they are too much by themselves.
    over: bool,
}

/// How many expressions constants may add to one block.
pub(super) const MAX_FILLED: usize = 50_000;

impl Constants {
    /// Constants, in which those above are filled in.
    pub(super) fn new(locals: IndexMap<Str, Expr>) -> Self {
        let mut constants = Constants { values: IndexMap::new(), over: false };
        let mut budget = MAX_FILLED;
        for (name, mut value) in locals {
            constants.fill(&mut value, &mut budget);
            constants.over |= budget == 0;
            constants.values.insert(name, value);
        }
        constants
    }

    /// Fills a block's constants in; false when that is too much.
    pub(super) fn fill_block(&self, block: &mut Block) -> bool {
        let mut budget = MAX_FILLED;
        let mut exprs: Vec<&mut Expr> = vec![&mut block.fail, &mut block.message];
        exprs.extend(block.when.as_mut());
        exprs.extend(block.for_each.as_mut());
        exprs.extend(block.at.iter_mut().chain(&mut block.related));
        for fix in &mut block.fixes {
            exprs.extend(fix.steps.as_mut());
            exprs.extend(fix.changes.iter_mut().map(|change| match change {
                FixChange::Set(.., value)
                | FixChange::Append(.., value)
                | FixChange::Remove(value)
                | FixChange::Add(_, value) => value,
            }));
        }
        for expr in exprs {
            self.fill(expr, &mut budget);
            ask_for_members(expr);
        }
        budget > 0 && !self.over
    }

    fn fill(&self, expr: &mut Expr, budget: &mut usize) {
        if self.values.is_empty() {
            return;
        }
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            *budget = budget.saturating_sub(1);
            if *budget == 0 {
                return;
            }
            if let ExprKind::Root(Root::Local(name)) = &expr.kind {
                if let Some(value) = self.values.get(name) {
                    *budget = budget.saturating_sub(count(value, *budget));
                    if *budget > 0 {
                        *expr = value.clone();
                    }
                }
                continue;
            }
            inner(&mut expr.kind, &mut todo);
        }
    }
}

/// The number of expressions in one, at most `most`.
fn count(expr: &Expr, most: usize) -> usize {
    let mut copy = expr.clone();
    let mut todo = vec![&mut copy];
    let mut number = 0;
    while let Some(expr) = todo.pop() {
        number += 1;
        if number >= most {
            break;
        }
        inner(&mut expr.kind, &mut todo);
    }
    number
}

/// The expressions directly inside one.
fn inner<'e>(kind: &'e mut ExprKind, into: &mut Vec<&'e mut Expr>) {
    match kind {
        ExprKind::Literal(_) | ExprKind::Root(_) | ExprKind::Unknown(_) => {}
        ExprKind::Template(parts) => inner_template(parts, into),
        ExprKind::List(items) | ExprKind::Call { args: items, .. } => into.extend(items),
        ExprKind::Object(items) => into.extend(items.iter_mut().flat_map(|i| [&mut i.key, &mut i.value])),
        ExprKind::Attr(a, _) | ExprKind::Unary(_, a) => into.push(a),
        ExprKind::Index(a, b) | ExprKind::Splat(a, b) | ExprKind::Binary(_, a, b) => {
            into.push(a);
            into.push(b);
        }
        ExprKind::Conditional(a, b, c) => into.extend([&mut **a, &mut **b, &mut **c]),
        ExprKind::For(of) => {
            into.push(&mut of.collection);
            into.push(&mut of.value);
            into.extend(of.key.as_mut());
            into.extend(of.condition.as_mut());
        }
    }
}

fn inner_template<'e>(parts: &'e mut [TemplatePart], into: &mut Vec<&'e mut Expr>) {
    for part in parts {
        match part {
            TemplatePart::Text(..) => {}
            TemplatePart::Interpolation(expr) => into.push(expr),
            TemplatePart::If(condition, yes, no) => {
                into.push(condition);
                inner_template(yes, into);
                inner_template(no, into);
            }
            TemplatePart::For(head, body) => {
                into.push(&mut head.2);
                inner_template(body, into);
            }
        }
    }
}

/// The name of the question whether a list has a member. Nobody can write it: it stands for `length(…) > 0`.
pub(super) const HAS_MEMBERS: &str = "length > 0";

/// `length(x) > 0` asks whether there is a member, which can be known where the length is not: a list may have further
/// members that nobody knows.
fn ask_for_members(expr: &mut Expr) {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        let negated = match &expr.kind {
            ExprKind::Binary(op, left, right) if is_length(left) => {
                let number = match &right.kind {
                    ExprKind::Literal(Literal::Number(Quantity::Int(number))) => Some(*number),
                    _ => None,
                };
                match (op, number) {
                    (BinaryOp::Gt | BinaryOp::Ne, Some(0)) | (BinaryOp::Ge, Some(1)) => Some(false),
                    (BinaryOp::Eq | BinaryOp::Le, Some(0)) | (BinaryOp::Lt, Some(1)) => Some(true),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(negated) = negated
            && let ExprKind::Binary(_, left, _) = &mut expr.kind
        {
            if let ExprKind::Call { name, .. } = &mut left.kind {
                *name = HAS_MEMBERS.into();
            }
            let asked = std::mem::replace(&mut **left, Expr::new(ExprKind::List(Vec::new()), expr.span));
            expr.kind = match negated {
                true => ExprKind::Unary(UnaryOp::Not, Box::new(asked)),
                false => asked.kind,
            };
        }
        inner(&mut expr.kind, &mut todo);
    }
}

fn is_length(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { name, args, expand: false, .. } if name == "length" && args.len() == 1)
}
