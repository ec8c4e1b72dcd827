//! `salesync rebuild`: the read models anew from the log, through the running server or alone.

use projectors::RebuildReport;

/// What a rebuild did, in lines for a person.
pub fn told(report: &RebuildReport) -> Vec<String> {
    let mut lines = vec![format!(
        "{} events folded; generation {} is live up to position {}, in place of {}",
        report.events, report.generation, report.next, report.replaced
    )];
    if report.differences.is_empty() {
        lines.push("the generation it replaced had the same figures".to_owned());
    }
    lines.extend(report.differences.iter().map(|difference| format!("the replaced generation differed: {difference}")));
    lines.extend(report.not_compared.iter().map(|view| format!("not compared, for it had stopped: {view}")));
    lines
}
