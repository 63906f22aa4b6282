//! The manifest of a capture: what is in it, of whom, and whether anything is missing. Written here and read here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::shown;

/// The version of the form of manifests and folders: what reads it knows this one and those before it.
const FORMAT: u64 = 2;

/// The version that a program has to know that reads tables of one file each.
const OF_ONE_FILE: u64 = 1;

/// What a capture says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// As of when it is: when it was begun.
    pub captured_at: DateTime<Utc>,
    /// The program that made it, and its version.
    pub program: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many API calls it took.
    pub calls: u64,
    /// Who was asked.
    pub targets: Vec<CapturedTarget>,
    /// Whether these are all regions that there are.
    pub has_all_regions: bool,
    /// What is missing, where that was allowed.
    pub missing: Vec<Missing>,
    /// Why rows may be missing although no call failed.
    pub gaps: Vec<String>,
    /// The beginning of what is there of tables that tell what happened.
    pub since: Option<DateTime<Utc>>,
    /// The tables.
    pub tables: BTreeMap<String, CapturedTable>,
}

/// A target that was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CapturedTarget {
    /// The AWS profile.
    pub profile: String,
    /// Its account, where the API told it.
    pub account_id: Option<String>,
    /// The region.
    pub region: String,
}

/// Rows that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The tables that miss them.
    pub tables: Vec<String>,
    /// Why: which call failed, where, and what was answered.
    pub reason: String,
}

/// A table of a capture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CapturedTable {
    /// How many rows it has.
    pub rows: u64,
    /// The size of its files.
    pub bytes: u64,
    /// How many files it has: more than one where captures were merged.
    pub files: u64,
    /// The columns that it has: those of the program that made it.
    pub columns: Vec<String>,
}

impl Manifest {
    /// Whether every row is there.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.gaps.is_empty()
    }

    /// The reasons why rows of a table are missing.
    pub fn missing_of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a str> {
        let is_of = move |missing: &&Missing| missing.tables.iter().any(|name| name == table);
        self.missing.iter().filter(is_of).map(|missing| missing.reason.as_str())
    }

    /// The text of the file.
    pub fn written(&self) -> String {
        let target = |target: &CapturedTarget| json!({"profile": target.profile, "account_id": target.account_id, "region": target.region});
        let table = |(name, table): (&String, &CapturedTable)| {
            let CapturedTable { rows, bytes, files, columns } = table;
            (name.clone(), json!({"rows": rows, "bytes": bytes, "files": files, "columns": columns}))
        };
        // A program that knows of one file must not take it for the whole table.
        let is_plain = self.tables.values().all(|table| table.files <= 1);
        let missing = |missing: &Missing| json!({"tables": missing.tables, "reason": missing.reason});
        let value = json!({
            "format": if is_plain { OF_ONE_FILE } else { FORMAT },
            "program": self.program,
            "captured_at": shown(self.captured_at),
            "complete": self.is_complete(),
            "seconds": self.seconds,
            "calls": self.calls,
            "targets": self.targets.iter().map(target).collect::<Vec<_>>(),
            "all_regions": self.has_all_regions,
            "missing": self.missing.iter().map(missing).collect::<Vec<_>>(),
            "gaps": self.gaps,
            "since": self.since.map(shown),
            "tables": self.tables.iter().map(table).collect::<Map<_, _>>(),
        });
        format!("{value:#}\n")
    }

    /// Reads the text of the file of a capture of this time.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str, captured_at: DateTime<Utc>) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match value["format"].as_u64() {
            None => return Err("it is no manifest of a capture".to_owned()),
            Some(newer) if newer > FORMAT => {
                return Err(format!("{} made it, which is newer than this program", value["program"]));
            }
            Some(_) => {}
        }
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let texts = |value: &Value| array(value).iter().filter_map(text).collect::<Vec<_>>();
        let target = |value: &Value| {
            let account_id = text(&value["account_id"]);
            Some(CapturedTarget {
                profile: text(&value["profile"])?,
                account_id,
                region: text(&value["region"])?,
            })
        };
        let missing = |value: &Value| {
            Some(Missing { tables: texts(&value["tables"]), reason: text(&value["reason"])? })
        };
        let table = |(name, value): (&String, &Value)| {
            let number = |key| value[key].as_u64().unwrap_or_default();
            let (rows, bytes, columns) = (number("rows"), number("bytes"), texts(&value["columns"]));
            // Captures of before there were several say nothing of it.
            (name.clone(), CapturedTable { rows, bytes, files: number("files").max(1), columns })
        };
        Ok(Self {
            captured_at,
            program: text(&value["program"]).unwrap_or_default(),
            seconds: value["seconds"].as_f64().unwrap_or_default(),
            calls: value["calls"].as_u64().unwrap_or_default(),
            targets: array(&value["targets"]).iter().filter_map(target).collect(),
            has_all_regions: value["all_regions"].as_bool().unwrap_or_default(),
            missing: array(&value["missing"]).iter().filter_map(missing).collect(),
            gaps: texts(&value["gaps"]),
            since: text(&value["since"])
                .and_then(|since| DateTime::parse_from_rfc3339(&since).ok())
                .map(|since| since.with_timezone(&Utc)),
            tables: value["tables"].as_object().into_iter().flatten().map(table).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let captured_at = DateTime::<Utc>::UNIX_EPOCH;
        let manifest = Manifest {
            captured_at,
            program: "lightsail-sql 0.1.0".into(),
            seconds: 1.5,
            calls: 42,
            targets: vec![CapturedTarget {
                profile: "prod".into(),
                account_id: Some("123456789012".into()),
                region: "us-east-1".into(),
            }],
            has_all_regions: true,
            missing: vec![Missing { tables: vec!["disks".into()], reason: "GetDisks failed".into() }],
            gaps: vec!["eu-west-2 is not asked".into()],
            since: Some(captured_at),
            tables: BTreeMap::from([(
                "instances".into(),
                CapturedTable { rows: 7, bytes: 99, files: 1, columns: vec!["name".into()] },
            )]),
        };
        let text = manifest.written();
        assert_eq!(Manifest::read(&text, captured_at).as_ref(), Ok(&manifest));
        assert!(text.contains("\"complete\": false"), "{text}");
        assert_eq!(manifest.missing_of("disks").collect::<Vec<_>>(), ["GetDisks failed"]);
        assert_eq!(manifest.missing_of("instances").count(), 0);
        let mut merged = manifest.clone();
        merged.tables.values_mut().for_each(|table| table.files = 2);
        assert_eq!(Manifest::read(&merged.written(), captured_at), Ok(merged));
        let older = text.replace("      \"files\": 1,\n", "");
        assert!(older.len() < text.len());
        assert_eq!(Manifest::read(&older, captured_at), Ok(manifest));
        let newer = text.replace("\"format\": 1", "\"format\": 3");
        assert!(Manifest::read(&newer, captured_at).is_err_and(|what| what.contains("newer")));
        assert!(Manifest::read("{}", captured_at).is_err());
    }
}
