//! Which columns lead from a table to another: by an arn, by a name within a region, or by the id of an offer.
//!
//! Most follow from the names of columns: `instance_arn` is `instances.arn`, `load_balancer_name` is `load_balancers.name`
//! in the same region. The others are in `LINKS`.

use crate::catalog::TABLES;
use crate::views::VIEWS;

/// A column of a table and the one of another that has the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The table that names something of the other.
    pub table: String,
    /// The column in which it names it.
    pub column: String,
    /// The table that is named.
    pub other: &'static str,
    /// Its column.
    pub key: &'static str,
    /// Whether the value names one thing only within a region, so that `region` must be the same too.
    pub is_regional: bool,
}

/// What the names of columns do not say: table, column, other table, its column.
const LINKS: &[(&str, &str, &str, &str)] = &[
    ("add_ons", "resource_arn", "instances", "arn"),
    ("alarms", "monitored_resource_info_arn", "instances", "arn"),
    ("auto_snapshot_disks", "resource_name", "auto_snapshots", "resource_name"),
    ("auto_snapshots", "resource_name", "instances", "name"),
    ("block_disks", "attached_to", "instances", "name"),
    ("buckets", "bundle_id", "bucket_bundles", "bundle_id"),
    ("container_services", "power_id", "container_service_powers", "power_id"),
    ("cost_estimates", "resource_name", "instances", "name"),
    ("distributions", "bundle_id", "distribution_bundles", "bundle_id"),
    ("export_snapshot_records", "source_info_arn", "instance_snapshots", "arn"),
    ("instance_snapshots", "from_blueprint_id", "blueprints", "blueprint_id"),
    ("instance_snapshots", "from_bundle_id", "bundles", "bundle_id"),
    ("instances", "blueprint_id", "blueprints", "blueprint_id"),
    ("instances", "bundle_id", "bundles", "bundle_id"),
    ("instances", "ssh_key_name", "key_pairs", "name"),
    ("load_balancers", "tls_policy_name", "load_balancer_tls_policies", "name"),
    ("monthly_costs", "resource_arn", "instances", "arn"),
    (
        "relational_databases",
        "relational_database_blueprint_id",
        "relational_database_blueprints",
        "blueprint_id",
    ),
    ("relational_databases", "relational_database_bundle_id", "relational_database_bundles", "bundle_id"),
    ("setup_history", "resource_name", "instances", "name"),
    ("static_ips", "attached_to", "instances", "name"),
    ("tags", "resource_arn", "instances", "arn"),
    ("unused", "resource_arn", "instances", "arn"),
];

/// Every join of the tables and views, in the order in which they are listed.
pub fn joins() -> Vec<Join> {
    tables().flat_map(|(table, columns)| of_table(&table, &columns)).collect()
}

/// The tables and views with their columns.
fn tables() -> impl Iterator<Item = (String, Vec<String>)> {
    let of_tables = TABLES.iter().map(|table| {
        let columns = table.columns().into_iter().map(|column| column.field.name().clone());
        (table.name().to_owned(), columns.collect())
    });
    let of_views = VIEWS.iter().map(|view| {
        let columns = view.header().fields().map(|(name, _)| name.to_owned()).collect();
        (view.name().to_owned(), columns)
    });
    of_tables.chain(of_views)
}

fn of_table(table: &str, columns: &[String]) -> Vec<Join> {
    let join = |column: &str, other: &'static str, key: &'static str| Join {
        table: table.to_owned(),
        column: column.to_owned(),
        other,
        key,
        is_regional: key != "arn",
    };
    let mut joins = Vec::new();
    for column in columns {
        let link = LINKS.iter().find(|link| link.0 == table && link.1 == column);
        if let Some((_, _, other, key)) = link {
            joins.push(join(column, other, key));
            continue;
        }
        let thing = column.strip_prefix("from_").unwrap_or(column);
        let has_arn = |thing: &str| {
            columns.iter().any(|other| other.trim_start_matches("from_") == format!("{thing}_arn"))
        };
        if let Some(thing) = thing.strip_suffix("_arn") {
            joins.extend(named(thing, &["arn"]).map(|(other, key)| join(column, other, key)));
        } else if let Some(thing) = thing.strip_suffix("_name").filter(|thing| !has_arn(thing)) {
            let own = format!("{thing}_name");
            joins.extend(named(thing, &["name", &own]).map(|(other, key)| join(column, other, key)));
        }
    }
    joins.retain(|join| join.other != table);
    joins
}

/// The table of such things, and the first of these columns that it has.
fn named(thing: &str, keys: &[&str]) -> Option<(&'static str, &'static str)> {
    let table = TABLES.iter().find(|table| table.name().strip_suffix('s') == Some(thing))?;
    let key = table.columns().into_iter().find_map(|column| {
        let found = keys.iter().find(|key| **key == column.field.name())?;
        // The names of all keys are literals of declarations but the one that is made here.
        Some(if *found == "arn" {
            "arn"
        } else if *found == "name" {
            "name"
        } else {
            table.key()?
        })
    })?;
    Some((table.name(), key))
}

impl Join {
    /// As it is written behind ON, such as `ports.instance_arn = instances.arn`.
    pub fn condition(&self) -> String {
        let Self { table, column, other, key, is_regional } = self;
        let region =
            if *is_regional { format!(" AND {table}.region = {other}.region") } else { String::new() };
        format!("{table}.{column} = {other}.{key}{region}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions() -> Vec<String> {
        joins().iter().map(Join::condition).collect()
    }

    #[test]
    fn joins_follow_from_names() {
        let conditions = conditions();
        for condition in [
            "ports.instance_arn = instances.arn",
            "disk_snapshots.from_instance_arn = instances.arn",
            "instance_metrics.instance_name = instances.name AND instance_metrics.region = instances.region",
            "static_ips.attached_to = instances.name AND static_ips.region = instances.region",
            "container_images.container_service_name = container_services.container_service_name \
             AND container_images.region = container_services.region",
            "open_ports.instance_arn = instances.arn",
        ] {
            assert!(conditions.iter().any(|known| known == condition), "{condition}: {conditions:#?}");
        }
        assert!(!conditions.iter().any(|known| known.starts_with("ports.instance_name")), "an arn says more");
    }

    #[test]
    fn every_link_and_every_join_is_between_columns_that_are_there() {
        let has = |table: &str, column: &str| {
            tables().any(|(name, columns)| name == table && columns.iter().any(|known| known == column))
        };
        for (table, column, other, key) in LINKS {
            assert!(has(table, column) && has(other, key), "{table}.{column} = {other}.{key}");
            assert!(
                conditions()
                    .iter()
                    .any(|known| known.starts_with(&format!("{table}.{column} = {other}.{key}")))
            );
        }
        for join in joins() {
            assert!(has(&join.table, &join.column) && has(join.other, join.key), "{}", join.condition());
            assert!(!join.is_regional || has(&join.table, "region"), "{}", join.condition());
        }
    }
}
