use std::fmt::Write as _;

use super::*;
use crate::program::{
    Body, CallSource, Domain, Expr, ExprKind, Literal, Module, Program, Quantity, Repeat, Root, TemplatePart,
};
use crate::source::{Loader, Sources};
use crate::syntax::Tree;

fn tree(text: &str) -> Tree {
    parse(Sources::new().add("t.yaml", text))
}

/// Expressions as one reads them.
fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => "null".into(),
        ExprKind::Literal(Literal::NoValue) => "NoValue".into(),
        ExprKind::Literal(Literal::Bool(b)) => b.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Int(n))) => n.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Decimal(d))) => d.to_string(),
        ExprKind::Literal(Literal::String(s)) => format!("{s:?}"),
        ExprKind::Template(parts) => {
            let mut out = String::from("`");
            for part in parts {
                match part {
                    TemplatePart::Text(text, _) => out.push_str(text),
                    TemplatePart::Interpolation(e) => {
                        let _ = write!(out, "${{{}}}", show(e));
                    }
                    _ => out.push('?'),
                }
            }
            out + "`"
        }
        ExprKind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        ExprKind::Object(items) => {
            let items: Vec<_> =
                items.iter().map(|i| format!("{}: {}", show(&i.key), show(&i.value))).collect();
            format!("{{{}}}", items.join(", "))
        }
        ExprKind::Root(root) => match root {
            Root::Input(n) => format!("input.{n}"),
            Root::Local(n) => format!("local.{n}"),
            Root::Resource { name, .. } => format!("resource.{name}"),
            Root::Module(n) => format!("module.{n}"),
            Root::Named(n) => format!("<{n}>"),
            Root::Undeclared(n) => format!("undeclared.{n}"),
            other => format!("{other:?}"),
        },
        ExprKind::Attr(e, name) => format!("{}.{name}", show(e)),
        ExprKind::Index(a, b) => format!("{}[{}]", show(a), show(b)),
        ExprKind::Conditional(c, a, b) => format!("({} ? {} : {})", show(c), show(a), show(b)),
        ExprKind::Call { name, args, .. } => {
            format!("{name}({})", args.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Unknown(why) => format!("unknown({why})"),
        other => format!("{other:?}"),
    }
}

fn show_body(out: &mut String, body: &Body) {
    for attribute in &body.attributes {
        let _ = writeln!(out, "    {} = {}", attribute.name, show(&attribute.value));
    }
}

fn show_module(module: &Module) -> String {
    let mut out = String::new();
    for input in module.inputs.values() {
        let default = input.default.as_ref().map_or("none".into(), show);
        let domain = match &input.domain {
            Domain::Open => String::new(),
            Domain::OneOf(values) => format!(" of {values:?}"),
        };
        let _ = writeln!(
            out,
            "input {}: {:?} = {default}{}{}{domain}",
            input.name,
            input.type_expr.as_ref().unwrap(),
            if input.fold_default { "" } else { " (open)" },
            if input.sensitive { " (sensitive)" } else { "" },
        );
    }
    for local in module.locals.values() {
        let _ = writeln!(out, "{} = {}", local.name, show(&local.value));
    }
    for resource in &module.resources {
        let repeat = match &resource.repeat {
            Repeat::Condition(e) => format!(" if {}", show(e)),
            _ => String::new(),
        };
        let _ = writeln!(out, "{} {}{repeat}", resource.type_name, resource.name);
        show_body(&mut out, &resource.body);
        for e in &resource.depends_on {
            let _ = writeln!(out, "    after {}", show(e));
        }
        for a in &resource.meta.attributes {
            let _ = writeln!(out, "    @{} = {}", a.name, show(&a.value));
        }
    }
    for call in module.calls.values() {
        let source = match &call.source {
            CallSource::Loaded(id) => format!("module {}", id.0),
            CallSource::Imported(id) => format!("imported {}", id.0),
            CallSource::Missing { address, .. } => format!("missing {address}"),
        };
        let args: Vec<_> = call.arguments.iter().map(|a| format!("{}={}", a.name, show(&a.value))).collect();
        let _ = writeln!(out, "call {} {source} {}", call.name, args.join(" "));
    }
    for output in module.outputs.values() {
        let export = output.export.as_ref().map_or(String::new(), |e| format!(" as {}", show(e)));
        let condition = output.condition.as_ref().map_or(String::new(), |e| format!(" if {}", show(e)));
        let _ = writeln!(out, "output {} = {}{export}{condition}", output.name, show(&output.value));
    }
    out
}

fn show_program(tree: &Tree, program: &Program) -> String {
    let mut out = String::new();
    for (i, module) in program.modules.iter().enumerate() {
        if program.modules.len() > 1 {
            let _ = writeln!(out, "-- {i} {}", module.path.display());
        }
        out.push_str(&show_module(module));
    }
    for d in &program.diagnostics {
        let at = d.span.map_or(String::new(), |s| tree.file.slice(s).lines().next().unwrap_or("").to_owned());
        let help = d.help.as_ref().map_or(String::new(), |h| format!(" ({h})"));
        let _ = writeln!(out, "{:?} {}: {}{help} at `{at}`", d.severity, d.code, d.message);
    }
    out
}

fn shown(text: &str) -> String {
    let tree = tree(text);
    show_program(&tree, &read(&tree, None))
}

#[test]
fn a_template_becomes_a_module() {
    insta::assert_snapshot!(shown(
        "AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Env: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Size: {Type: Number, Default: '5', AllowedValues: [5, '10']}
  Secret: {Type: String, NoEcho: true}
  Account: {Type: String, Default: 012345678901}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Zones: {Type: CommaDelimitedList, Default: 'a, b'}
  Ports: {Type: List<Number>, Default: '80,443'}
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/ami}
  Flag: {Type: String, Default: true}
Mappings:
  Ami: {eu: {id: ami-1}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  Big: !And [!Condition IsProd, {Condition: IsProd}, !Not [!Equals [!Ref Size, 5]]]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Condition: IsProd
    DependsOn: Topic
    DeletionPolicy: Retain
    Metadata: {masugata: {ignore: [x]}}
    Properties:
      BucketName: !Sub '${Env}-${AWS::AccountId}-${!Literal}-${Topic.TopicName}'
      Tags:
        - !If [Big, {Key: a, Value: b}, !Ref AWS::NoValue]
      Versioning: {Fn::If: [IsProd, true, false]}
  Topic:
    Type: AWS::SNS::Topic
    DependsOn: [Instance]
    Properties:
      A: !GetAtt Bucket.Arn
      B: !GetAtt [Instance, PrivateDnsName]
      C: {Fn::GetAtt: [Instance, !Ref Env]}
      D: {Ref: Bucket}
      E: !FindInMap [Ami, !Ref 'AWS::Region', id]
      F: !Select [0, !GetAZs '']
      G: !Join ['', [a, !Ref Env]]
      H: !Base64
        Fn::Sub:
          - '${X}-${Env}'
          - {X: !ImportValue other}
      I: !Cidr [10.0.0.0/16, 2, 8]
      J: '{{resolve:secretsmanager:s:SecretString:p}}'
      K: {Fn::ToJsonString: {a: [1]}}
      L: !Length [1, 2]
      M: !Split [',', !Ref Zones]
      N: !Sub plain
  Instance:
    Type: AWS::EC2::Instance
Outputs:
  Name:
    Condition: IsProd
    Value: !Ref Bucket
    Export: {Name: !Sub '${AWS::StackName}-b'}
"
    ));
}

#[test]
fn json_and_yaml_say_the_same() {
    let yaml = "Parameters: {P: {Type: String, Default: 'x'}}\nResources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      \
                Name: {Fn::Sub: 'a${P}'}\n      N: 5\n      T: true\n      D: 1.5\n      L: [{Ref: P}]\n";
    let json = r#"{"Parameters": {"P": {"Type": "String", "Default": "x"}}, "Resources": {"B": {"Type": "AWS::S3::Bucket",
        "Properties": {"Name": {"Fn::Sub": "a${P}"}, "N": 5, "T": true, "D": 1.5, "L": [{"Ref": "P"}]}}}}"#;
    assert_eq!(shown(yaml), shown(json));
    // YAML in braces
    assert_eq!(shown("{Resources: {B: {Type: AWS::S3::Bucket, }}}"), "AWS::S3::Bucket B\n");
}

#[test]
fn what_is_wrong_is_said() {
    insta::assert_snapshot!(shown(
        "Resource: {}
Conditions:
  C: !Equals [a]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Condition: Cc
    DependsOn: [Buket]
    Properties:
      A: !Ref Bukcet
      B: !Sub '${Bucke}${Bucket.Arn}${Nothing.At.All}'
      C: !GetAtt Bucket
      D: !If [C, 1]
      E: !Foo 1
      F: {Fn::Joni: [a, [b]]}
      G: !FindInMap [M, a, b]
      H: !Select [1]
      I: !Ref [a]
      I: twice
  NoType: {Properties: {}}
  Broken:
    Type: AWS::SQS::Queue
    Properties:
      Name: [a
      Ok: 1
Outputs:
  O: {Description: no value}
"
    ));
    assert_eq!(
        shown(r#"{"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"X": 1, "X": 2}}}}"#),
        "AWS::SNS::Topic A\n    X = 2\nError duplicate-key: `\"X\"` is set a second time (remove one of the two: the \
         later one counts) at `\"X\"`\n"
    );
}

#[test]
fn loops_are_expanded() {
    insta::assert_snapshot!(shown(
        "Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'x,y'}
  Open: {Type: CommaDelimitedList}
Conditions:
  Fn::ForEach::Cond:
    - N
    - [a]
    - Is${N}: !Equals [!Ref AWS::Region, !Sub '${N}-1']
Resources:
  Fn::ForEach::Topics:
    - Name
    - [a, b-c]
    - Topic&{Name}:
        Type: AWS::SNS::Topic
        Condition: Isa
        Properties:
          TopicName: !Ref Name
          Display: !Sub '${Name}-${AWS::Region}'
          Fn::ForEach::Props:
            - P
            - !Ref Names
            - Prop${P}: 'v-${P}-${Name}'
  Fn::ForEach::Unknown: [X, !Ref Open, {'T${X}': {Type: AWS::SNS::Topic}}]
  Fn::ForEach::Bad: [X]
Outputs:
  Fn::ForEach::Out:
    - Name
    - [a]
    - Out${Name}: {Value: !GetAtt 'Topic${Name}.TopicArn'}
"
    ));
}

#[test]
fn macros_and_sam_stay_quiet_about_what_they_add() {
    insta::assert_snapshot!(shown(
        "Transform: [AWS::Serverless-2016-10-31]
Globals: {Function: {Timeout: 3}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Role: !GetAtt FRole.Arn, Api: !Ref ServerlessRestApi, Typo: !Ref Nope}
"
    ));
    insta::assert_snapshot!(shown(
        "Transform: [Mine]
Resources:
  A:
    Type: AWS::SNS::Topic
    Properties:
      X: !Ref Anything
      Y: {'Fn::Transform': {Name: M}}
      'Fn::Transform': {Name: AWS::Include}
"
    ));
}

#[test]
fn nested_stacks_are_calls() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "main.yaml",
        "Parameters: {E: {Type: String}}\nConditions: {C: !Equals [!Ref E, x]}\nResources:\n  One:\n    Type: \
         AWS::CloudFormation::Stack\n    Condition: C\n    Properties:\n      TemplateURL: ./nested/net.yaml\n      Parameters: \
         {Cidr: !Ref E}\n  Two:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: nested/net.yaml}\n  \
         Remote:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: 'https://s3/x.yaml'}\n  Gone:\n    \
         Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: gone.yaml}\nOutputs:\n  O: {Value: !GetAtt \
         One.Outputs.Vpc}\n  P: {Value: !GetAtt Remote.Outputs.Vpc}\n  Q: {Value: !Ref One}\n",
    );
    write(
        "nested/net.yaml",
        "Parameters: {Cidr: {Type: String}}\nResources:\n  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr}}\n  \
         Self: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../main.yaml}}\nOutputs: {Vpc: {Value: !Ref Vpc}}\n",
    );
    let loader = Loader::new(directory.path());
    let file = loader.load(std::path::Path::new("main.yaml")).unwrap();
    let program = open(&loader, &file).unwrap();
    let mut out = String::new();
    for (i, module) in program.modules.iter().enumerate() {
        let _ = writeln!(out, "-- {i} {}\n{}", module.path.display(), show_module(module));
    }
    for d in &program.diagnostics {
        let _ = writeln!(out, "{:?} {}: {}", d.severity, d.code, d.message);
    }
    insta::assert_snapshot!(out);
}

#[test]
fn only_templates_are_templates() {
    let yes = [
        "AWSTemplateFormatVersion: '2010-09-09'",
        "Transform: AWS::Serverless-2016-10-31",
        "Transform: [Other, AWS::LanguageExtensions]",
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n",
        "{\"Resources\": {\"A\": {\"Type\": \"Custom::Thing\"}}}",
        // damaged, but the evidence is left
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      X: [\n",
        "AWSTemplateFormatVersion: '2010-09-09'\nResources: {\n",
    ];
    let no = [
        "",
        "Resources:\n  A:\n    Type: bucket\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n",
        "on: push\njobs: {a: {steps: [{run: 'echo AWS::S3 Resources'}]}}\n",
        "{{- if .Values.x }}\nResources: {{ .x }} # ::\n",
        "{\"name\": \"package\", \"Resources\": []}",
        "- AWS::S3::Bucket\n- Resources\n",
    ];
    for text in yes {
        assert!(looks_like_template(text) && is_template(&tree(text)), "{text}");
    }
    for text in no {
        assert!(!is_template(&tree(text)), "{text}");
    }
}

#[test]
fn places_are_those_of_the_source() {
    let text = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      N: !Sub \"x${A.Name}-${AWS::Region}y\"\n      M: \
                !Sub |\n        a ${AWS::StackName}\n        b ${!Q} ${A}\n";
    let tree = tree(text);
    let program = read(&tree, None);
    let resource = &program.modules[0].resources[0];
    let at = |span| tree.file.slice(span).to_owned();
    assert_eq!(at(resource.header), "A");
    assert_eq!(at(resource.body.attributes[0].name_span), "N");
    let parts = |i: usize| match &resource.body.attributes[i].value.kind {
        ExprKind::Template(parts) => parts
            .iter()
            .map(|p| match p {
                TemplatePart::Text(_, span) => at(*span),
                TemplatePart::Interpolation(e) => format!("<{}>", at(e.span)),
                _ => String::new(),
            })
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(parts(0), ["\"x", "<A.Name>", "-", "<AWS::Region>", "y\""]);
    assert_eq!(parts(1)[1], "<AWS::StackName>");
    assert_eq!(parts(1)[3], "<A>");
}

#[test]
fn bombs_are_answered() {
    // a loop in a loop in a loop
    let values = (0..200).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let mut text = String::from("Transform: AWS::LanguageExtensions\nResources:\n");
    let mut indent = "  ".to_owned();
    for i in 0..6 {
        let _ = writeln!(text, "{indent}Fn::ForEach::L{i}:\n{indent}- I{i}\n{indent}- [{values}]\n{indent}-");
        indent.push_str("  ");
    }
    let _ = writeln!(text, "{indent}T${{I0}}x${{I5}}: {{Type: AWS::SNS::Topic}}");
    assert!(shown(&text).contains("expansion-budget"));
    // one large variable, used many times
    let big = format!("[{}]", vec!["x"; 2000].join(", "));
    let uses = "${V}".repeat(5000);
    let text = format!(
        "Resources:\n  A:\n    Type: A::B::C\n    Properties: {{P: !Sub ['{uses}', {{V: {big}}}]}}\n"
    );
    assert!(shown(&text).contains("expansion-budget"));
    // deep
    let deep = format!(
        "{{\"Resources\": {{\"A\": {{\"Type\": \"A::B::C\", \"Properties\": {{\"P\": {}1{}}}}}}}}}",
        "[".repeat(900),
        "]".repeat(900)
    );
    assert!(shown(&deep).contains("nesting-limit"));
    let deep = format!(
        "Resources: {{A: {{Type: A::B::C, Properties: {{P: {}1{}}}}}}}",
        "!Base64 {a: ".repeat(150),
        "}".repeat(150)
    );
    assert!(shown(&deep).contains("A::B::C"));
}

/// Run by hand: `MASUGATA_CFN_CORPUS=dir cargo test --release -- --ignored cloudformation_corpus --nocapture`.
#[test]
#[ignore = "needs a directory of templates"]
fn cloudformation_corpus() {
    let Ok(root) = std::env::var("MASUGATA_CFN_CORPUS") else { return };
    let root = std::path::PathBuf::from(root);
    let loader = Loader::new(&root);
    let (mut files, mut bytes, mut templates, mut resources, mut said) = (0, 0, 0, 0, 0);
    let start = std::time::Instant::now();
    for entry in ignore::WalkBuilder::new(&root).hidden(false).build().flatten() {
        if !entry.file_type().is_some_and(|t| t.is_file()) {
            continue;
        }
        let Ok(file) = loader.load(entry.path()) else { continue };
        files += 1;
        bytes += file.text.len();
        let Some(program) = open(&loader, &file) else { continue };
        templates += 1;
        resources += program.modules.iter().map(|m| m.resources.len()).sum::<usize>();
        for d in &program.diagnostics {
            said += 1;
            let at = d.span.map(|s| {
                let file = loader.sources().get(s.file).unwrap();
                let at = file.position(s.start);
                format!("{}:{}:{}", file.path.display(), at.line, at.column)
            });
            println!("{} {:?} {} {} {:?}", at.unwrap_or_default(), d.severity, d.code, d.message, d.help);
        }
    }
    println!(
        "{files} files, {bytes} bytes, {templates} templates, {resources} resources, {said} diagnostics, {:?}",
        start.elapsed()
    );
}
