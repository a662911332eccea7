//! `masugata fix` as its users meet it: what is written, where, and what is left alone.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use super::common::command::{code, command, run, write};

const KEY: &str = "resource \"aws_kms_key\" \"k\" {\n  description = \"x\"\n}\n";
const MENDED: &str =
    "resource \"aws_kms_key\" \"k\" {\n  description         = \"x\"\n  enable_key_rotation = true\n}\n";
const ROTATION: [&str; 2] = ["--select", "kms-no-rotation"];

fn dir(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "main.tf", text);
    dir
}

fn fix(root: &Path, args: &[&str]) -> Output {
    run(root, &[&["fix"], args, &ROTATION].concat())
}

/// With something on standard input.
fn told(root: &Path, args: &[&str], input: &str) -> Output {
    let mut command = command(root, &[&["fix"], args, &ROTATION].concat());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

fn names(root: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_mended_and_then_there_is_nothing_to_do() {
    let dir = dir(KEY);
    let first = fix(dir.path(), &[]);
    assert_eq!((code(&first), read(dir.path(), "main.tf").as_str()), (0, MENDED), "{}", err(&first));
    assert_eq!(out(&first), "fixed main.tf\nfixed 1 finding in 1 file\n");
    // nothing is left beside it
    assert_eq!(names(dir.path()), ["main.tf"]);
    let second = fix(dir.path(), &[]);
    assert_eq!((code(&second), out(&second).as_str()), (0, "fixed 0 findings in 0 files\n"));
}

#[test]
fn a_diff_writes_nothing_and_patches() {
    let dir = dir(KEY);
    let output = fix(dir.path(), &["--diff"]);
    assert_eq!(code(&output), 1);
    assert_eq!(read(dir.path(), "main.tf"), KEY);
    let diff = out(&output);
    assert!(diff.starts_with("--- a/main.tf\n+++ b/main.tf\n@@ "), "{diff}");
    assert!(!diff.contains('\u{1b}'));
    assert_eq!(err(&output), "would fix 1 finding in 1 file\n");
    let coloured = command(dir.path(), &["fix", "--diff", "--select", "kms-no-rotation"])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(out(&coloured).contains("\u{1b}[32m+  enable_key_rotation = true\u{1b}[0m"));
    fs::write(dir.path().join("main.tf"), MENDED).unwrap();
    let nothing = fix(dir.path(), &["--diff"]);
    assert_eq!((code(&nothing), out(&nothing), err(&nothing)), (0, String::new(), String::new()));
}

#[test]
fn copies_go_below_another_directory() {
    let dir = dir(KEY);
    write(dir.path(), "a/b/main.tf", KEY);
    write(dir.path(), "c/main.tf", MENDED);
    let output = fix(dir.path(), &["--out", "copies"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_eq!(read(dir.path(), "main.tf"), KEY);
    assert_eq!(read(dir.path(), "copies/main.tf"), MENDED);
    assert_eq!(read(dir.path(), "copies/a/b/main.tf"), MENDED);
    // what does not change is not copied
    assert_eq!(names(&dir.path().join("copies")), ["a", "main.tf"]);
    assert!(out(&output).contains("fixed copies/a/b/main.tf\n"), "{}", out(&output));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let dir = dir("");
    let output = told(dir.path(), &["-", "--stdin-filename", "other.tf"], KEY);
    assert_eq!((code(&output), out(&output).as_str()), (0, MENDED), "{}", err(&output));
    assert_eq!(names(dir.path()), ["main.tf"]);
    let same = told(dir.path(), &["-", "--stdin-filename", "other.tf"], MENDED);
    assert_eq!((code(&same), out(&same).as_str()), (0, MENDED));
    let diff = told(dir.path(), &["-", "--stdin-filename", "other.tf", "--diff"], KEY);
    assert!(out(&diff).starts_with("--- a/other.tf\n"), "{}", out(&diff));
    // a damaged text comes out as it went in
    let damaged = format!("{KEY}resource {{\n");
    let output = told(dir.path(), &["-", "--stdin-filename", "other.tf"], &damaged);
    assert_eq!((code(&output), out(&output)), (2, damaged));
    let nameless = told(dir.path(), &["-"], KEY);
    assert_eq!(code(&nameless), 2);
    let both = told(dir.path(), &["-", "--stdin-filename", "other.tf", "-i"], KEY);
    assert_eq!(code(&both), 2);
    assert!(err(&both).contains("`-i` asks on standard input"), "{}", err(&both));
}

#[test]
fn each_fix_is_asked_for() {
    let other = KEY.replace("\"k\"", "\"l\"");
    let text = format!("{KEY}{other}");
    let dir = dir(&text);
    let output = told(dir.path(), &["-i"], "n\ny\n");
    assert_eq!(read(dir.path(), "main.tf"), format!("{KEY}{}", MENDED.replace("\"k\"", "\"l\"")));
    assert_eq!(code(&output), 0, "{}", out(&output));
    let asked = out(&output);
    assert_eq!(asked.matches("apply?").count(), 2, "{asked}");
    assert!(asked.contains("+  enable_key_rotation = true"), "{asked}");
    fs::write(dir.path().join("main.tf"), &text).unwrap();
    for (answer, left) in [("q\n", 2), ("", 2), ("a\n", 0), ("y\n", 1)] {
        fs::write(dir.path().join("main.tf"), &text).unwrap();
        told(dir.path(), &["-i"], answer);
        let mended = read(dir.path(), "main.tf").matches("enable_key_rotation").count();
        assert_eq!(mended, 2 - left, "{answer:?}");
    }
}

#[test]
fn a_file_with_a_mistake_is_refused_and_named() {
    let dir = dir(&format!("{KEY}resource {{\n"));
    write(dir.path(), "good/main.tf", KEY);
    let output = fix(dir.path(), &[]);
    assert_eq!(code(&output), 2);
    assert_eq!(read(dir.path(), "main.tf"), format!("{KEY}resource {{\n"));
    assert_eq!(read(dir.path(), "good/main.tf"), MENDED);
    assert!(err(&output).contains("main.tf:4"), "{}", err(&output));
    assert!(out(&output).contains("`main.tf` has syntax errors"), "{}", out(&output));
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept_and_what_is_read_only_is_left() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir(KEY);
    let path = dir.path().join("main.tf");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    write(dir.path(), "locked/main.tf", KEY);
    let locked = dir.path().join("locked/main.tf");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).unwrap();
    write(dir.path(), "elsewhere/main.txt", KEY);
    fs::create_dir(dir.path().join("linked")).unwrap();
    let link = dir.path().join("linked/main.tf");
    std::os::unix::fs::symlink("../elsewhere/main.txt", &link).unwrap();
    let output = fix(dir.path(), &[]);
    assert_eq!(code(&output), 2);
    assert_eq!(err(&output), "`locked/main.tf` was not written: it is read-only\n");
    assert_eq!(read(dir.path(), "locked/main.tf"), KEY);
    assert_eq!(read(dir.path(), "main.tf"), MENDED);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(read(dir.path(), "elsewhere/main.txt"), MENDED);
    assert!(!out(&output).contains("fixed locked"), "{}", out(&output));
}

#[test]
fn the_same_edits_stand_beside_the_findings() {
    let dir = dir(KEY);
    let output = run(dir.path(), &[&["check", "--format", "json"], &ROTATION[..]].concat());
    let json: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    let mut text = KEY.to_owned();
    for edit in json["findings"][0]["fix"]["edits"].as_array().unwrap().iter().rev() {
        let at = |name: &str| edit[name].as_u64().unwrap() as usize;
        text.replace_range(at("start")..at("end"), edit["text"].as_str().unwrap());
    }
    assert_eq!(text, MENDED);
    // people are told of `fix`, and nothing is proved for them
    let output = run(dir.path(), &[&["check"], &ROTATION[..]].concat());
    assert!(!out(&output).contains("enable_key_rotation = true\n+"));
}
