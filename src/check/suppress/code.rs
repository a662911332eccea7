//! Suppressions in comments of a CDK app's own source.

use crate::Str;
use crate::source::{SourceFile, Span};

use super::{Suppression, Tool};

/// Finds the comments `// masugata: ignore[policy, …] reason` (`#` in Python). One behind code is about its line, one
/// alone about the next line of code: a finding is covered if its construct or the place that it points at starts there.
pub fn scan_code(file: &SourceFile) -> Vec<Suppression> {
    const SIGN: &str = "masugata:";
    let mut out = Vec::new();
    let mut start = 0;
    let mut waiting: Vec<Suppression> = Vec::new();
    for line in file.text.split_inclusive('\n') {
        let (from, to) = (start as u32, (start + line.len()) as u32);
        let scope = Span::new(file.id, from, to);
        let bare = line.trim_start();
        let alone = ["//", "#", "*", "/*"].iter().any(|sign| bare.starts_with(sign));
        let behind = line.find(SIGN).filter(|at| {
            let before = line.get(..*at).unwrap_or("").trim_end();
            alone || before.ends_with("//") || before.ends_with('#')
        });
        let found = behind.and_then(|at| read(file, start + at, line.get(at + SIGN.len()..)?, scope));
        match found {
            Some(suppression) if alone => waiting.push(suppression),
            Some(suppression) => out.push(suppression),
            None => {}
        }
        if !alone && !bare.is_empty() {
            out.extend(waiting.drain(..).map(|waiting| Suppression { scope, ..waiting }));
        }
        start += line.len();
    }
    out
}

/// `ignore[policy, …] reason until=DATE`, behind the sign that stands at `at`.
fn read(file: &SourceFile, at: usize, rest: &str, scope: Span) -> Option<Suppression> {
    let (ids, reason) =
        rest.trim_start().strip_prefix("ignore")?.trim_start().strip_prefix('[')?.split_once(']')?;
    let span = Span::new(file.id, at as u32, (at + "masugata:".len() + rest.trim_end().len()) as u32);
    let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    let ids = ids.map(|id| (Str::from(id), span)).collect();
    let mut suppression = Suppression::new(Tool::Masugata, ids, scope, span);
    suppression.explain(reason.trim_end().trim_end_matches("*/"));
    Some(suppression)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn comments_are_about_their_line_or_the_next() {
        let text = "// masugata: ignore[s3-public-acl, CKV_1] a public site until=2030-01-01\n\n\
                    new Bucket(this, 'A');\nnew Bucket(this, 'B', { versioned: false }); // masugata: ignore[x]\n\
                    const text = 'masugata: ignore[y]';\n";
        let file = SourceFile::detached(FileId(0), "a.ts".into(), text);
        let found: Vec<_> = scan_code(&file)
            .iter()
            .map(|s| {
                let ids: Vec<_> = s.ids.iter().map(|(id, _)| id.to_string()).collect();
                (ids.join(" "), file.slice(s.scope).trim().to_owned(), s.reason.clone(), s.until.clone())
            })
            .collect();
        let line = |n: usize| text.lines().nth(n).unwrap().to_owned();
        assert_eq!(
            found,
            [
                (
                    "s3-public-acl CKV_1".into(),
                    line(2),
                    Some("a public site".into()),
                    Some("2030-01-01".into())
                ),
                ("x".into(), line(3), None, None),
            ]
        );
    }
}
