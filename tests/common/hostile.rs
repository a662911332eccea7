//! Texts that mean harm, or come from half a disk: the tests give them to the parsers, the benches see what they cost.

/// A name and a text for each.
pub(crate) type Cases = Vec<(&'static str, String)>;

fn buckets(n: usize) -> String {
    (0..n)
        .map(|i| format!("resource \"aws_s3_bucket\" \"bucket_{i}\" {{\n  bucket = \"bucket-{i}\"\n}}\n\n"))
        .collect()
}

/// Of a size that grows with `n`.
pub(crate) fn hcl(n: usize) -> Cases {
    let good = buckets(n);
    vec![
        ("good", good.clone()),
        ("a quote missing at the start", good.replacen("\"bucket-0\"", "\"bucket-0", 1)),
        ("a quote missing at the end", good.replacen(&format!("\"bucket-{}\"", n - 1), "\"x", 1)),
        ("a brace missing at the start", good.replacen("}\n", "\n", 1)),
        ("a brace too many at the start", good.replacen("}\n", "}}\n", 1)),
        ("a header without brace", good.replacen(" {\n", "\n", 1)),
        ("no closing braces", good.replace("}\n", "")),
        ("no opening braces", good.replace(" {\n", "\n")),
        ("no quotes", good.replace('"', "")),
        ("all quotes unclosed", good.replace("\"\n", "\n")),
        ("no newlines", good.replace('\n', " ")),
        ("comments opened", "a /*\n".repeat(5 * n)),
        ("comments at lines", "/*\n".repeat(5 * n)),
        ("comments closed at the end", "a /*\n".repeat(5 * n) + "*/"),
        ("heredocs opened", "a = <<EOT\n".repeat(5 * n)),
        ("heredocs nearly closed", "a = <<EOT\nEOTX\n".repeat(5 * n)),
        ("damaged heredocs", "a = <EOT\nb\n".repeat(5 * n)),
        ("unclosed templates", "a = \"${\n".repeat(5 * n)),
        ("unclosed directives", "a = \"%{ if x }\n".repeat(5 * n)),
        ("closing braces", "}".repeat(20 * n)),
        ("closing braces on lines", "}\n".repeat(10 * n)),
        ("opening braces", "{".repeat(20 * n)),
        ("opening braces on lines", "{\n".repeat(10 * n)),
        ("names on a line", "a ".repeat(10 * n)),
        ("names on lines", "a\n".repeat(10 * n)),
        ("blocks opened", "a {\n".repeat(10 * n)),
        ("blocks opened, indented", (0..300).map(|i| format!("{}a {{\n", " ".repeat(i))).collect()),
        ("arguments in blocks opened", "a \"b\" {\n  c = 1\n".repeat(4 * n)),
        ("equals signs", "=".repeat(20 * n)),
        ("half arguments", "a =\n".repeat(10 * n)),
        ("parentheses on lines", "a = (\n".repeat(10 * n)),
        ("one argument many times", "a = 1\n".repeat(10 * n)),
        ("a large list indexed", format!("a = [{}]{}\n", "1,".repeat(10 * n), "[0]".repeat(190))),
        ("a large sum", format!("a = [{}1]\n", "1 + 1, ".repeat(10 * n))),
        ("a long sum", format!("a = 1{}\n", " + 1".repeat(10 * n))),
        ("a long traversal", format!("a = b{}\n", ".c".repeat(10 * n))),
        ("a long name", format!("{} = 1\n", "a".repeat(20 * n))),
        ("a long label", format!("a \"{}\n", "b".repeat(20 * n))),
        ("a long string", format!("a = \"{}\n", "b".repeat(20 * n))),
        ("escapes", format!("a = \"{}\"\n", "\\q".repeat(10 * n))),
        ("dollars", format!("a = \"{}\"\n", "$".repeat(20 * n))),
        ("spaces", " ".repeat(20 * n)),
        ("spaces in lines", "   a   \n".repeat(5 * n)),
        ("carriage returns", "\r".repeat(20 * n)),
        ("nul bytes", "\0".repeat(20 * n)),
        ("not ascii", "é日😀".repeat(3 * n)),
        ("numbers", "1.".repeat(10 * n)),
        ("large exponent", format!("a = 1e{}\n", "9".repeat(10 * n))),
    ]
}

/// Of a size that grows with `n`.
pub(crate) fn json(n: usize) -> Cases {
    let member = |i: usize| format!("    \"B{i}\": {{\n      \"Type\": \"AWS::S3::Bucket\"\n    }}");
    let members: Vec<String> = (0..n).map(member).collect();
    let good = format!("{{\n  \"Resources\": {{\n{}\n  }}\n}}\n", members.join(",\n"));
    let small: String = good.chars().filter(|c| !c.is_whitespace()).collect();
    vec![
        ("good", good.clone()),
        ("good in one line", small.clone()),
        ("a brace missing", good.replacen("}", "", 1)),
        ("a brace missing in one line", small.replacen("}", "", 1)),
        ("the first brace missing in one line", small.replacen("{", "", 1)),
        ("a quote missing in one line", small.replacen("\"", "", 1)),
        ("no closing braces", good.replace('}', "")),
        ("no closing braces in one line", small.replace('}', "")),
        ("no commas", good.replace(',', "")),
        ("no colons", good.replace(':', "")),
        ("no colons in one line", small.replace(':', "")),
        ("no quotes", good.replace('"', "")),
        ("half the quotes", good.replace("\":", ":")),
        ("opening brackets", "[".repeat(20 * n)),
        ("opening brackets on lines", "[\n".repeat(10 * n)),
        ("closing brackets", "]".repeat(20 * n)),
        ("brackets crossed", "[}".repeat(10 * n)),
        ("braces crossed on lines", "{\n]\n".repeat(5 * n)),
        ("deep then lines", format!("{}{}", "[\n".repeat(1000), "}\n".repeat(10 * n))),
        ("deep objects then keys", format!("{}{}", "{\"a\":\n".repeat(1000), "\"b\":1,\n".repeat(5 * n))),
        ("keys without values", format!("{{{}", "\"a\":\n".repeat(5 * n))),
        ("commas", ",".repeat(20 * n)),
        ("colons", ":".repeat(20 * n)),
        ("quotes", "\"".repeat(20 * n)),
        ("quotes on lines", "\"\n".repeat(10 * n)),
        ("backslashes", format!("\"{}", "\\".repeat(20 * n))),
        ("junk", "x".repeat(20 * n)),
        ("junk words", "x ".repeat(10 * n)),
        ("spaces", " ".repeat(20 * n)),
        ("numbers", "[1 ".repeat(5 * n)),
        ("one long number", "1".repeat(20 * n)),
    ]
}

/// Of a size that grows with `n`.
pub(crate) fn yaml(n: usize) -> Cases {
    let members: String = (0..n).map(|i| format!("  B{i}:\n    Type: AWS::S3::Bucket\n")).collect();
    let good = format!("Resources:\n{members}");
    vec![
        ("good", good.clone()),
        ("an error at the start", good.replacen("Type: ", "Type: \"", 1)),
        ("an error at the end", good.clone() + "  X: [\n"),
        ("an error in every member", good.replace("Type: ", "Type: \"")),
        ("tabs", good.replace("    ", "\t")),
        ("opening brackets", "[".repeat(20 * n)),
        ("opening braces", "{".repeat(20 * n)),
        ("closing brackets", "]".repeat(20 * n)),
        ("dashes", "- ".repeat(10 * n)),
        ("dashes on lines", "-\n".repeat(10 * n)),
        ("colons", "a: ".repeat(10 * n)),
        ("questions", "? ".repeat(10 * n)),
        ("anchors", "&a ".repeat(5 * n)),
        ("aliases", format!("a: &a 1\nb: [{}]\n", "*a, ".repeat(5 * n))),
        ("quotes", "\"".repeat(20 * n)),
        ("quotes on lines", "\"\n".repeat(5 * n)),
        ("tags", "!a ".repeat(5 * n)),
        ("percent signs", "%\n".repeat(5 * n)),
        ("documents", "---\n".repeat(5 * n)),
        ("literals", "a: |\n".repeat(5 * n)),
        ("nested", (0..250).map(|i| format!("{}a:\n", " ".repeat(i))).collect()),
        ("half keys", "a\n".repeat(5 * n)),
        ("comments", "# a\n".repeat(5 * n)),
    ]
}
