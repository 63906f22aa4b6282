//! Joins of tables that name things of all regions with tables of the regions that are asked.

use crate::catalog::operation::Scope;
use crate::catalog::shortfall::Shortfall;
use crate::scan::plan::spec::ScanSpec;

/// A join of a table that names things of any region with one of which only the regions that are asked are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scan) struct Meeting {
    pub(in crate::scan) reaching: &'static str,
    pub(in crate::scan) regional: &'static str,
    /// Whether the join keeps rows of the first that find no partner.
    pub(in crate::scan) keeps_alone: bool,
    /// The profiles and regions that were asked for the second, if a table of the session was made of its rows.
    pub(in crate::scan) asked: Option<(String, String)>,
}

impl Meeting {
    /// What is not asked: the regions where partners may be.
    pub(in crate::scan) fn shortfall(&self) -> Shortfall {
        let Self { reaching, regional, keeps_alone, .. } = self;
        let text = format!(
            "it names things of any region, and {regional} is only read in the regions asked: rows without a partner may \
             have one elsewhere; --region all asks everywhere"
        );
        let shortfall = Shortfall::new(*reaching, text);
        if *keeps_alone { shortfall } else { shortfall.of_nothing() }
    }
}

/// Whether a column of a scan names resources of other regions than those of its rows.
pub(super) fn reaches(scan: &ScanSpec, column: &str) -> bool {
    let is_of_target = ["profile", "account_id", "region"].contains(&column);
    let reaches = |scope: Scope, columns: &[&str]| scope == Scope::UsEast1 || columns.contains(&column);
    let sources = scan.sources();
    !is_of_target && sources.iter().all(|source| reaches(source.operation.scope, source.operation.reaches))
}

/// Whether a scan has the same rows whatever region is asked: a join with it names all regions.
pub(super) fn is_everywhere(scan: &ScanSpec, _: &str) -> bool {
    scan.sources().iter().all(|source| source.operation.scope == Scope::AnyRegion)
}

/// Whether a scan reads what is there in each region.
pub(super) fn is_regional(scan: &ScanSpec, _: &str) -> bool {
    scan.sources().iter().all(|source| source.operation.scope == Scope::Region)
}
