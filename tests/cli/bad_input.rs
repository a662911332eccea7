//! Bad input: every kind answers with an error that names the file and the reason, exit code 2, and what is good beside
//! it gives exactly the findings that it gives alone. Inputs are made here; nothing is timed, but a run that does not
//! end fails.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::common::command::{run, run_bounded, write};

const GOOD: &str = "resource \"aws_s3_bucket\" \"good\" {\n  bucket = \"good\"\n}\n\n\
    resource \"aws_s3_bucket_acl\" \"good\" {\n  bucket = aws_s3_bucket.good.id\n  acl    = \"public-read\"\n}\n";
const GOOD_TEMPLATE: &str = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Good:\n    Type: AWS::S3::Bucket\n    \
    Properties:\n      AccessControl: PublicRead\n";

struct Ran {
    code: i32,
    value: Value,
    stderr: String,
}

fn check(root: &Path) -> Ran {
    let args = ["check", "--format", "json", "--select", "s3-public-acl", "--output", "out.result"];
    let (status, stderr) = run_bounded(root, &args);
    let code = status.code().unwrap_or_else(|| panic!("it was killed: {status} {stderr}"));
    let text = fs::read_to_string(root.join("out.result")).unwrap_or_else(|e| panic!("{e}: {stderr}"));
    Ran { code, value: serde_json::from_str(&text).unwrap(), stderr }
}

impl Ran {
    fn places(&self) -> Vec<String> {
        self.value["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| {
                format!("{}:{}", f["location"]["path"].as_str().unwrap(), f["location"]["start"]["line"])
            })
            .collect()
    }

    /// Errors as `path: message`.
    fn errors(&self) -> Vec<String> {
        self.value["errors"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|e| e["severity"] == "error")
            .map(|e| format!("{}: {}", e["path"].as_str().unwrap_or("?"), e["message"].as_str().unwrap()))
            .collect()
    }
}

/// A tree with good files, to put bad ones beside.
fn good() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good/main.tf", GOOD);
    write(dir.path(), "good.yaml", GOOD_TEMPLATE);
    dir
}

/// Puts a bad file beside good ones in one tree; the errors must name it and contain one of the reasons.
fn bad(name: &str, bytes: impl AsRef<[u8]>, reasons: &[&str]) {
    let dir = good();
    write(dir.path(), name, bytes);
    let ran = check(dir.path());
    assert_eq!(ran.places(), ["good.yaml:6", "good/main.tf:7"], "{name}: {:?}", ran.errors());
    assert_eq!(ran.code, 2, "{name}: {:?} {}", ran.errors(), ran.stderr);
    let about: Vec<String> =
        ran.errors().into_iter().filter(|e| e.starts_with(&format!("{name}: "))).collect();
    assert!(!about.is_empty(), "{name}: nobody names it: {:?}", ran.errors());
    assert!(
        about.iter().any(|e| reasons.iter().any(|r| e.contains(r))),
        "{name}: none of {reasons:?} is said: {about:?}"
    );
    assert!(about.len() <= 20, "{name}: {} errors about one mistake: {:?}", about.len(), about.get(..5));
}

#[test]
fn truncated_files() {
    bad(
        "bad/main.tf",
        "resource \"aws_s3_bucket\" \"x\" {\n  bucket = \"x",
        &["string", "quote", "template", "closed"],
    );
    bad("bad/main.tf", "resource \"aws_s3_bucket\" \"x\" {\n  bucket = \"x\"\n", &["}", "closed", "brace"]);
    bad(
        "bad.json",
        "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\", \"Properties\": {",
        &["}", "closed", "expected"],
    );
    bad(
        "bad.yaml",
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: {AccessControl: [\n",
        &["]", "closed", "expected", "flow"],
    );
    bad(
        "bad.yaml",
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      X: \"never closed\n",
        &["quote", "closed", "scalar", "end"],
    );
}

#[test]
fn binary_files() {
    let noise: Vec<u8> = (0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for name in ["bad/main.tf", "bad.yaml", "bad.json", "bad.template"] {
        bad(name, &noise, &["is not text"]);
        bad(name, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", &["is not text"]);
    }
}

#[test]
fn oversized_files() {
    for name in ["bad/main.tf", "bad.yaml"] {
        let dir = good();
        write(dir.path(), name, "");
        fs::OpenOptions::new()
            .write(true)
            .open(dir.path().join(name))
            .unwrap()
            .set_len((64 << 20) + 1)
            .unwrap();
        let ran = check(dir.path());
        assert_eq!(
            (ran.code, ran.places()),
            (2, vec!["good.yaml:6".to_owned(), "good/main.tf:7".to_owned()])
        );
        assert_eq!(ran.errors(), [format!("{name}: `{name}` has 65 MiB; the limit for one file is 64 MiB")]);
    }
}

#[test]
fn deep_nesting_of_every_kind() {
    let n = 100_000;
    let tf =
        |open: &str, close: &str| format!("locals {{\n  x = {}1{}\n}}\n", open.repeat(n), close.repeat(n));
    for text in [
        tf("[", "]"),
        tf("(", ")"),
        tf("{a=", "}"),
        tf("!", ""),
        tf("-", ""),
        tf("f(", ")"),
        tf("\"${", "}\""),
        tf("true ? ", " : 2"),
        tf("[for x in ", " : x]"),
        format!("locals {{\n  x = a{}\n}}\n", "[0]".repeat(n)),
        format!("locals {{\n  x = a{}\n}}\n", "[*]".repeat(n)),
        format!("{}{}", "a {\n".repeat(n), "}\n".repeat(n)),
        format!("{}{}", "a \"b\" {\n".repeat(n), "}\n".repeat(n)),
        (0..2000)
            .map(|i| format!("{}a {{\n", " ".repeat(i)))
            .chain((0..2000).rev().map(|i| format!("{}}}\n", " ".repeat(i))))
            .collect(),
    ] {
        bad("bad/main.tf", text, &["deep", "nest"]);
    }
    let head = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      X: ";
    for text in [
        format!("{head}{}{}\n", "[".repeat(n), "]".repeat(n)),
        format!("{head}{}1{}\n", "{a: ".repeat(n), "}".repeat(n)),
        format!("{head}\n        {}1\n", "- ".repeat(n)),
    ] {
        bad("bad.yaml", text, &["deep", "nest", "depth"]);
    }
    // a key of a key of a key, and two tags on one node, are no YAML at any depth
    bad("bad.yaml", format!("{head}{}1\n", "? ".repeat(n)), &["not allowed"]);
    bad("bad.yaml", format!("{head}{}1\n", "a: ".repeat(n)), &["not allowed"]);
    bad("bad.yaml", format!("{head}{}1\n", "!Sub ".repeat(n)), &["did not find expected key"]);
    let head = "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\", \"Properties\": {\"X\": ";
    for text in [
        format!("{head}{}{}}}}}}}}}", "[".repeat(n), "]".repeat(n)),
        format!("{head}{}1{}}}}}}}}}", "{\"a\":".repeat(n), "}".repeat(n)),
    ] {
        bad("bad.json", text, &["deep", "nest", "depth"]);
    }
}

#[test]
fn alias_bombs() {
    let mut text = String::from(
        "AWSTemplateFormatVersion: '2010-09-09'\nMetadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n",
    );
    for n in 1..12 {
        let refs = vec![format!("*a{}", n - 1); 10].join(", ");
        text.push_str(&format!("  a{n}: &a{n} [{refs}]\n"));
    }
    text.push_str("Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      X: *a11\n");
    bad("bad.yaml", text, &["alias"]);
}

#[test]
fn cycles() {
    bad(
        "bad/main.tf",
        "locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}\nresource \"aws_s3_bucket\" \"x\" {\n  bucket = local.a\n}\n",
        &["cycle", "itself"],
    );
    bad(
        "bad.yaml",
        "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n  X:\n    Type: AWS::S3::Bucket\n    Condition: A\n",
        &["cycle", "itself"],
    );
    let dir = good();
    write(dir.path(), "a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n");
    write(dir.path(), "b/main.tf", "module \"a\" {\n  source = \"../a\"\n}\n");
    let ran = check(dir.path());
    assert_eq!((ran.code, ran.places().len()), (2, 2));
    assert!(ran.errors().iter().any(|e| e.contains("calls itself")), "{:?}", ran.errors());
    let dir = good();
    write(
        dir.path(),
        "n.yaml",
        "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ./n.yaml\n",
    );
    let ran = check(dir.path());
    assert_eq!((ran.code, ran.places().len()), (2, 2), "{:?}", ran.errors());
}

#[test]
fn bombs_of_instances_and_values() {
    let bucket = "resource \"aws_s3_bucket\" \"x\" {\n  bucket = \"b\"\n";
    bad("bad/main.tf", format!("{bucket}  count = 10000000\n}}\n"), &["budget", "10000000"]);
    bad(
        "bad/main.tf",
        format!("{bucket}  for_each = toset(range(10000000))\n}}\n"),
        &["budget", "more than", "limit"],
    );
    bad(
        "bad/main.tf",
        format!(
            "locals {{\n  r = range(0, 1000)\n  s = setproduct(local.r, local.r, local.r)\n}}\n{bucket}  count = length(local.s)\n}}\n"
        ),
        &["budget", "limit", "more than"],
    );
    let mut doubling = String::from("locals {\n  x0 = \"xxxxxxxxxx\"\n");
    for n in 1..60 {
        doubling.push_str(&format!("  x{n} = \"${{local.x{m}}}${{local.x{m}}}\"\n", m = n - 1));
    }
    doubling.push_str(&format!("}}\n{bucket}  tags = {{ a = local.x59 }}\n}}\n"));
    bad("bad/main.tf", doubling, &["budget", "limit", "more than"]);
    let mut lists = String::from("locals {\n  x0 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n");
    for n in 1..20 {
        lists.push_str(&format!("  x{n} = [for a in local.x{m} : local.x{m}]\n", m = n - 1));
    }
    lists.push_str(&format!("}}\n{bucket}  tags = {{ a = jsonencode(local.x19) }}\n}}\n"));
    bad("bad/main.tf", lists, &["budget", "limit", "more than"]);
}

#[test]
fn bad_blocks_beside_good_ones_in_one_file() {
    let alone = {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "main.tf", GOOD);
        check(dir.path()).places()
    };
    assert_eq!(alone, ["main.tf:7"]);
    for broken in [
        "resource \"aws_s3_bucket\" \"x\" {\n  bucket = = \"x\"\n}\n",
        "resource \"aws_s3_bucket\" \"x\" {\n  bucket = [1, 2\n}\n",
        "resource \"aws_s3_bucket\" \"x\" {\n",
        "resource \"aws_s3_bucket\" \"x\"\n  bucket = 1\n}\n",
        "variable \"x\" {\n  type = \n}\n",
        "%%% what is this\n",
    ] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "main.tf", format!("{GOOD}\n{broken}"));
        let ran = check(dir.path());
        assert_eq!((ran.code, ran.places()), (2, alone.clone()), "{broken}: {:?}", ran.errors());
        assert!(ran.errors().iter().all(|e| e.starts_with("main.tf: ")), "{:?}", ran.errors());
    }
    for broken in [
        "  Bad:\n    Type: AWS::S3::Bucket\n    Properties: {a: [\n",
        "  Bad: [\n",
        "  Bad:\n    Type: \"AWS\n",
    ] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "t.yaml", format!("{GOOD_TEMPLATE}{broken}"));
        let ran = check(dir.path());
        assert_eq!(
            (ran.code, ran.places()),
            (2, vec!["t.yaml:6".to_owned()]),
            "{broken}: {:?}",
            ran.errors()
        );
    }
}

#[test]
fn odd_text_is_read() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let utf16 = |text: &str| -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    for (name, text, line) in [("main.tf", GOOD, 7), ("t.yaml", GOOD_TEMPLATE, 6)] {
        for bytes in [
            crlf(text).into_bytes(),
            format!("\u{feff}{text}").into_bytes(),
            format!("\u{feff}{}", crlf(text)).into_bytes(),
            utf16(text),
            utf16(&crlf(text)),
        ] {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), name, &bytes);
            let ran = check(dir.path());
            assert_eq!((ran.code, ran.places()), (1, vec![format!("{name}:{line}")]), "{:?}", ran.errors());
            let warned = ran.value["errors"].as_array().unwrap().len();
            assert_eq!(warned, usize::from(bytes.starts_with(&[0xff, 0xfe])), "{}", ran.value["errors"]);
        }
    }
}

#[test]
fn empty_files_are_nothing() {
    for name in ["main.tf", "t.yaml", "t.json", "main.tf.json", "t.template", "terraform.tfvars"] {
        for text in ["", "\n", "   \n\t\n", "\u{feff}"] {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), name, text);
            let ran = check(dir.path());
            assert_eq!(ran.errors(), Vec::<String>::new(), "{name} {text:?}");
            assert_eq!((ran.code, ran.places().len()), (0, 0), "{name} {text:?}");
        }
    }
}

#[test]
fn what_is_not_infrastructure_code_is_silent() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{ uses: a@v1 }]\n",
    );
    write(
        root,
        "chart/templates/x.yaml",
        "{{- if .Values.a }}\nkind: Pod\nmetadata: {{ .Values.b }}\n{{- end }}\n",
    );
    write(root, "k8s.yaml", "kind: Pod\nspec:\n  resources: {}\n---\nkind: [\n");
    write(root, "broken.json", "{\"name\": ");
    write(root, "package.json", "{\"name\": \"x\"}");
    write(root, "notes.txt", "AWSTemplateFormatVersion is a key\n");
    let ran = check(root);
    assert_eq!((ran.code, ran.errors()), (0, vec![]));
    assert_eq!(ran.value["errors"].as_array().unwrap().len(), 0, "{}", ran.value["errors"]);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_sockets() {
    use std::os::unix::fs::symlink;
    let dir = good();
    let root = dir.path();
    symlink(root, root.join("good/loop")).unwrap();
    symlink("self.yaml", root.join("self.yaml")).unwrap();
    symlink("nowhere.tf", root.join("good/dangling.tf")).unwrap();
    symlink("main.tf", root.join("good/main-link.txt")).unwrap();
    let fifo = root.join("good/pipe.tf");
    let made = Command::new("mkfifo").arg(&fifo).status().is_ok_and(|s| s.success());
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket.json")).unwrap();
    let ran = check(root);
    assert_eq!(ran.places(), ["good.yaml:6", "good/main.tf:7"]);
    assert_eq!((ran.code, ran.errors()), (1, vec![]), "odd entries are warnings");
    let warned = ran.value["errors"].to_string();
    for name in ["self.yaml", "dangling.tf", "socket.json"].into_iter().chain(made.then_some("pipe.tf")) {
        assert!(warned.contains(name), "{name} is not named: {warned}");
    }
}

#[test]
fn a_file_of_very_many_resources() {
    let mut text = String::new();
    for n in 0..3000 {
        text.push_str(
            &GOOD.replace("\"good\"", &format!("\"good{n}\"")).replace(".good.", &format!(".good{n}.")),
        );
    }
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "main.tf", text);
    let ran = check(dir.path());
    assert_eq!((ran.code, ran.places().len()), (1, 3000), "{:?}", ran.errors());
    assert_eq!(ran.places()[2999], "main.tf:23999");
}

#[test]
fn output_that_cannot_be_written_is_said() {
    let dir = good();
    let output = run(dir.path(), &["check", "--format", "json", "--output", "no/such/file.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/file.json"));
}
