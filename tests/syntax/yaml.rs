//! YAML: what survives damage. What is valid and how scalars are read is tested beside the code.

use masugata::syntax::Language;

use super::common::corpus::corpus;
use super::common::trees::{Law, check_tree, lost_pairs, parse};

const TEMPLATE: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Description: >
  Folded
  text
Parameters:
  Env:
    Type: String
    AllowedValues: [dev, prod]
Resources:
  First:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub '${Env}-first'
      Tags:
      - Key: a
        Value: b
  # a comment: here
  Second:
    Type: AWS::EC2::Instance
    Metadata: {a: [b, c]}
    Properties:
      ImageId: \"ami\"
      UserData: !Base64
        Fn::Sub: |
          #!/bin/bash
          echo: ${Env}

          done
      Tags:
        - Key: Name
          Value: !Join ['-', [a, b]]
        - Key: x
          Value: y

  Third:
    Type: AWS::SNS::Topic
  Fourth:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: q
      Policy: {
        a: b
      }
Outputs:
  Out:
    Value: !GetAtt First.Arn
";

const INSERTED: [char; 19] =
    ['"', '\'', '{', '[', ':', '!', 'x', ' ', '\n', '\t', '*', '&', '|', '}', ']', '#', '-', '%', ','];

const LAW: Law = Law { language: Language::Yaml, inserted: &INSERTED, lost: lost_pairs };

/// Of 2,403 edits. What is lost is beside a bracket that was doubled (`{{`), one behind which the next section begins on
/// the same line, and a colon before a key: the text can be read in several ways, all of them one character away.
const LOST: usize = 3;

#[test]
fn one_edit_leaves_the_rest() {
    LAW.everywhere(TEMPLATE, 2, LOST);
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn one_edit_leaves_the_rest_of_a_corpus() {
    LAW.over_corpus(&["yaml", "yml", "template"], 10);
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn a_corpus_has_no_false_errors() {
    let (mut files, mut bad) = (0, Vec::new());
    for (path, text) in corpus(&["yaml", "yml", "template"]) {
        let tree = parse(Language::Yaml, &text);
        check_tree(&tree);
        files += 1;
        if let Some(error) = tree.errors.first() {
            let at = tree.file.position(error.span.start);
            bad.push(format!(
                "{}:{}:{} {}: {}",
                path.display(),
                at.line,
                at.column,
                error.code,
                error.message
            ));
        }
    }
    eprintln!("{files} files, {} with errors:\n{}", bad.len(), bad.join("\n"));
}
