//! Which files of a directory belong to its module.

use rustc_hash::FxHashSet;

/// A configuration file of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigFile<'a> {
    /// Its name in the directory.
    pub name: &'a str,
    /// Whether it is in JSON syntax.
    pub json: bool,
    /// Whether it is an override file: merged into what the others declare.
    pub overrides: bool,
}

/// The configuration files among the names of a directory, in the order in which they are read: primary files, then
/// override files, each in the order given (sorted names).
///
/// A `.tofu` file replaces the `.tf` file of the same name (OpenTofu documentation, "Files and Directories"); hidden
/// files and editors' backup files are ignored, as Terraform does.
pub fn config_files<'a>(names: &'a [String]) -> Vec<ConfigFile<'a>> {
    let tofu: FxHashSet<&str> = names
        .iter()
        .filter_map(|n| n.strip_suffix(".tofu").or_else(|| n.strip_suffix(".tofu.json")))
        .collect();
    let mut files: Vec<ConfigFile<'a>> = Vec::new();
    for name in names {
        let Some((stem, json, is_tofu)) = stem(name) else { continue };
        let replaced = !is_tofu
            && tofu.contains(stem)
            && names.iter().any(|n| n.strip_prefix(stem) == Some(if json { ".tofu.json" } else { ".tofu" }));
        let ignored =
            name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
        if replaced || ignored {
            continue;
        }
        files.push(ConfigFile { name, json, overrides: stem == "override" || stem.ends_with("_override") });
    }
    files.sort_by_key(|f| f.overrides);
    files
}

/// The name without its ending, whether it is JSON, whether it is OpenTofu's own; none for other files.
fn stem(name: &str) -> Option<(&str, bool, bool)> {
    [(".tf", false, false), (".tf.json", true, false), (".tofu", false, true), (".tofu.json", true, true)]
        .into_iter()
        .find_map(|(ending, json, tofu)| Some((name.strip_suffix(ending)?, json, tofu)))
}

/// The variable files that Terraform reads without being told, in its order: `terraform.tfvars`,
/// `terraform.tfvars.json`, then `*.auto.tfvars` and `*.auto.tfvars.json` by name. Later ones win.
pub fn automatic_variable_files(names: &[String]) -> Vec<&str> {
    let mut files: Vec<&str> = ["terraform.tfvars", "terraform.tfvars.json"]
        .into_iter()
        .filter(|fixed| names.iter().any(|n| n == fixed))
        .collect();
    let mut automatic: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|n| (n.ends_with(".auto.tfvars") || n.ends_with(".auto.tfvars.json")) && !n.starts_with('.'))
        .collect();
    automatic.sort_unstable();
    files.extend(automatic);
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn files_of_a_module() {
        let names = names(&[
            "#main.tf#",
            ".hidden.tf",
            "a_override.tf",
            "b.tf",
            "b.tofu",
            "c.tf.json",
            "d.tofu.json",
            "e.tf~",
            "main.tf",
            "notes.md",
            "override.tf.json",
            "test.tftest.hcl",
            "x.tfvars",
        ]);
        let found: Vec<_> = config_files(&names).into_iter().map(|f| (f.name, f.json, f.overrides)).collect();
        assert_eq!(
            found,
            [
                ("b.tofu", false, false),
                ("c.tf.json", true, false),
                ("d.tofu.json", true, false),
                ("main.tf", false, false),
                ("a_override.tf", false, true),
                ("override.tf.json", true, true),
            ]
        );
    }

    #[test]
    fn variable_files_in_their_order() {
        let names = names(&[
            "a.auto.tfvars.json",
            "b.auto.tfvars",
            "prod.tfvars",
            "terraform.tfvars",
            "terraform.tfvars.json",
        ]);
        assert_eq!(
            automatic_variable_files(&names),
            ["terraform.tfvars", "terraform.tfvars.json", "a.auto.tfvars.json", "b.auto.tfvars"]
        );
    }
}
