//! The order in which the parts of a large module are evaluated, so that long chains of references are not followed from
//! their far end, each step deeper in the stack.

use crate::program::{Body, Expr, ExprKind, Mode, Repeat, Root};

use super::roots::{each_expr, each_expr_of_body};
use super::run::ModuleIndex;

/// From how many parts on a module has an order; less can't be deep enough to matter.
const MANY_PARTS: usize = 2_000;

/// A part of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A resource, by its number.
    Resource(usize),
    /// A call.
    Call(usize),
    /// A local.
    Local(usize),
}

/// What of a large module is to be evaluated first: each part behind those that its expressions name, otherwise in the
/// order of the source. Nothing for a small one. A cycle is cut somewhere; evaluating finds it again.
pub(super) fn order(index: &ModuleIndex<'_>) -> Vec<Part> {
    let module = index.module;
    let (resources, calls) = (module.resources.len(), module.calls.len());
    if resources + calls + module.locals.len() < MANY_PARTS {
        return Vec::new();
    }
    let number = |part: Part| match part {
        Part::Resource(at) => at,
        Part::Call(at) => resources + at,
        Part::Local(at) => resources + calls + at,
    };
    let mut seen = vec![false; resources + calls + module.locals.len()];
    let mut visit =
        |part: Part| seen.get_mut(number(part)).is_some_and(|seen| !std::mem::replace(seen, true));
    let mut done = Vec::with_capacity(resources + calls);
    let all = (0..resources).map(Part::Resource).chain((0..calls).map(Part::Call));
    for start in all {
        if !visit(start) {
            continue;
        }
        let mut stack = vec![(start, uses(index, start))];
        while let Some((part, waiting)) = stack.last_mut() {
            match waiting.pop() {
                Some(next) if visit(next) => stack.push((next, uses(index, next))),
                Some(_) => {}
                None => {
                    done.push(*part);
                    stack.pop();
                }
            }
        }
    }
    done
}

/// The parts that a part's expressions name, the last one first.
fn uses(index: &ModuleIndex<'_>, part: Part) -> Vec<Part> {
    let module = index.module;
    let mut found = Vec::new();
    let mut add = |root: &Root| {
        let part = match root {
            Root::Resource { mode, type_name, name } => {
                let key: (Mode, &str, &str) = (*mode, type_name.as_str(), name.as_str());
                let resource = index.resources.get(&key).copied().map(Part::Resource);
                resource.or_else(|| module.calls.get_index_of(name).map(Part::Call))
            }
            Root::Module(name) => module.calls.get_index_of(name).map(Part::Call),
            Root::Local(name) => module.locals.get_index_of(name).map(Part::Local),
            _ => None,
        };
        found.extend(part);
    };
    let mut see = |expr: &Expr| {
        if let ExprKind::Root(root) = &expr.kind {
            add(root);
        }
        true
    };
    fn repeat(repeat: &Repeat) -> Option<&Expr> {
        match repeat {
            Repeat::Count(expr) | Repeat::ForEach(expr) | Repeat::Condition(expr) => Some(expr),
            Repeat::One | Repeat::Key(_) => None,
        }
    }
    let mut bodies: Vec<&Body> = Vec::new();
    match part {
        Part::Resource(at) => {
            let Some(resource) = module.resources.get(at) else { return found };
            repeat(&resource.repeat).into_iter().for_each(|expr| each_expr(expr, &mut see));
            bodies.extend([&resource.body, &resource.meta]);
        }
        Part::Call(at) => {
            let Some((_, call)) = module.calls.get_index(at) else { return found };
            repeat(&call.repeat).into_iter().for_each(|expr| each_expr(expr, &mut see));
            call.arguments.iter().for_each(|argument| each_expr(&argument.value, &mut see));
        }
        Part::Local(at) => {
            let Some((_, local)) = module.locals.get_index(at) else { return found };
            each_expr(&local.value, &mut see);
        }
    }
    bodies.into_iter().for_each(|body| each_expr_of_body(body, &mut see));
    found.reverse();
    found
}
