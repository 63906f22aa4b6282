//! COPY … TO: its query, its format and its options, written by our own formats: as whole or not at all as with `-o`.

use std::path::Path;

use datafusion::sql::parser::{CopyToSource, CopyToStatement, Statement as Ast};
use datafusion::sql::sqlparser::ast::{Statement as Sql, Value};

use crate::output::{Codec, Destination, Format, Options, is_standard};
use crate::run::format_of;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Statement, parse};

/// What COPY says.
pub(crate) struct Copied {
    /// The query whose rows it writes.
    pub(crate) query: Statement,
    /// Their format: that of STORED AS or of the suffix; of `-` that of the screen.
    pub(crate) format: Format,
    /// How they are written.
    pub(crate) options: Options,
}

/// An option of COPY: its name, what it takes, and what it sets.
struct CopyOption {
    name: &'static str,
    takes: &'static str,
    set: fn(&mut Options, &str) -> Option<()>,
}

/// Every option; each may begin with `format.`, as DataFusion's do.
const OPTIONS: &[CopyOption] = &[
    CopyOption {
        name: "delimiter",
        takes: "one character",
        set: |options, value| {
            let [byte] = value.as_bytes() else { return None };
            options.file.delimiter = Some(*byte);
            Some(())
        },
    },
    CopyOption {
        name: "header",
        takes: "true or false",
        set: |options, value| {
            options.header = value.to_ascii_lowercase().parse().ok()?;
            Some(())
        },
    },
    CopyOption {
        name: "has_header",
        takes: "true or false",
        set: |options, value| {
            options.header = value.to_ascii_lowercase().parse().ok()?;
            Some(())
        },
    },
    CopyOption {
        name: "null",
        takes: "a text",
        set: |options, value| {
            options.null = Some(value.to_owned());
            Some(())
        },
    },
    CopyOption {
        name: "compression",
        takes: "gzip, zstd or none",
        set: |options, value| {
            options.file.codec = match value.eq_ignore_ascii_case("none") {
                true => None,
                false => Some(Codec::from_name(value)?),
            };
            Some(())
        },
    },
    CopyOption {
        name: "csv_safe",
        takes: "true or false",
        set: |options, value| {
            options.file.is_csv_safe = value.to_ascii_lowercase().parse().ok()?;
            Some(())
        },
    },
    CopyOption {
        name: "row_group_rows",
        takes: "a number from 1",
        set: |options, value| {
            options.file.row_group_rows = Some(value.parse().ok().filter(|rows| *rows > 0)?);
            Some(())
        },
    },
];

/// Reads what COPY says.
///
/// # Errors
/// When it asks for a format or for options that there are not.
pub(crate) fn copied(
    statement: &Statement,
    copy: &CopyToStatement,
    screen: Format,
    options: &Options,
) -> Result<Copied> {
    let place = &statement.place;
    let path = Path::new(&copy.target);
    let format = match &copy.stored_as {
        Some(name) => Format::from_name(name)
            .ok_or_else(|| Error::new(Kind::Sql, format!("there is no format {name}")).at(place))?,
        None if is_standard(path) => screen,
        None => format_of(path).map_err(|error| error.at(place))?,
    };
    let mut options = if is_standard(path) { options.clone() } else { options.for_file() };
    options.file.partition_by.extend(copy.partitioned_by.iter().cloned());
    options.file.book = None;
    options.keeps_answer = false;
    for (key, value) in &copy.options {
        set(&mut options, key, value).map_err(|error| error.at(place))?;
    }
    if options.file.codec.is_some() && !format.spec().is_text {
        let what = format!("{} is compressed inside of itself", format.spec().name);
        return Err(Error::new(Kind::Sql, what).at(place).with_hint("leave the option compression out"));
    }
    let ast = match &copy.source {
        CopyToSource::Query(query) => Ast::Statement(Box::new(Sql::Query(query.clone()))),
        CopyToSource::Relation(table) => {
            let mut query = parse("COPY", &format!("SELECT * FROM {table}"))?;
            query
                .pop()
                .map(|statement| statement.ast)
                .ok_or_else(|| Error::new(Kind::Internal, "COPY of nothing"))?
        }
    };
    Ok(Copied { query: Statement { ast, ..statement.clone() }, format, options })
}

fn set(options: &mut Options, key: &str, value: &Value) -> Result<()> {
    let name = key.to_ascii_lowercase();
    let name = name.strip_prefix("format.").unwrap_or(&name);
    let Some(option) = OPTIONS.iter().find(|option| option.name == name) else {
        let names: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
        return Err(Error::new(Kind::Sql, format!("COPY has no option {key}"))
            .with_hint(format!("its options are {}", names.join(", "))));
    };
    let text = match value {
        Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
        other => other.to_string(),
    };
    (option.set)(options, &text).ok_or_else(|| {
        Error::new(Kind::Sql, format!("the option {key} takes {}, and not {text:?}", option.takes))
    })
}

/// Where the rows go.
///
/// # Errors
/// When nothing can be written there.
pub(crate) fn destination(
    copy: &CopyToStatement,
    copied: &Copied,
    stdout: Destination,
) -> Result<Destination> {
    let path = Path::new(&copy.target);
    if !copied.options.file.partition_by.is_empty() {
        return Destination::folder(path);
    }
    let out = if is_standard(path) {
        copied.format.check_terminal()?;
        stdout
    } else {
        Destination::create(path)?
    };
    match copied.options.file.codec.filter(|codec| Codec::from_path(path) != Some(*codec)) {
        Some(codec) => out.compressed(codec),
        None => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &str) -> Result<Copied> {
        let statement = parse("-c", &format!("COPY t TO 'x.csv' {options}")).unwrap().remove(0);
        let Ast::CopyTo(copy) = &statement.ast else { panic!("no COPY") };
        copied(&statement, copy, Format::Table, &Options::default())
    }

    #[test]
    fn options_are_read_with_and_without_their_prefix() {
        let copied = read("OPTIONS ('format.delimiter' ';', header 'false', null '-', compression gzip)")
            .ok()
            .unwrap();
        assert_eq!((copied.format, copied.options.header), (Format::Csv, false));
        assert_eq!(copied.options.file.delimiter, Some(b';'));
        assert_eq!(copied.options.null.as_deref(), Some("-"));
        assert_eq!(copied.options.file.codec, Some(Codec::Gzip));
        let copied = read("PARTITIONED BY (region, profile)").ok().unwrap();
        assert_eq!(copied.options.file.partition_by, ["region", "profile"]);
    }

    #[test]
    fn what_is_no_option_says_which_there_are() {
        let error = |options| read(options).err().unwrap().to_string();
        assert!(error("OPTIONS (delimitr ';')").contains("its options are delimiter, header"));
        assert!(error("OPTIONS (delimiter 'ab')").contains("takes one character"));
        assert!(error("STORED AS PARQUET OPTIONS (compression zstd)").contains("compressed inside"));
        for option in OPTIONS {
            let empty = read(&format!("OPTIONS ({} '')", option.name)).err().map(|error| error.to_string());
            assert!(empty.is_none_or(|error| error.contains(option.takes)), "{}", option.name);
        }
    }
}
