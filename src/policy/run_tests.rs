//! Blocks on made-up resources: what verdict they come to, where, and under which condition.

use super::*;
use crate::eval::{OriginStep, Scope};
use crate::graph;
use crate::model::{Presence, Resource};
use crate::policy::compile;
use crate::program::{Mode, TypeExpr, hcl};
use crate::source::Sources;
use crate::syntax;

/// A world in which values are written as HCL: `unknown.x` is an unknown, `choice.x(a, b)` is `a` where the condition
/// `x` holds and else `b`.
struct World {
    sources: Arc<Sources>,
    store: Arc<Store>,
    resources: Vec<Resource>,
}

struct TestNames<'w>(&'w World);

impl Names for TestNames<'_> {
    fn root(&self, root: &Root, span: Span) -> Result<Value, Failure> {
        let name = match root {
            Root::Bound(name) | Root::Undeclared(name) => name.clone(),
            _ => return Err(Failure::new("test", "no such name", span)),
        };
        Ok(Value::new(Data::Unknown(self.0.input(&name)), self.0.store.literal_origin(span)))
    }

    fn call(&self, name: &str, args: &[Value], _span: Span) -> Option<Result<Value, Failure>> {
        let [yes, no] = args else { return None };
        let when = self.0.condition(name);
        Some(Ok(self.0.store.choice([(when, yes.clone()), (self.0.store.not(when), no.clone())])))
    }
}

impl World {
    fn new() -> Self {
        let sources = Arc::new(Sources::new());
        World { store: Arc::new(Store::new(Arc::clone(&sources))), sources, resources: Vec::new() }
    }

    fn input(&self, name: &str) -> UnknownId {
        self.store.unknown(UnknownKind::Input(name.into()), false, TypeExpr::Any)
    }

    fn condition(&self, name: &str) -> Guard {
        self.store.equals(self.input(name), &Str::from("true"))
    }

    fn value(&self, text: &str) -> (Value, Span) {
        let file = self.sources.add("test.tf", text);
        let tree = syntax::hcl::parse_expression(Arc::clone(&file), 0, text.len() as u32);
        assert!(tree.errors.is_empty(), "{:?}", tree.errors);
        let names = |t: hcl::Traversal<'_>| (Root::Bound(t.name.into()), 0);
        let root = tree.children(tree.root()).next().unwrap();
        let expr = hcl::Reader::new(&tree, names).expr(root);
        let evaluator = Evaluator::new(&self.store, Dialect::Terraform);
        let value = evaluator.eval(&expr, Env::new(&TestNames(self))).unwrap();
        (value, Span::new(file.id, 0, text.len() as u32))
    }

    fn add(&mut self, type_name: &str, name: &str, properties: &str) -> &mut Resource {
        let (properties, span) = self.value(properties);
        let id = ResourceId(self.resources.len() as u32);
        self.resources.push(Resource {
            id,
            instance: None,
            address: format!("test.{name}").into(),
            type_name: type_name.into(),
            declared_as: type_name.into(),
            name: name.into(),
            mode: Mode::Managed,
            exists: Guard::TRUE,
            values: Value::absent(),
            unset: Vec::new(),
            properties,
            meta: Value::absent(),
            header: Span::new(span.file, 0, 1),
            span,
            calls: Vec::new(),
            presence: Presence::Written,
            construct: None,
            scope: Arc::new(Scope::default()),
            depends_on: Vec::new(),
        });
        self.resources.last_mut().unwrap()
    }

    fn run(self, logic: &str) -> (Vec<Verdict>, Graph) {
        let file = self.sources.add("page.md", logic);
        let (policy, wrong) = compile(&file, 0..logic.len());
        assert_eq!(wrong, []);
        let graph = graph::link(self.store, self.resources, &[]);
        let policy = policy.unwrap();
        let ids: Vec<ResourceId> = graph.resources.iter().map(|r| r.id).collect();
        (ids.into_iter().flat_map(|id| policy.run(&graph, id)).collect(), graph)
    }
}

/// What a block's body says about one bucket.
fn bucket(properties: &str, body: &str) -> String {
    let mut world = World::new();
    world.add("AWS::S3::Bucket", "b", properties);
    let (verdicts, graph) = world.run(&format!("resource \"AWS::S3::Bucket\" {{\n{body}\n}}\n"));
    shown(&verdicts, &graph)
}

fn shown(verdicts: &[Verdict], graph: &Graph) -> String {
    let mut out = Vec::new();
    for verdict in verdicts {
        let mut line = format!("{:?}", verdict.outcome).to_lowercase();
        if verdict.condition != Guard::TRUE {
            line += &format!(" when {}", graph.store.describe(verdict.condition));
        }
        if let Some(finding) = &verdict.finding {
            let at = graph.store.sources.get(finding.primary.span.file).unwrap();
            line += &format!(": {} @ {}", finding.message, at.slice(finding.primary.span));
            for related in &finding.related {
                line += &format!(" + {}", related.message);
            }
        }
        let needs: Vec<_> = verdict.undecided.iter().map(|id| graph.store.unknown_name(*id)).collect();
        if !needs.is_empty() {
            line += &format!(" needs {}", needs.join(", "));
        }
        if let Some(reason) = &verdict.reason {
            line += &format!(" because {reason}");
        }
        out.push(line);
    }
    out.join("\n")
}

const ACL: &str = "fail = contains([\"PublicRead\", \"PublicReadWrite\"], self.AccessControl)\n\
    at = self.AccessControl\nmessage = \"bucket `${self.name}` has `${self.AccessControl}`\"";

#[test]
fn known_values() {
    let found = bucket("{ AccessControl = \"PublicRead\" }", ACL);
    assert_eq!(found, "fail: bucket `b` has `PublicRead` @ \"PublicRead\"");
    assert_eq!(bucket("{ AccessControl = \"Private\" }", ACL), "pass");
    assert_eq!(bucket("{}", ACL), "pass");
    assert_eq!(bucket("{ AccessControl = null }", ACL), "pass");
    assert_eq!(bucket("{ AccessControl = env }", ACL), "unknown needs env");
}

#[test]
fn a_choice_fails_under_its_condition() {
    let found = bucket("{ AccessControl = IsProd(\"Private\", \"PublicRead\") }", ACL);
    assert_eq!(found, "fail when `IsProd` is not true: bucket `b` has `PublicRead` @ \"PublicRead\"");
    let found = bucket("{ AccessControl = IsProd(env, \"PublicRead\") }", ACL);
    assert!(found.starts_with("fail when `IsProd` is not true"), "{found}");
    assert_eq!(bucket("{ AccessControl = IsProd(\"Private\", \"BucketOwnerRead\") }", ACL), "pass");
}

#[test]
fn absent_is_false_and_null() {
    let says = |fail: &str| bucket("{ Known = 1 }", &format!("fail = {fail}\nmessage = \"m\""));
    for fail in [
        "!self.ObjectLockEnabled",
        "self.ObjectLockEnabled != true",
        "self.ObjectLockEnabled == null",
        "absent(self.ObjectLockEnabled)",
        "!explicit(self.ObjectLockEnabled)",
        "absent(self.VersioningConfiguration.Status)",
        "length(self.Tags) == 0",
        "!anytrue([for t in self.Tags : t.Key == \"a\"])",
        "alltrue([for t in self.Tags : t.Key == \"a\"])",
        "!contains(self.Tags[*].Key, \"a\")",
        "!startswith(self.BucketName, \"x\")",
    ] {
        assert!(says(fail).starts_with("fail"), "{fail}: {}", says(fail));
        assert_eq!(says(&format!("!({fail})")), "pass", "!({fail})");
    }
}

#[test]
fn kleene() {
    let says = |fail: &str| {
        bucket(
            "{ ObjectLockEnabled = env, AccessControl = \"Private\" }",
            &format!("fail = {fail}\nmessage = \"m\""),
        )
    };
    assert_eq!(says("self.ObjectLockEnabled && self.AccessControl == \"PublicRead\""), "pass");
    assert!(says("self.ObjectLockEnabled || self.AccessControl == \"Private\"").starts_with("fail"));
    assert_eq!(says("self.ObjectLockEnabled && self.AccessControl == \"Private\""), "unknown needs env");
    assert_eq!(says("!self.ObjectLockEnabled"), "unknown needs env");
    assert_eq!(says("known(self.ObjectLockEnabled)"), "pass");
}

#[test]
fn when_takes_out_of_question() {
    let says = |acl: &str, when: &str| {
        bucket(&format!("{{ BucketName = {acl} }}"), &format!("when = {when}\nfail = true\nmessage = \"m\""))
    };
    assert_eq!(says("\"a\"", "self.BucketName == \"b\""), "");
    assert!(says("\"b\"", "self.BucketName == \"b\"").starts_with("fail"));
    assert_eq!(says("env", "self.BucketName == \"b\""), "unknown needs env");
    assert!(says("IsB(\"b\", \"c\")", "self.BucketName == \"b\"").starts_with("fail when `IsB` is true"));
    // Undecided applicability of something that is right anyway is no question.
    let body =
        "when = self.BucketName == \"b\"\nfail = self.AccessControl == \"PublicRead\"\nmessage = \"m\"";
    assert_eq!(bucket("{ BucketName = env }", body), "pass");
}

#[test]
fn existence_is_part_of_the_condition() {
    let mut world = World::new();
    let guard = world.condition("IsProd");
    world.add("AWS::S3::Bucket", "b", "{ AccessControl = \"PublicRead\" }").exists = guard;
    let (verdicts, graph) = world.run(&format!("resource \"AWS::S3::Bucket\" {{\n{ACL}\n}}\n"));
    assert!(shown(&verdicts, &graph).starts_with("fail when `IsProd` is true"));
    assert_eq!(verdicts[0].condition, verdicts[0].exists);
    let mut world = World::new();
    world.add("AWS::S3::Bucket", "b", "{ AccessControl = \"PublicRead\" }").exists = Guard::FALSE;
    assert_eq!(world.run(&format!("resource \"AWS::S3::Bucket\" {{\n{ACL}\n}}\n")).0, []);
}

#[test]
fn elements_have_findings_of_their_own() {
    let body = "for_each = self.Tags\nfail = each.value.Value == \"bad\"\nat = each.value.Value\n\
        message = \"tag ${each.key} `${each.value.Key}`\"";
    let tags = |tags: &str| bucket(&format!("{{ Tags = {tags} }}"), body);
    assert_eq!(
        tags(
            "[{ Key = \"a\", Value = \"bad\" }, { Key = \"b\", Value = \"good\" }, { Key = \"c\", Value = \"bad\" }]"
        ),
        "fail: tag 0 `a` @ \"bad\"\nfail: tag 2 `c` @ \"bad\""
    );
    assert_eq!(tags("[]"), "pass");
    assert_eq!(tags("null"), "pass");
    assert_eq!(tags("env"), "unknown needs env");
    assert_eq!(
        tags("[{ Key = \"a\", Value = \"good\" }, { Key = \"b\", Value = env }]"),
        "unknown needs env"
    );
    let found = tags("IsProd([{ Key = \"a\", Value = \"bad\" }], [{ Key = \"b\", Value = \"good\" }])");
    assert_eq!(found, "fail when `IsProd` is true: tag 0 `a` @ \"bad\"");
    let found = tags("[{ Key = \"a\", Value = IsProd(\"bad\", \"good\") }]");
    assert_eq!(found, "fail when `IsProd` is true: tag 0 `a` @ \"bad\"");
}

#[test]
fn an_element_is_identified_by_its_content() {
    let mut world = World::new();
    world.add("AWS::S3::Bucket", "b", "{ Tags = [{ Key = \"a\" }, { Key = \"b\" }] }");
    let body = "for_each = self.Tags\nfail = true\nmessage = \"m\"";
    let (verdicts, _) = world.run(&format!("resource \"AWS::S3::Bucket\" {{\n{body}\n}}\n"));
    let elements: Vec<_> = verdicts.iter().map(|v| v.finding.as_ref().unwrap().element.clone()).collect();
    assert_ne!(elements[0], elements[1]);
    assert!(elements[0].contains('a') && !elements[0].contains('0'), "{elements:?}");
}

#[test]
fn the_first_place_that_is_written() {
    let at = |properties: &str| {
        bucket(
            properties,
            "fail = true\nmessage = \"m\"\nat = [self.AccessControl, self.BucketName, self.Tags]",
        )
    };
    assert_eq!(at("{ AccessControl = \"Private\", BucketName = \"b\" }"), "fail: m @ \"Private\"");
    assert_eq!(at("{ BucketName = \"b\" }"), "fail: m @ \"b\"");
    assert_eq!(at("{ BucketName = null }"), "fail: m @ {");
    assert_eq!(at("{ Tags = [{ Key = \"x\" }] }"), "fail: m @ [{ Key = \"x\" }]");
    let mut world = World::new();
    world.add("AWS::S3::Bucket", "b", "{ BucketName = \"b\" }");
    let (mut value, span) = world.value("\"Private\"");
    value.origin = world.store.origin(OriginStep { span, via: Via::Default, from: Origin::NONE });
    let Data::Map(map) = &mut world.resources[0].properties.data else { panic!() };
    Arc::make_mut(map).entries.push(crate::eval::Entry {
        key: "AccessControl".into(),
        key_origin: Origin::NONE,
        guard: Guard::TRUE,
        value,
    });
    let (verdicts, graph) = world.run(
        "resource \"AWS::S3::Bucket\" {\nfail = !explicit(self.AccessControl) && !absent(self.AccessControl)\n\
         message = \"m\"\nat = [self.AccessControl, self.BucketName]\n}\n",
    );
    assert_eq!(shown(&verdicts, &graph), "fail: m @ \"b\"");
}

#[test]
fn data_sources_are_not_checked() {
    let mut world = World::new();
    world.add("AWS::S3::Bucket", "b", "{ AccessControl = \"PublicRead\" }").mode = Mode::Data;
    assert_eq!(world.run(&format!("resource \"AWS::S3::Bucket\" {{\n{ACL}\n}}\n")).0, []);
}

#[test]
fn sensitive_values_are_not_shown() {
    let mut world = World::new();
    world.add("AWS::S3::Bucket", "b", "{ BucketName = \"hush\" }");
    let marks = world.store.mark_sensitive(crate::eval::Marks::NONE);
    let Data::Map(map) = &mut world.resources[0].properties.data else { panic!() };
    Arc::make_mut(map).entries[0].value.marks = marks;
    let (verdicts, graph) = world
        .run("resource \"AWS::S3::Bucket\" {\nfail = true\nmessage = \"named `${self.BucketName}`\"\n}\n");
    assert!(shown(&verdicts, &graph).contains("named `(sensitive)`"), "{}", shown(&verdicts, &graph));
}

#[test]
fn whatever_fails_inside_is_unknown_and_says_why() {
    let says = |fail: &str| bucket("{ BucketName = \"b\" }", &format!("fail = {fail}\nmessage = \"m\""));
    let found = says("tonumber(self.BucketName) > 1");
    assert!(found.starts_with("unknown because"), "{found}");
}
