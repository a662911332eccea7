//! Which prop of a construct sets which registry property: `grammars/cdk/props.table`.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

/// One way to set a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A prop, dotted for one within another.
    Prop(&'static str),
    /// A method.
    Method(&'static str),
}

/// Registry type and property to the ways to set it.
type Table = FxHashMap<&'static str, FxHashMap<&'static str, Vec<Way>>>;

fn read(text: &'static str) -> Table {
    let mut table = Table::default();
    let mut type_name = "";
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        match bare.split_once('=') {
            Some((property, ways)) if line.starts_with(' ') => {
                let ways = ways.split_whitespace().map(|way| match way.strip_suffix("()") {
                    Some(method) => Way::Method(method),
                    None => Way::Prop(way),
                });
                table.entry(type_name).or_default().insert(property.trim(), ways.collect());
            }
            _ => type_name = bare,
        }
    }
    table
}

/// The ways to set a property, most specific first: those of the path itself, then those of what is around it.
pub(super) fn ways(type_name: &str, property: &[impl AsRef<str>]) -> Vec<Way> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| read(include_str!("../../../grammars/cdk/props.table")));
    let names: Vec<&str> =
        property.iter().map(AsRef::as_ref).filter(|step| !step.bytes().all(|b| b.is_ascii_digit())).collect();
    let mut found = Vec::new();
    for length in (1..=names.len()).rev() {
        let path = names.get(..length).unwrap_or_default().join(".");
        for way in table.get(type_name).and_then(|t| t.get(path.as_str())).into_iter().flatten() {
            if !found.contains(way) {
                found.push(*way);
            }
        }
    }
    found
}

/// Who may have been the first to need a construct that a library puts into a stack once, by its id.
pub(super) fn makers(id: &str) -> Option<&'static [&'static str]> {
    static TABLE: OnceLock<Vec<(&str, Vec<&str>)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let text = include_str!("../../../grammars/cdk/singletons.table");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let lines = lines.filter_map(|line| line.split_once(" = "));
        lines.map(|(id, makers)| (id, makers.split_whitespace().collect())).collect()
    });
    table.iter().find(|(known, _)| id.starts_with(known)).map(|(_, makers)| makers.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_way_comes_first() {
        let ways = |path: &[&str]| ways("AWS::CloudFront::Distribution", path);
        let behavior = ["DistributionConfig", "DefaultCacheBehavior", "ViewerProtocolPolicy"];
        assert_eq!(ways(&behavior).first(), Some(&Way::Prop("defaultBehavior.viewerProtocolPolicy")));
        assert_eq!(
            ways(&["DistributionConfig", "Origins", "0", "Id"]).first(),
            Some(&Way::Prop("defaultBehavior.origin"))
        );
        assert_eq!(ways(&["Nothing"]), []);
    }
}
