//! Each language's ways to make constructs.

use std::path::Path;

use super::{App, Wanted};
use crate::Str;
use crate::source::Loader;

/// The source of an app in a directory of its own.
struct Source {
    directory: tempfile::TempDir,
}

impl Source {
    fn new(command: &str, files: &[(&str, &str)]) -> Source {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir(root.join("cdk.out")).unwrap();
        std::fs::write(root.join("cdk.json"), format!("{{\"app\": \"{command}\"}}")).unwrap();
        for (name, text) in files {
            std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            std::fs::write(root.join(name), text).unwrap();
        }
        Source { directory }
    }

    /// What the finder points at for each of `path` and `path type property`.
    fn places(&self, asked: &[&str]) -> Vec<String> {
        let loader = Loader::new(self.directory.path());
        let app = App::open(&loader, Path::new("cdk.out"), 1);
        assert_eq!(app.diagnostics, []);
        asked
            .iter()
            .map(|asked| {
                let mut words = asked.split(' ');
                let (path, type_name) = (words.next().unwrap(), words.next().unwrap_or(""));
                let property: Vec<Str> =
                    words.next().into_iter().flat_map(|p| p.split('.')).map(Str::from).collect();
                let values: Vec<Str> = words.map(Str::from).collect();
                let wanted = Wanted { path, frame: None, type_name, property: &property, values: &values };
                let Some(found) = app.find(&wanted) else { return format!("{path}: none") };
                let file = loader.sources().get(found.span.file).unwrap();
                let line = file.position(found.span.start).line;
                format!("{path}: {}:{line} {}", file.path.display(), file.slice(found.span))
            })
            .collect()
    }
}

#[test]
fn typescript() {
    let source = Source::new(
        "npx ts-node bin/app.ts",
        &[
            (
                "bin/app.ts",
                r#"import * as cdk from 'aws-cdk-lib';
import { StoreStack, Queues } from '../lib/store';
const app = new cdk.App();
const env = { account: '1', region: 'eu-west-1' };
for (const stage of ['dev', 'prod']) {
  new StoreStack(app, `${stage}-store`, { env, name: stage, keep: { versioned: false } });
}
class Pipe extends cdk.Stage {
  constructor(scope: cdk.App) { super(scope, 'Pipe', {}); new StoreStack(this, 'Inner', {}); }
}
new Pipe(app);
"#,
            ),
            (
                "lib/store.ts",
                r#"import * as cdk from 'aws-cdk-lib';
import { Bucket, BucketProps, CfnBucket } from 'aws-cdk-lib/aws-s3';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

const COMMON: BucketProps = { enforceSSL: true };
function named(scope: Construct, id: string) { return new Bucket(scope, `Fn${id}`, { ...COMMON, versioned: true }); }

class SafeBucket extends Bucket {
  constructor(scope: Construct, id: string, props: BucketProps) {
    super(scope, id, { ...props, publicReadAccess: false });
  }
}
export interface Props extends cdk.StackProps { keep?: BucketProps }
export class StoreStack extends cdk.Stack {
  private readonly plain = new Bucket(this, 'Plain', COMMON);
  constructor(scope: Construct, private readonly id: string, props?: Props) {
    super(scope, id, props);
    const { keep } = props!;
    new Bucket(this, 'Kept', keep);
    named(this, 'Helped');
    ['a', 'b'].forEach((letter) => new Bucket(this, 'Each-' + letter));
    const raw = new CfnBucket(this, 'Raw', {
      versioningConfiguration: { status: 'Suspended' },
      tags: [{ key: 'a', value: 'b' }, { key: 'c', value: 'd' }],
    });
    raw.accessControl = 'PublicRead';
    const child = this.plain.node.defaultChild as CfnBucket;
    child.addPropertyOverride('OwnershipControls.Rules', []);
    new SafeBucket(this, 'Safe', { autoDeleteObjects: true });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.AnyPrincipal() });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:Get*'], resources: ['*'] }));
    role.addToPolicy(new iam.PolicyStatement({ actions: ['ec2:*'], resources: ['*'] }));
    const [first] = this.more();
    new Bucket(first, 'Under', {});
    if (process.env.X) new Queues(this, 'Queues');
    const service = new patterns.ApplicationLoadBalancedFargateService(this, 'Service', {
      taskImageOptions: { environment: { BUCKET: this.plain.bucketName } },
    });
    this.plain.grantReadWrite(service.taskDefinition.taskRole);
  }
  more() { return [new Construct(this, 'More')]; }
}
export class Queues extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    for (let i = 0; i < 3; i++) new cdk.aws_sqs.Queue(this, `Q${i}`, {});
  }
}
"#,
            ),
        ],
    );
    insta::assert_debug_snapshot!(source.places(&[
        "dev-store/Plain/Resource",
        "dev-store/Plain/Resource AWS::S3::Bucket OwnershipControls.Rules",
        "prod-store/Kept/Resource AWS::S3::Bucket VersioningConfiguration",
        "Pipe/Inner/Kept/Resource AWS::S3::Bucket VersioningConfiguration",
        "Pipe/Inner/FnHelped/Resource AWS::S3::Bucket VersioningConfiguration.Status",
        "Pipe/Inner/Each-b/Resource",
        "Pipe/Inner/Raw AWS::S3::Bucket VersioningConfiguration.Status",
        "Pipe/Inner/Raw AWS::S3::Bucket Tags.1.Value",
        "Pipe/Inner/Raw AWS::S3::Bucket AccessControl",
        "Pipe/Inner/Raw AWS::S3::Bucket LoggingConfiguration",
        "Pipe/Inner/Safe/Resource AWS::S3::Bucket PublicAccessBlockConfiguration",
        "Pipe/Inner/Safe/AutoDeleteObjectsCustomResource/Default",
        "Pipe/Inner/Role/DefaultPolicy/Resource",
        "Pipe/Inner/Role/DefaultPolicy/Resource AWS::IAM::Policy PolicyDocument.Statement.1.Action ec2:*",
        "Pipe/Inner/Service/TaskDef/TaskRole/DefaultPolicy/Resource",
        "Pipe/Inner/Service/LB/Resource AWS::ElasticLoadBalancingV2::LoadBalancer Scheme",
        "Pipe/Inner/More/Under/Resource",
        "Pipe/Inner/Queues/Q2/Resource",
        "Elsewhere/Queues/Q2/Resource",
        "Elsewhere/Nothing/Resource",
    ]));
}

#[test]
fn python() {
    let source = Source::new(
        "python3 app.py",
        &[
            (
                "app.py",
                r#"import aws_cdk as cdk
from shop.store import StoreStack

def main():
    app = cdk.App()
    StoreStack(app, "Shop", env=cdk.Environment(region="eu-west-1"), versioned=False)
    app.synth()

if __name__ == "__main__":
    main()
"#,
            ),
            (
                "shop/store.py",
                r#"from aws_cdk import Stack, RemovalPolicy, aws_s3 as s3, aws_ec2 as ec2
from constructs import Construct


class Logs(Construct):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(self, "Bucket", removal_policy=RemovalPolicy.DESTROY, **kwargs)


class StoreStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, versioned: bool = True, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        logs = Logs(self, "Logs", public_read_access=True)
        s3.Bucket(
            self,
            "Main",
            versioned=versioned,
            server_access_logs_bucket=logs.bucket,
        )
        for i, name in enumerate(["a", "b"]):
            s3.Bucket(self, f"Data{name.title()}{i}")
        group = ec2.SecurityGroup(scope=self, id="Group", vpc=self.network())
        group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "web")
        group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(22), "open ssh")
        s3.CfnBucket(self, "Raw", access_control="PublicRead",
                     versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Suspended"))

    def network(self):
        return ec2.Vpc(self, "Vpc", max_azs=2)
"#,
            ),
        ],
    );
    insta::assert_debug_snapshot!(source.places(&[
        "Shop/Logs/Bucket/Resource AWS::S3::Bucket PublicAccessBlockConfiguration",
        "Shop/Main/Resource AWS::S3::Bucket VersioningConfiguration",
        "Shop/Main/Resource AWS::S3::Bucket BucketEncryption",
        "Shop/DataB1/Resource AWS::S3::Bucket BucketEncryption",
        "Shop/Vpc/PublicSubnet1/Subnet",
        "Shop/Group/Resource AWS::EC2::SecurityGroup SecurityGroupIngress.1.CidrIp 22 open ssh",
        "Shop/Raw AWS::S3::Bucket AccessControl",
        "Shop/Raw AWS::S3::Bucket VersioningConfiguration.Status",
    ]));
}

#[test]
fn java() {
    let source = Source::new(
        "mvn -e -q compile exec:java",
        &[
            (
                "src/main/java/com/shop/ShopApp.java",
                r#"package com.shop;
import software.amazon.awscdk.App;
import software.amazon.awscdk.StackProps;

public final class ShopApp {
    public static void main(final String[] args) {
        App app = new App();
        new StoreStack(app, "Shop", StackProps.builder().description("x").build());
        app.synth();
    }
}
"#,
            ),
            (
                "src/main/java/com/shop/StoreStack.java",
                r#"package com.shop;
import java.util.List;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.ec2.*;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketProps;
import software.amazon.awscdk.services.s3.CfnBucket;
import software.constructs.Construct;

public class StoreStack extends Stack {
    private final Vpc vpc;

    public StoreStack(final Construct scope, final String id) {
        this(scope, id, null);
    }

    public StoreStack(final Construct scope, final String id, final StackProps props) {
        super(scope, id, props);
        vpc = Vpc.Builder.create(this, "Vpc").maxAzs(2).build();
        Bucket.Builder.create(this, "Main")
            .versioned(false)
            .publicReadAccess(true)
            .build();
        new Bucket(this, "Other", BucketProps.builder().versioned(true).build());
        for (String name : List.of("a", "b")) {
            new Bucket(this, "Data" + name);
        }
        SecurityGroup group = SecurityGroup.Builder.create(this, "Group").vpc(this.vpc).build();
        group.addIngressRule(Peer.anyIpv4(), Port.tcp(22), "open ssh");
        CfnBucket.Builder.create(this, "Raw")
            .versioningConfiguration(CfnBucket.VersioningConfigurationProperty.builder().status("Suspended").build())
            .build();
        new Logs(this, "Logs");
        bucket("Helped");
    }

    private Bucket bucket(String id) {
        return Bucket.Builder.create(this, String.format("%s-x", id)).build();
    }

    static class Logs extends Construct {
        Logs(Construct scope, String id) {
            super(scope, id);
            new Bucket(this, "Inner");
        }
    }
}
"#,
            ),
        ],
    );
    insta::assert_debug_snapshot!(source.places(&[
        "Shop/Vpc/PublicSubnet1/Subnet",
        "Shop/Main/Resource AWS::S3::Bucket VersioningConfiguration",
        "Shop/Main/Resource AWS::S3::Bucket BucketEncryption",
        "Shop/Main/Policy/Resource",
        "Shop/Other/Resource AWS::S3::Bucket VersioningConfiguration",
        "Shop/Datab/Resource",
        "Shop/Group/Resource AWS::EC2::SecurityGroup SecurityGroupIngress.0 22",
        "Shop/Raw AWS::S3::Bucket VersioningConfiguration.Status",
        "Shop/Logs/Inner/Resource",
        "Shop/Helped-x/Resource",
    ]));
}

#[test]
fn csharp() {
    let source = Source::new(
        "dotnet run --project src/Shop/Shop.csproj",
        &[
            (
                "src/Shop/Program.cs",
                r#"using Amazon.CDK;

namespace Shop
{
    sealed class Program
    {
        public static void Main(string[] args)
        {
            var app = new App();
            new StoreStack(app, "Shop", new StackProps { Env = new Amazon.CDK.Environment { Region = "eu-west-1" } });
            app.Synth();
        }
    }
}
"#,
            ),
            (
                "src/Shop/StoreStack.cs",
                r#"using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.S3;
using Constructs;

namespace Shop
{
    public class StoreStack : Stack
    {
        private readonly IVpc _vpc;
        internal StoreStack(Construct scope, string id, IStackProps props = null) : base(scope, id, props)
        {
            _vpc = new Vpc(this, "Vpc", new VpcProps { MaxAzs = 2 });
            var main = new Bucket(this, "Main", new BucketProps
            {
                Versioned = false,
                PublicReadAccess = true,
            });
            foreach (var name in new[] { "a", "b" })
            {
                new Bucket(this, $"Data{name}");
            }
            Bucket typed = new(this, "Typed", new BucketProps { Versioned = true });
            var group = new SecurityGroup(this, "Group", new SecurityGroupProps { Vpc = _vpc });
            group.AddIngressRule(Peer.AnyIpv4(), Port.Tcp(22), "open ssh");
            new CfnBucket(this, "Raw", new CfnBucketProps { AccessControl = "PublicRead" });
            new Logs(this, "Logs");
            Make("Helped");
        }

        private Bucket Make(string id) => new Bucket(this, id + "-x");
    }

    public class Logs(Construct scope, string id) : Construct(scope, id)
    {
        private readonly Bucket inner = new Bucket(scope, "Inner");
    }
}
"#,
            ),
        ],
    );
    insta::assert_debug_snapshot!(source.places(&[
        "Shop/Vpc/PublicSubnet1/Subnet",
        "Shop/Main/Resource AWS::S3::Bucket VersioningConfiguration",
        "Shop/Main/Resource AWS::S3::Bucket BucketEncryption",
        "Shop/Datab/Resource",
        "Shop/Typed/Resource AWS::S3::Bucket VersioningConfiguration",
        "Shop/Group/Resource AWS::EC2::SecurityGroup SecurityGroupIngress.0 22",
        "Shop/Raw AWS::S3::Bucket AccessControl",
        "Shop/Logs/Something",
        "Shop/Helped-x/Resource",
    ]));
}

#[test]
fn go() {
    let source = Source::new(
        "go mod download && go run shop.go",
        &[(
            "shop.go",
            r#"package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

type ShopStackProps struct {
	awscdk.StackProps
}

func NewShopStack(scope constructs.Construct, id string, props *ShopStackProps) awscdk.Stack {
	var sprops awscdk.StackProps
	if props != nil {
		sprops = props.StackProps
	}
	stack := awscdk.NewStack(scope, &id, &sprops)
	vpc := awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{MaxAzs: jsii.Number(2)})
	awss3.NewBucket(stack, jsii.String("Main"), &awss3.BucketProps{
		Versioned:        jsii.Bool(false),
		PublicReadAccess: jsii.Bool(true),
	})
	for i, name := range []string{"a", "b"} {
		awss3.NewBucket(stack, jsii.String(fmt.Sprintf("Data%s%d", name, i)), nil)
	}
	group := awsec2.NewSecurityGroup(stack, jsii.String("Group"), &awsec2.SecurityGroupProps{Vpc: vpc})
	group.AddIngressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(jsii.Number(22)), jsii.String("open ssh"), nil)
	awss3.NewCfnBucket(stack, jsii.String("Raw"), &awss3.CfnBucketProps{
		VersioningConfiguration: &awss3.CfnBucket_VersioningConfigurationProperty{Status: jsii.String("Suspended")},
	})
	helped(stack, "Helped")
	return stack
}

func helped(scope constructs.Construct, id string) awss3.Bucket {
	return awss3.NewBucket(scope, jsii.String(id+"-x"), nil)
}

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	NewShopStack(app, "Shop", &ShopStackProps{awscdk.StackProps{Env: env()}})
	app.Synth(nil)
}

func env() *awscdk.Environment { return nil }
"#,
        )],
    );
    insta::assert_debug_snapshot!(source.places(&[
        "Shop/Vpc/PublicSubnet1/Subnet",
        "Shop/Main/Resource AWS::S3::Bucket VersioningConfiguration",
        "Shop/Main/Resource AWS::S3::Bucket BucketEncryption",
        "Shop/Datab1/Resource",
        "Shop/Group/Resource AWS::EC2::SecurityGroup SecurityGroupIngress.0 22",
        "Shop/Raw AWS::S3::Bucket VersioningConfiguration.Status",
        "Shop/Helped-x/Resource",
    ]));
}

#[test]
fn constants_of_other_files_and_classes() {
    let python = Source::new(
        "python3 app.py",
        &[
            (
                "app.py",
                "from aws_cdk import App\nfrom shop.stack import Shop\n\napp = App()\nShop(app, \"Shop\")\napp.synth()\n",
            ),
            (
                "shop/stack.py",
                "from aws_cdk import Stack, aws_s3 as s3\nfrom . import names\nfrom .names import LOGS\n\nDATA = \"Data\"\n\n\n\
                 class Shop(Stack):\n    def __init__(self, scope, id):\n        super().__init__(scope, id)\n        \
                 s3.Bucket(self, DATA)\n        s3.Bucket(self, LOGS + \"1\")\n        s3.Bucket(self, names.OLD)\n",
            ),
            ("shop/names.py", "LOGS = \"Logs\"\nOLD = f\"Old{LOGS}\"\n"),
        ],
    );
    let java = Source::new(
        "mvn -e -q compile exec:java",
        &[(
            "src/main/java/com/shop/Shop.java",
            "package com.shop;\nimport software.amazon.awscdk.*;\nimport software.amazon.awscdk.services.s3.Bucket;\n\
             public class Shop extends Stack {\n  static final String NAME = \"Main\";\n  public Shop(final Construct scope, final String id) {\n    \
             super(scope, id);\n    new Inner(this, \"Inner\");\n  }\n  static class Inner extends Construct {\n    \
             Inner(final Construct scope, final String id) {\n      super(scope, id);\n      new Bucket(this, NAME);\n      \
             new Bucket(this, Names.OTHER);\n    }\n  }\n  public static void main(final String[] args) {\n    \
             App app = new App();\n    new Shop(app, \"Shop\");\n  }\n}\nclass Names {\n  static final String OTHER = \"Other\";\n}\n",
        )],
    );
    let found = [
        python.places(&["Shop/Data/Resource", "Shop/Logs1/Resource", "Shop/OldLogs/Resource"]),
        java.places(&["Shop/Inner/Main/Resource", "Shop/Inner/Other/Resource"]),
    ];
    assert_eq!(
        found.concat(),
        [
            "Shop/Data/Resource: shop/stack.py:11 s3.Bucket(self, DATA)",
            "Shop/Logs1/Resource: shop/stack.py:12 s3.Bucket(self, LOGS + \"1\")",
            "Shop/OldLogs/Resource: shop/stack.py:13 s3.Bucket(self, names.OLD)",
            "Shop/Inner/Main/Resource: src/main/java/com/shop/Shop.java:13 new Bucket(this, NAME)",
            "Shop/Inner/Other/Resource: src/main/java/com/shop/Shop.java:14 new Bucket(this, Names.OTHER)"
        ]
    );
}

#[test]
fn a_prop_with_the_name_of_the_scope() {
    let source = Source::new(
        "python3 app.py",
        &[(
            "app.py",
            "from aws_cdk import App, Stack, aws_wafv2 as wafv2\n\n\nclass Waf(Stack):\n    def __init__(self, scope, id, **kwargs):\n        \
             super().__init__(scope, id, **kwargs)\n        wafv2.CfnWebACL(self, id=\"Acl\", name=\"a\", scope=\"REGIONAL\")\n        \
             wafv2.CfnIPSet(scope=self, id=\"Set\", addresses=[], name=\"b\")\n\n\napp = App()\nWaf(app, \"Waf\")\napp.synth()\n",
        )],
    );
    assert_eq!(
        source.places(&[
            "Waf/Acl AWS::WAFv2::WebACL Scope",
            "Waf/Acl AWS::WAFv2::WebACL Name",
            "Waf/Set AWS::WAFv2::IPSet Addresses",
        ]),
        [
            "Waf/Acl: app.py:7 scope=\"REGIONAL\"",
            "Waf/Acl: app.py:7 name=\"a\"",
            "Waf/Set: app.py:8 addresses=[]"
        ]
    );
}

#[test]
fn classes_of_the_app_with_names_of_a_library() {
    let csharp = Source::new(
        "dotnet run --project src/Shop",
        &[
            (
                "src/Shop/Program.cs",
                "using Amazon.CDK;\nusing Amazon.CDK.AWS.Lambda;\nclass Program {\n  \
                 static void Main() { var app = new App(); new ShopStack(app, \"Shop\"); app.Synth(); }\n}\n\
                 class ShopStack : Stack {\n  internal ShopStack(Construct scope, string id) : base(scope, id) {\n    \
                 new Function(this, \"Handler\", new FunctionProps { MemorySize = 128 });\n  }\n}\n",
            ),
            (
                "src/Handler/Function.cs",
                "public class Function {\n  public Function() { }\n  public string FunctionHandler(string x) { return x; }\n}\n",
            ),
        ],
    );
    let java = Source::new(
        "mvn -e -q compile exec:java",
        &[
            (
                "src/main/java/com/shop/App.java",
                "package com.shop;\npublic class App {\n  public static void main(final String[] args) {\n    \
                 final software.amazon.awscdk.App app = new software.amazon.awscdk.App();\n    \
                 new ShopStack(app, \"Shop\");\n    app.synth();\n  }\n}\n",
            ),
            (
                "src/main/java/com/shop/ShopStack.java",
                "package com.shop;\nimport software.amazon.awscdk.Stack;\nimport software.amazon.awscdk.services.s3.Bucket;\n\
                 public class ShopStack extends Stack {\n  public ShopStack(final Construct scope, final String id) {\n    \
                 super(scope, id);\n    Bucket.Builder.create(this, \"Main\").versioned(false).build();\n  }\n}\n",
            ),
        ],
    );
    let found = [
        csharp.places(&["Shop/Handler/Resource AWS::Lambda::Function MemorySize"]),
        java.places(&["Shop/Main/Resource AWS::S3::Bucket VersioningConfiguration"]),
    ];
    assert_eq!(
        found.concat(),
        [
            "Shop/Handler/Resource: src/Shop/Program.cs:8 MemorySize = 128",
            "Shop/Main/Resource: src/main/java/com/shop/ShopStack.java:7 versioned(false)"
        ]
    );
}

#[test]
fn javascript() {
    let source = Source::new(
        "node bin/app.js",
        &[
            (
                "bin/app.js",
                "const cdk = require('aws-cdk-lib');\nconst { Shop } = require('../lib/shop');\nconst app = new cdk.App();\n\
                 new Shop(app, 'Shop');\n",
            ),
            (
                "lib/shop.js",
                "const { Stack, aws_s3: s3 } = require('aws-cdk-lib');\nclass Shop extends Stack {\n  \
                 constructor(scope, id, props = {}) {\n    super(scope, id, props);\n    \
                 new s3.Bucket(this, 'Main', { versioned: false });\n  }\n}\nmodule.exports = { Shop };\n",
            ),
        ],
    );
    insta::assert_debug_snapshot!(
        source.places(&[
            "Shop/Main/Resource AWS::S3::Bucket VersioningConfiguration",
            "Shop/CDKMetadata/Default",
        ])
    );
}

#[test]
fn budgets_and_damage_are_no_end() {
    let nested = format!("x = {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let calls = format!("def f(a):\n    return f(f(a))\n\nf({}1{})\n", "f(".repeat(400), ")".repeat(400));
    let damaged = "class A extends B { constructor( { new C(this, 'x', ";
    let source = Source::new(
        "",
        &[
            ("deep.py", &nested),
            ("calls.py", &calls),
            ("damaged.ts", damaged),
            ("empty.go", ""),
            ("b.cs", "\u{0}}{"),
        ],
    );
    let loader = Loader::new(source.directory.path());
    let app = App::open(&loader, Path::new("cdk.out"), 2);
    let codes: Vec<_> = app.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["app-budget"]);
    assert_eq!(app.find(&Wanted { path: "A/B", ..Wanted::default() }), None);
}
