//! `masugata graph`.

use crate::check::{Linked, Session};
use crate::report;
use crate::source::{Diagnostic, Severity};

use super::args::{GraphArgs, GraphFormat};
use super::{Error, FAILED, output};

pub(super) fn run(args: GraphArgs) -> Result<u8, Error> {
    let session = Session::open(super::loader()?, super::options(args.paths, args.input));
    let (roots, discovery) = session.roots();
    let mut diagnostics: Vec<Diagnostic> = session.diagnostics.clone();
    diagnostics.extend(discovery.diagnostics);
    let mut linked: Vec<Linked> = Vec::new();
    for root in &roots {
        let (programs, problems) = session.programs(root);
        diagnostics.extend(problems);
        for program in programs {
            let mut stack = session.link(root, program);
            session.place_constructs(root, &mut stack);
            linked.push(stack);
        }
    }
    diagnostics.extend(linked.iter().flat_map(|l| l.diagnostics.iter().cloned()));
    diagnostics.extend(session.loader.remarks());
    let graphs: Vec<_> = linked.iter().map(|l| &l.graph).collect();
    let sources = session.loader.sources();
    if !diagnostics.is_empty() {
        output::complain(&report::text_diagnostics(&diagnostics, sources, output::error_style()));
    }
    let printed = match args.format {
        GraphFormat::Json => output::stream(|out| report::graph_json(&graphs, sources, out)),
        GraphFormat::Dot => output::print(&report::graph_dot(&graphs)),
        GraphFormat::Mermaid => output::print(&report::graph_mermaid(&graphs)),
    };
    printed.map_err(Error::Print)?;
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Ok(if failed { FAILED } else { 0 })
}
