//! The actions of AWS services: their access level, and whether they can be limited to resources
//! (`data/iam_actions.bin`, from the service authorization reference).

use std::sync::{Arc, LazyLock, OnceLock};

use crate::Str;
use crate::terraform::pack::Pack;

use super::super::sets::{Pattern, Symbol};

static BYTES: &[u8] = include_bytes!("../../../data/iam_actions.bin");
static PACK: LazyLock<Option<Pack>> = LazyLock::new(|| Pack::new(BYTES));
static CACHE: LazyLock<Vec<OnceLock<Arc<[Action]>>>> =
    LazyLock::new(|| std::iter::repeat_with(OnceLock::new).take(PACK.map_or(0, |p| p.len())).collect());

/// What an action does, as AWS classes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Lists resources.
    List,
    /// Reads contents.
    Read,
    /// Changes tags only.
    Tagging,
    /// Makes, changes or deletes resources.
    Write,
    /// Grants or changes permissions.
    Permissions,
}

impl Level {
    /// `list`, `read`, `tagging`, `write`, `permissions`.
    pub fn parse(text: &str) -> Option<Level> {
        Some(match text {
            "list" => Level::List,
            "read" => Level::Read,
            "tagging" => Level::Tagging,
            "write" => Level::Write,
            "permissions" => Level::Permissions,
            _ => return None,
        })
    }
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name without the service: `GetObject`.
    pub name: Str,
    /// What it does.
    pub level: Level,
    /// Whether a policy can limit it to resources; if not, `*` is the only `Resource` that works.
    pub has_resources: bool,
}

/// The prefixes of all services, sorted.
pub fn services() -> impl Iterator<Item = &'static str> {
    (0..PACK.map_or(0, |p| p.len())).filter_map(|index| (*PACK)?.name(index))
}

/// The actions of a service; none if there is no such service.
pub fn of_service(prefix: &str) -> Option<Arc<[Action]>> {
    let pack = (*PACK)?;
    let index = pack.find(prefix)?;
    let actions = CACHE.get(index)?.get_or_init(|| {
        let text = pack.text(index).unwrap_or_default();
        text.lines().flat_map(read_line).collect()
    });
    Some(Arc::clone(actions))
}

fn read_line(line: &str) -> impl Iterator<Item = Action> + '_ {
    let mut words = line.split(' ');
    let letter = words.next().unwrap_or("");
    let level = match letter.to_ascii_uppercase().as_str() {
        "L" => Level::List,
        "R" => Level::Read,
        "T" => Level::Tagging,
        "P" => Level::Permissions,
        _ => Level::Write,
    };
    let has_resources = letter.bytes().all(|b| b.is_ascii_uppercase());
    words.map(move |name| Action { name: name.into(), level, has_resources })
}

/// Whether some action that a pattern (in lower case) matches passes a test. None if that can't be told: an unknown text,
/// or no known action matches (AWS adds new ones every week).
pub fn any_matching(pattern: &Pattern, test: &dyn Fn(&str, &Action) -> bool) -> Option<bool> {
    let symbols = pattern.symbols();
    let colon = symbols.iter().position(|s| *s == Symbol::Char(':'));
    let service: Option<String> = symbols
        .get(..colon.unwrap_or(0))
        .filter(|s| !s.is_empty())
        .and_then(|s| s.iter().map(|s| if let Symbol::Char(c) = s { Some(*c) } else { None }).collect());
    if pattern.is_everything() || *symbols == [Symbol::Many, Symbol::Char(':'), Symbol::Many] {
        return Some(true);
    }
    if pattern.has_terms() {
        return None;
    }
    let mut seen = false;
    let mut full = String::new();
    let mut check = |service: &str| {
        of_service(service).is_some_and(|actions| {
            actions.iter().any(|action| {
                full.clear();
                full.push_str(service);
                full.push(':');
                full.extend(action.name.chars().map(|c| c.to_ascii_lowercase()));
                let matches = pattern.matches(&full);
                seen |= matches;
                matches && test(service, action)
            })
        })
    };
    let found = match &service {
        Some(service) => check(service),
        None => services().any(check),
    };
    if found || seen { Some(found) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(pattern: &str) -> Option<bool> {
        any_matching(&Pattern::parse_folded(pattern), &|_, action| action.has_resources)
    }

    #[test]
    fn the_table_knows_what_can_be_limited() {
        assert_eq!(resources("s3:GetObject"), Some(true));
        assert_eq!(resources("ec2:DescribeInstances"), Some(false));
        assert_eq!(resources("s3:ListAllMyBuckets"), Some(false));
        assert_eq!(resources("ec2:Describe*"), Some(true), "DescribeInstanceAttribute can");
        assert_eq!(resources("sts:GetCallerIdentity"), Some(false));
        assert_eq!(resources("*"), Some(true));
        assert_eq!(resources("s3:Frobnicate"), None);
        assert_eq!(resources("nosuchservice:*"), None);
    }

    #[test]
    fn levels_are_as_aws_publishes_them() {
        let iam = of_service("iam").unwrap_or_default();
        let level = |name: &str| iam.iter().find(|a| a.name == name).map(|a| a.level);
        assert_eq!(level("PassRole"), Some(Level::Permissions));
        assert_eq!(level("GetRole"), Some(Level::Read));
        assert_eq!(level("TagRole"), Some(Level::Tagging));
        assert_eq!(services().count(), 445);
    }
}
