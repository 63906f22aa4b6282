//! What Tab offers behind ON: the keys of the tables that are joined, as the engine knows them.

use datafusion_lightsail::joins::joins;

use super::offer::Offer;
use crate::shell::names;
use crate::shell::sources::Source;

/// Adds the conditions that join these tables.
pub(super) fn conditions(sources: &[Source], offer: &mut Offer<'_>) {
    let called = |name: &str| -> Vec<&Source> {
        sources.iter().filter(|source| names::is(&source.table, name)).collect()
    };
    for join in joins() {
        for one in called(&join.table) {
            for other in called(join.other).into_iter().filter(|other| other.alias != one.alias) {
                let (one, other) = (names::quoted(&one.alias), names::quoted(&other.alias));
                let mut condition = format!("{one}.{} = {other}.{}", join.column, join.key);
                if join.is_regional {
                    // A name is unique in its region alone.
                    condition += &format!(" AND {one}.region = {other}.region");
                }
                offer.add(&condition);
            }
        }
    }
}
