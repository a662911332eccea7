//! Intrinsic functions in both forms ("Intrinsic function reference", AWS CloudFormation Template Reference).

use crate::Str;
use crate::program::{Expr, ExprKind, Literal, Mode, ObjectItem, Root};
use crate::source::Span;
use crate::syntax::{Kind, NodeId, yaml};

use super::exports::Import;
use super::names::{Names, PSEUDO};
use super::reader::Reader;

impl Reader<'_> {
    /// `!Name value`.
    pub(super) fn tagged(&mut self, tag: &str, tag_span: Span, value: NodeId, span: Span) -> Expr {
        let short = tag.strip_prefix('!').unwrap_or(tag);
        match short {
            "" => self.expr(value),
            "Ref" | "Condition" => self.intrinsic(short, tag_span, value, span),
            _ => self.intrinsic(
                &format!("Fn::{}", short.strip_prefix("Fn::").unwrap_or(short)),
                tag_span,
                value,
                span,
            ),
        }
    }

    /// A function and its argument.
    pub(super) fn intrinsic(&mut self, name: &str, name_span: Span, value: NodeId, span: Span) -> Expr {
        let tree = self.tree;
        if yaml::is_damaged(tree, value) {
            return self.unknown("damaged source", span);
        }
        if matches!(name, "Fn::Length" | "Fn::ToJsonString") {
            self.extension(&format!("`{name}`"), name_span);
        }
        match name {
            "Ref" => {
                let Some(name) = self.fixed(value) else {
                    return self.no_name("`Ref` wants the name of a parameter or resource", value, span);
                };
                self.reference(&name, tree.span(value), span)
            }
            "Condition" => {
                let Some(name) = self.fixed(value) else {
                    return self.no_name("`Condition` wants the name of a condition", value, span);
                };
                self.condition(&name, tree.span(value), span)
            }
            "Fn::GetAtt" => self.get_att(value, span),
            "Fn::Sub" => self.sub(value, span),
            "Fn::If" => self.conditional(value, span),
            "Fn::FindInMap" => self.find_in_map(name_span, value, span),
            "Fn::And" | "Fn::Or" | "Fn::Not" => {
                let outer = std::mem::replace(&mut self.in_condition, true);
                let expr = self.call(name, name_span, value, span);
                self.in_condition = outer;
                expr
            }
            "Fn::Transform" => self.transformed(name_span, value, span),
            // the outputs of stacks that are not at hand
            "Fn::GetStackOutput" => self.unknown("the output of another stack", span),
            "Fn::Equals" | "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::Base64" | "Fn::Cidr"
            | "Fn::GetAZs" | "Fn::Length" | "Fn::ToJsonString" => self.call(name, name_span, value, span),
            "Fn::ImportValue" => self.import(name_span, value, span),
            _ => {
                const KNOWN: [&str; 21] = [
                    "Ref",
                    "Condition",
                    "Fn::GetAtt",
                    "Fn::Sub",
                    "Fn::If",
                    "Fn::FindInMap",
                    "Fn::GetStackOutput",
                    "Fn::And",
                    "Fn::Or",
                    "Fn::Not",
                    "Fn::Transform",
                    "Fn::Equals",
                    "Fn::Join",
                    "Fn::Select",
                    "Fn::Split",
                    "Fn::Base64",
                    "Fn::Cidr",
                    "Fn::GetAZs",
                    "Fn::ImportValue",
                    "Fn::Length",
                    "Fn::ToJsonString",
                ];
                if !self.names.open {
                    let message = format!("`{name}` is no function of CloudFormation");
                    self.undeclared(message, name, |_| KNOWN.to_vec(), name_span);
                }
                self.unknown("a function that CloudFormation does not have", span)
            }
        }
    }

    /// A name that is computed, which is no mistake with the language extensions, or something that is no name.
    fn no_name(&mut self, wants: &str, value: NodeId, span: Span) -> Expr {
        let inner = yaml::untagged(self.tree, value);
        let computed = yaml::tag(self.tree, value).is_some() || self.tree.kind(inner) == Kind::Mapping;
        if self.names.extended && computed {
            return self.unknown("the name is computed", span);
        }
        self.malformed(wants.to_owned(), span)
    }

    /// The arguments of a function: the members of a list, or the one value.
    fn call(&mut self, name: &str, name_span: Span, value: NodeId, span: Span) -> Expr {
        let tree = self.tree;
        // these take one argument, which may itself be a list
        let single = matches!(
            name,
            "Fn::Base64" | "Fn::GetAZs" | "Fn::ImportValue" | "Fn::Length" | "Fn::ToJsonString"
        );
        let target = yaml::untagged(tree, value);
        let args: Vec<Expr> = if !single && tree.kind(target) == Kind::Sequence {
            let items: Vec<NodeId> = yaml::items(tree, target).collect();
            items.into_iter().map(|item| self.expr(item)).collect()
        } else {
            vec![self.expr(value)]
        };
        let (least, most) = match name {
            "Fn::And" | "Fn::Or" => (1, usize::MAX),
            "Fn::Equals" | "Fn::Join" | "Fn::Select" | "Fn::Split" => (2, 2),
            "Fn::Cidr" => (2, 3),
            _ => (1, 1),
        };
        if !(least..=most).contains(&args.len()) {
            let wants = if least == most { format!("{least}") } else { format!("{least} or more") };
            let message = format!("`{name}` wants {wants} arguments, here are {}", args.len());
            return self.malformed(message, span);
        }
        Expr::new(ExprKind::Call { name: name.into(), name_span, args, expand: false }, span)
    }

    /// The output of the template of this directory that exports the name, if exactly one does.
    fn import(&mut self, name_span: Span, value: NodeId, span: Span) -> Expr {
        let call = self.call("Fn::ImportValue", name_span, value, span);
        let (Some(exports), Some(loader)) = (self.exports, self.loader) else { return call };
        let ExprKind::Call { name, args, .. } = &call.kind else { return call };
        let Some(wanted) = args.first() else { return call };
        let importer = loader.absolute(&self.tree.file.path);
        let parameter = |name: &str| self.parameter_text(name);
        match exports.find(loader, &importer, wanted, &parameter) {
            Import::Found(path, output) => {
                let file: Str = path.file_name().unwrap_or_default().to_string_lossy().as_ref().into();
                self.imports.insert(file.clone(), path);
                let module = Expr::new(ExprKind::Root(Root::Module(file)), name_span);
                Expr::new(ExprKind::Attr(Box::new(module), output), span)
            }
            Import::Nobody => call,
            Import::Several(paths) => {
                let names = paths.iter().filter_map(|p| p.file_name()).map(|n| n.to_string_lossy());
                let reason = format!("exported by {}", names.collect::<Vec<_>>().join(" and "));
                let args = vec![wanted.clone(), Expr::string(reason, span)];
                let kind = ExprKind::Call { name: name.clone(), name_span, args, expand: false };
                Expr::new(kind, span)
            }
        }
    }

    /// What a name means as `Ref` and in `${…}`.
    pub(super) fn reference(&mut self, name: &str, name_span: Span, span: Span) -> Expr {
        if name == "AWS::NoValue" {
            return Expr::new(ExprKind::Literal(Literal::NoValue), span);
        }
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Expr::string(value.clone(), span);
        }
        let root = if self.names.parameters.contains(name) {
            Root::Input(name.into())
        } else if self.names.resources.contains(name) {
            let resource = Expr::new(ExprKind::Root(resource(name)), name_span);
            return Expr::new(ExprKind::Attr(Box::new(resource), "Ref".into()), span);
        } else if PSEUDO.contains(&name) {
            Root::Named(name.into())
        } else {
            if !self.names.may_appear(name) {
                let message = format!("`{name}` is neither a parameter nor a resource of this template");
                self.undeclared(message, name, Names::references, name_span);
            }
            Root::Undeclared(name.into())
        };
        Expr::new(ExprKind::Root(root), span)
    }

    /// A condition by name.
    pub(super) fn condition(&mut self, name: &str, name_span: Span, span: Span) -> Expr {
        let local: Str = format!("Conditions/{name}").into();
        if self.names.conditions.contains(name) {
            return Expr::new(ExprKind::Root(Root::Local(local)), span);
        }
        if !self.names.open {
            let message = format!("condition `{name}` is not declared");
            self.undeclared(message, name, |n| n.conditions.iter().map(Str::as_str).collect(), name_span);
        }
        Expr::new(ExprKind::Root(Root::Undeclared(local)), span)
    }

    fn conditional(&mut self, value: NodeId, span: Span) -> Expr {
        let tree = self.tree;
        let items: Vec<NodeId> = yaml::items(tree, value).collect();
        let &[condition, yes, no] = items.as_slice() else {
            let message =
                format!("`Fn::If` wants a condition and two values, here are {} members", items.len());
            return self.malformed(message, span);
        };
        let condition = self.named_condition(condition);
        let (yes, no) = (self.expr(yes), self.expr(no));
        Expr::new(ExprKind::Conditional(Box::new(condition), Box::new(yes), Box::new(no)), span)
    }

    /// The condition that `Fn::If` names.
    pub(super) fn named_condition(&mut self, node: NodeId) -> Expr {
        if let Some(name) = self.fixed(node) {
            let span = self.span(node);
            return self.condition(&name, span, span);
        }
        // a condition function in place of a name is not documented, but its meaning is plain
        let outer = std::mem::replace(&mut self.in_condition, true);
        let expr = self.expr(node);
        self.in_condition = outer;
        expr
    }

    fn get_att(&mut self, value: NodeId, span: Span) -> Expr {
        let tree = self.tree;
        if let Some(path) = self.fixed(value) {
            let Some((name, attribute)) = path.split_once('.') else {
                return self.malformed(
                    format!("`Fn::GetAtt` wants a resource and an attribute, not `{path}`"),
                    span,
                );
            };
            return self.attribute(name, attribute, tree.span(value), span);
        }
        let items: Vec<NodeId> = yaml::items(tree, value).collect();
        let (Some(&name), true) = (items.first(), items.len() >= 2) else {
            return self.malformed("`Fn::GetAtt` wants a resource and an attribute".to_owned(), span);
        };
        let name_span = tree.span(name);
        let Some(name) = self.fixed(name) else {
            return self.unknown("the resource's name is computed", span);
        };
        let rest = items.get(1..).unwrap_or(&[]);
        if let Some(steps) = rest.iter().map(|&n| self.fixed(n)).collect::<Option<Vec<_>>>() {
            let attribute = steps.join(".");
            return self.attribute(&name, &attribute, name_span, span);
        }
        if !self.names.resources.contains(name.as_ref()) {
            return self.attribute(&name, "", name_span, span);
        }
        let attribute = match rest {
            [one] => self.expr(*one),
            _ => return self.unknown("the attribute's name is computed", span),
        };
        let resource = Expr::new(ExprKind::Root(resource(&name)), name_span);
        Expr::new(ExprKind::Index(Box::new(resource), Box::new(attribute)), span)
    }

    /// `NAME.ATTRIBUTE`, as `Fn::GetAtt` and `${…}` mean it.
    pub(super) fn attribute(&mut self, name: &str, attribute: &str, name_span: Span, span: Span) -> Expr {
        if let Some(output) = attribute.strip_prefix("Outputs.")
            && self.names.calls.contains(name)
        {
            let module = Expr::new(ExprKind::Root(Root::Module(name.into())), name_span);
            return Expr::new(ExprKind::Attr(Box::new(module), output.into()), span);
        }
        let root = if self.names.resources.contains(name) {
            resource(name)
        } else {
            if !self.names.may_appear(name) {
                let message = format!("`{name}` is not a resource of this template");
                self.undeclared(message, name, |n| n.resources.iter().map(Str::as_str).collect(), name_span);
            }
            Root::Undeclared(name.into())
        };
        let root = Expr::new(ExprKind::Root(root), name_span);
        Expr::new(ExprKind::Attr(Box::new(root), attribute.into()), span)
    }

    fn find_in_map(&mut self, name_span: Span, value: NodeId, span: Span) -> Expr {
        let tree = self.tree;
        let items: Vec<NodeId> = yaml::items(tree, value).collect();
        let (Some(&map), 3..=4) = (items.first(), items.len()) else {
            let message =
                format!("`Fn::FindInMap` wants a mapping and two keys, here are {} members", items.len());
            return self.malformed(message, span);
        };
        let map = if let Some(name) = self.fixed(map) {
            let local: Str = format!("Mappings/{name}").into();
            let root = if self.names.mappings.contains(name.as_ref()) {
                Root::Local(local)
            } else {
                if !self.names.open {
                    let message = format!("mapping `{name}` is not declared");
                    self.undeclared(
                        message,
                        &name,
                        |n| n.mappings.iter().map(Str::as_str).collect(),
                        tree.span(map),
                    );
                }
                Root::Undeclared(local)
            };
            Expr::new(ExprKind::Root(root), tree.span(map))
        } else {
            // whose name is computed is one of all
            let span = tree.span(map);
            let name = self.expr(map);
            let mappings = self.names.mappings.iter().map(|name| ObjectItem {
                key: Expr::string(name.clone(), span),
                value: Expr::new(ExprKind::Root(Root::Local(format!("Mappings/{name}").into())), span),
                span,
            });
            let all = Expr::new(ExprKind::Object(mappings.collect()), span);
            Expr::new(ExprKind::Index(Box::new(all), Box::new(name)), span)
        };
        if let Some(&default) = items.get(3) {
            self.extension("`DefaultValue` in `Fn::FindInMap`", tree.span(default));
        }
        let mut args = vec![map];
        for &item in items.iter().skip(1) {
            args.push(self.expr(item));
        }
        if self.in_condition {
            args.resize_with(4, || Expr::new(ExprKind::Literal(Literal::NoValue), span));
            args.push(Expr::new(ExprKind::Literal(Literal::Bool(true)), span));
        }
        Expr::new(ExprKind::Call { name: "Fn::FindInMap".into(), name_span, args, expand: false }, span)
    }
}

/// A resource of the template.
pub(super) fn resource(name: &str) -> Root {
    Root::Resource { mode: Mode::Managed, type_name: Str::new(), name: name.into() }
}
