//! The formats, declared once each: their names, suffixes, encoders and what they cannot hold.

use std::io::IsTerminal;
use std::path::Path;

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::chart::{Chart, Svg};
use super::csv::Csv;
use super::grid::{BOX, PLAIN, ROUNDED};
use super::html::Html;
use super::ipc::Ipc;
use super::json::{Array, Json, Lines};
use super::line::Line;
use super::markdown::Markdown;
use super::parquet::Parquet;
use super::table::Table;
use super::xlsx::Xlsx;
use super::{Codec, Encode, Options, strict, unwritable};
use datafusion_lightsail::error::{Error, Kind, Result};

/// How rows are written: one of [`FORMATS`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the declaration of each has its description")]
pub enum Format {
    #[default]
    Table,
    Box,
    Plain,
    Line,
    Csv,
    Tsv,
    Json,
    Ndjson,
    Markdown,
    Html,
    Chart,
    Svg,
    Xlsx,
    Arrow,
    Parquet,
}

/// What there is to know of a [`Format`].
#[derive(Debug)]
pub struct FormatSpec {
    /// The format.
    pub format: Format,
    /// Its name, as `--format` and STORED AS take it.
    pub name: &'static str,
    /// What else it may be called.
    pub aliases: &'static [&'static str],
    /// The suffixes of its files without the dot; the first is that of files that we name. A format without one has `txt`.
    pub suffixes: &'static [&'static str],
    /// What it is, in one sentence without a full stop.
    pub description: &'static str,
    /// True if a terminal can show it.
    pub is_text: bool,
    /// True if people read it, and no program.
    pub is_for_people: bool,
    /// True if a reader finds columns by their names, so that two of one name would be one.
    pub(super) names_columns: bool,
    /// True if a reader finds the fields of a struct by their names.
    pub(super) names_fields: bool,
    /// Refuses a schema whose values the format cannot hold, where no empty batch would show it.
    pub(super) check: fn(&SchemaRef) -> Result<(), ArrowError>,
    pub(super) encoder: fn(SchemaRef, &Options) -> Result<Box<dyn Encode>>,
}

/// What most formats are.
const TEXT: FormatSpec = FormatSpec {
    format: Format::Table,
    name: "",
    aliases: &[],
    suffixes: &[],
    description: "",
    is_text: true,
    is_for_people: true,
    names_columns: false,
    names_fields: true,
    check: |_| Ok(()),
    encoder: |schema, options| Ok(Box::new(Table::new(schema, ROUNDED, options))),
};

/// Every format, in the order of [`Format`].
pub static FORMATS: &[FormatSpec] = &[
    FormatSpec {
        format: Format::Table,
        name: "table",
        suffixes: &["txt"],
        description: "A table for people, fitted to the terminal",
        names_fields: false,
        ..TEXT
    },
    FormatSpec {
        format: Format::Box,
        name: "box",
        aliases: &["duckbox"],
        description: "A table with square corners",
        names_fields: false,
        encoder: |schema, options| Ok(Box::new(Table::new(schema, BOX, options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Plain,
        name: "plain",
        aliases: &["column", "columns"],
        description: "A table without lines",
        names_fields: false,
        encoder: |schema, options| Ok(Box::new(Table::new(schema, PLAIN, options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Line,
        name: "line",
        description: "A line for each value, name = value",
        names_fields: false,
        encoder: |schema, options| Ok(Box::new(Line::new(schema, options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Csv,
        name: "csv",
        is_for_people: false,
        suffixes: &["csv"],
        description: "Comma-separated values with a header line",
        encoder: |schema, options| Ok(Box::new(Csv::new(schema, b',', options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Tsv,
        name: "tsv",
        is_for_people: false,
        aliases: &["tabs"],
        suffixes: &["tsv"],
        description: "Tab-separated values with a header line",
        encoder: |schema, options| Ok(Box::new(Csv::new(schema, b'\t', options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Json,
        name: "json",
        is_for_people: false,
        suffixes: &["json"],
        description: "One JSON array, an object a row",
        names_columns: true,
        check: |schema| strict::check_types(schema),
        encoder: |_, _| Ok(Box::new(Json::<Array>::new())),
        ..TEXT
    },
    FormatSpec {
        format: Format::Ndjson,
        name: "ndjson",
        is_for_people: false,
        aliases: &["jsonl", "jsonlines"],
        suffixes: &["ndjson", "jsonl"],
        description: "One JSON object a line",
        names_columns: true,
        check: |schema| strict::check_types(schema),
        encoder: |_, _| Ok(Box::new(Json::<Lines>::new())),
        ..TEXT
    },
    FormatSpec {
        format: Format::Markdown,
        name: "markdown",
        aliases: &["md"],
        suffixes: &["md"],
        description: "A GitHub table",
        names_fields: false,
        encoder: |schema, options| Ok(Box::new(Markdown::new(schema, options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Html,
        name: "html",
        is_for_people: false,
        suffixes: &["html", "htm"],
        description: "One page with a table that sorts itself, its query and as of when it is",
        names_fields: false,
        encoder: |schema, options| Ok(Box::new(Html::new(schema, options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Chart,
        name: "chart",
        description: "Bars for labels and numbers, lines for times and numbers",
        names_fields: false,
        check: |schema| Chart::check(schema),
        encoder: |schema, options| Ok(Box::new(Chart::new(schema, options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Svg,
        name: "svg",
        suffixes: &["svg"],
        description: "The same chart as a picture",
        names_fields: false,
        check: |schema| Chart::check(schema),
        encoder: |schema, options| Ok(Box::new(Svg::new(schema, options))),
        ..TEXT
    },
    FormatSpec {
        format: Format::Xlsx,
        name: "xlsx",
        is_for_people: false,
        aliases: &["excel"],
        suffixes: &["xlsx"],
        description: "A workbook of Excel, a sheet for each result",
        is_text: false,
        names_fields: false,
        encoder: |schema, options| Ok(Box::new(Xlsx::new(schema, options).map_err(unwritable)?)),
        ..TEXT
    },
    FormatSpec {
        format: Format::Arrow,
        name: "arrow",
        is_for_people: false,
        aliases: &["ipc", "feather"],
        suffixes: &["arrow", "feather", "ipc"],
        description: "Apache Arrow's own file format (Feather), compressed with LZ4",
        is_text: false,
        names_columns: true,
        encoder: |schema, _| Ok(Box::new(Ipc::new(&schema).map_err(unwritable)?)),
        ..TEXT
    },
    FormatSpec {
        format: Format::Parquet,
        name: "parquet",
        is_for_people: false,
        suffixes: &["parquet"],
        description: "Apache Parquet, compressed with zstd",
        is_text: false,
        names_columns: true,
        encoder: |schema, options| Ok(Box::new(Parquet::new(&schema, options.file.row_group_rows)?)),
        ..TEXT
    },
];

impl Format {
    /// Its declaration.
    pub fn spec(self) -> &'static FormatSpec {
        &FORMATS[self as usize]
    }

    /// The format of a name or an alias, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let is_one = |known: &str| known.eq_ignore_ascii_case(name);
        let is_it = |spec: &&FormatSpec| is_one(spec.name) || spec.aliases.iter().any(|alias| is_one(alias));
        FORMATS.iter().find(is_it).map(|spec| spec.format)
    }

    /// The format that a file's suffix asks for; that of text may stand before one that compresses, `.csv.gz`.
    pub fn from_path(path: &Path) -> Option<Self> {
        if Codec::from_path(path).is_some() {
            let inner = Self::from_path(Path::new(path.file_stem()?))?;
            return inner.spec().is_text.then_some(inner);
        }
        let suffix = path.extension()?.to_str()?;
        let is_it = |spec: &&FormatSpec| spec.suffixes.iter().any(|known| known.eq_ignore_ascii_case(suffix));
        FORMATS.iter().find(is_it).map(|spec| spec.format)
    }

    /// Refuses bytes that are not text on a terminal.
    ///
    /// # Errors
    /// [`Kind::Usage`] for Parquet if standard output is a terminal.
    pub fn check_terminal(self) -> Result<()> {
        let FormatSpec { name, is_text, .. } = self.spec();
        match !is_text && std::io::stdout().is_terminal() {
            true => Err(Error::new(Kind::Usage, format!("{name} is not for a terminal")).with_hint(format!(
                "write it to a file: -o x.{0}, or \\o x.{0} in the shell",
                self.extension()
            ))),
            false => Ok(()),
        }
    }

    /// The suffix of a file in this format, without the dot.
    pub fn extension(self) -> &'static str {
        self.spec().suffixes.first().unwrap_or(&"txt")
    }

    /// The suffixes of all formats for a sentence, such as `.txt, .csv or .parquet`.
    pub fn suffixes(last: &str) -> String {
        let suffixes: Vec<String> =
            FORMATS.iter().filter_map(|spec| Some(format!(".{}", spec.suffixes.first()?))).collect();
        match suffixes.split_last() {
            Some((end, rest)) => format!("{}{last}{end}", rest.join(", ")),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_names_and_suffixes() {
        for (index, spec) in FORMATS.iter().enumerate() {
            let FormatSpec { format, name, aliases, suffixes, description, .. } = spec;
            assert_eq!((*format as usize, format.spec().name), (index, *name), "{name} has another's place");
            assert!(!description.is_empty() && !description.ends_with('.'), "{name}: {description}");
            for called in [name].into_iter().chain(*aliases) {
                assert_eq!(Format::from_name(called), Some(*format), "{called}");
                assert_eq!(Format::from_name(&called.to_uppercase()), Some(*format), "{called}");
            }
            for suffix in *suffixes {
                let path = Path::new("dir.csv/x").with_extension(suffix.to_uppercase());
                assert_eq!(Format::from_path(&path), Some(*format), "{suffix}");
            }
            if !suffixes.is_empty() {
                let path = Path::new("x").with_extension(format.extension());
                assert_eq!(Format::from_path(&path), Some(*format), "{name}");
            }
        }
        assert_eq!(Format::from_path(Path::new("x")), None);
        assert_eq!(Format::from_path(Path::new("x.xls")), None);
        assert_eq!(Format::from_path(Path::new("x.csv.gz")), Some(Format::Csv));
        assert_eq!(Format::from_path(Path::new("x.ndjson.ZST")), Some(Format::Ndjson));
        assert_eq!(Format::from_path(Path::new("x.parquet.gz")), None);
        assert_eq!(Format::from_name("xls"), None);
    }
}
