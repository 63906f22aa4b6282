//! `COPY … TO STDOUT`: rows as a file, in Postgres' text, in CSV, or in its binary form.

use arrow_pg::encoder::Encoder;
use bytes::{BufMut, Bytes, BytesMut};
use datafusion::sql::sqlparser::tokenizer::Token;
use pgwire::api::results::FieldInfo;
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::types::ToSqlText;
use pgwire::types::format::FormatOptions;
use postgres_types::{IsNull, ToSql};

use datafusion_lightsail::script::Unparsed;

/// What the rows look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Text,
    Csv,
    Binary,
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CopyOut {
    pub(super) look: Look,
    header: bool,
    delimiter: Option<u8>,
    null: Option<String>,
}

impl CopyOut {
    /// What stands behind TO STDOUT: `CSV HEADER`, `WITH (FORMAT csv, DELIMITER ';', NULL 'NULL')`.
    pub(super) fn of(options: Option<Unparsed>) -> Result<Self, String> {
        let mut out = Self { look: Look::Text, header: false, delimiter: None, null: None };
        let tokens: Vec<Token> = options.iter().flat_map(|options| options.tokens().cloned()).collect();
        let word = |token: &Token| match token {
            Token::Word(word) => word.value.to_ascii_uppercase(),
            Token::SingleQuotedString(text) => text.to_ascii_uppercase(),
            Token::Number(number, _) => number.clone(),
            _ => String::new(),
        };
        let is_sign = |token: &Token| matches!(token, Token::LParen | Token::RParen | Token::Comma);
        let mut rest = tokens.iter().filter(|token| !is_sign(token)).peekable();
        while let Some(token) = rest.next() {
            let name = word(token);
            if matches!(name.as_str(), "DELIMITER" | "NULL" | "QUOTE" | "ESCAPE" | "ENCODING") {
                rest.next_if(|next| word(next) == "AS");
            }
            let mut text = || match rest.next() {
                Some(Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text)) => Ok(text.clone()),
                _ => Err(format!("{name} is a text in quotes")),
            };
            match name.as_str() {
                "WITH" => {}
                "FORMAT" => {
                    let format = rest.next().map(word).unwrap_or_default();
                    out.look = look(&format)
                        .ok_or_else(|| format!("there is no format {format:?}: text, csv or binary"))?;
                }
                "CSV" | "BINARY" | "TEXT" => out.look = look(&name).unwrap_or(out.look),
                "HEADER" => {
                    let is_told = |next: &&Token| {
                        matches!(word(next).as_str(), "TRUE" | "ON" | "1" | "FALSE" | "OFF" | "0")
                    };
                    let told = rest.next_if(is_told).map(word);
                    out.header = !matches!(told.as_deref(), Some("FALSE" | "OFF" | "0"));
                }
                "DELIMITER" => match text()?.as_bytes() {
                    [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | b'"' | b'\\') => {
                        out.delimiter = Some(*byte)
                    }
                    _ => return Err("DELIMITER is one character".into()),
                },
                "NULL" => out.null = Some(text()?),
                "QUOTE" | "ESCAPE" if text()? == "\"" => {}
                "ENCODING" if matches!(text()?.to_ascii_uppercase().as_str(), "UTF8" | "UTF-8") => {}
                "QUOTE" | "ESCAPE" => {
                    return Err(format!("{name} is the double quote here, and nothing else"));
                }
                "ENCODING" => return Err("texts are in UTF8 here, and nothing else".into()),
                _ => {
                    return Err(format!(
                        "COPY TO STDOUT has no option {}",
                        if name.is_empty() { token.to_string() } else { name }
                    ));
                }
            }
        }
        if out.look == Look::Binary && (out.header || out.delimiter.is_some() || out.null.is_some()) {
            return Err("the binary format has neither a header nor a delimiter".into());
        }
        Ok(out)
    }

    fn delimiter(&self) -> u8 {
        self.delimiter.unwrap_or(if self.look == Look::Csv { b',' } else { b'\t' })
    }

    /// The line before the rows.
    pub(super) fn header(&self, columns: &[FieldInfo]) -> Option<Bytes> {
        let mut row = Row::new(self.clone());
        for column in columns.iter().filter(|_| self.header) {
            row.put(column.name().as_bytes());
        }
        self.header.then(|| row.take_row())
    }

    /// What stands behind them.
    pub(super) fn tail(&self, is_empty: bool) -> Option<Bytes> {
        let head = if is_empty { HEAD } else { &[] };
        (self.look == Look::Binary).then(|| [head, &[0xff, 0xff]].concat().into())
    }
}

/// What a binary file begins with; clients want it in one message with the first row.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

fn look(name: &str) -> Option<Look> {
    match name {
        "CSV" => Some(Look::Csv),
        "TEXT" => Some(Look::Text),
        "BINARY" => Some(Look::Binary),
        _ => None,
    }
}

/// Writes one row after the other.
pub(super) struct Row {
    out: CopyOut,
    bytes: BytesMut,
    columns: i16,
    is_first: bool,
}

impl Row {
    pub(super) fn new(out: CopyOut) -> Self {
        Self { out, bytes: BytesMut::new(), columns: 0, is_first: true }
    }

    fn separate(&mut self) {
        if self.columns > 0 && self.out.look != Look::Binary {
            self.bytes.put_u8(self.out.delimiter());
        }
        self.columns += 1;
    }

    /// Puts the text of a value.
    fn put(&mut self, text: &[u8]) {
        self.separate();
        let delimiter = self.out.delimiter();
        if self.out.look == Look::Csv {
            // What an empty field, or the text for NULL, would be taken for.
            let null = self.out.null.as_deref().unwrap_or_default();
            let is_special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
            if text != null.as_bytes() && !text.is_empty() && !text.iter().any(is_special) && text != b"\\." {
                self.bytes.put_slice(text);
                return;
            }
            self.bytes.put_u8(b'"');
            for byte in text {
                if *byte == b'"' {
                    self.bytes.put_u8(b'"');
                }
                self.bytes.put_u8(*byte);
            }
            self.bytes.put_u8(b'"');
            return;
        }
        for byte in text {
            match byte {
                b'\n' => self.bytes.put_slice(b"\\n"),
                b'\r' => self.bytes.put_slice(b"\\r"),
                b'\t' => self.bytes.put_slice(b"\\t"),
                b'\\' => self.bytes.put_slice(b"\\\\"),
                byte if *byte == delimiter => self.bytes.put_slice(&[b'\\', *byte]),
                byte => self.bytes.put_u8(*byte),
            }
        }
    }

    fn put_null(&mut self) {
        self.separate();
        let usual = if self.out.look == Look::Csv { "" } else { "\\N" };
        self.bytes.put_slice(self.out.null.as_deref().unwrap_or(usual).as_bytes());
    }
}

impl Encoder for Row {
    type Item = Bytes;

    fn encode_field<T>(&mut self, value: &T, column: &FieldInfo) -> PgWireResult<()>
    where
        T: ToSql + ToSqlText + Sized,
    {
        let mut bytes = BytesMut::new();
        if self.out.look != Look::Binary {
            return match value.to_sql_text(column.datatype(), &mut bytes, &FormatOptions::default())? {
                IsNull::No => {
                    self.put(&bytes);
                    Ok(())
                }
                IsNull::Yes => {
                    self.put_null();
                    Ok(())
                }
            };
        }
        self.separate();
        match value.to_sql(column.datatype(), &mut bytes)? {
            IsNull::Yes => self.bytes.put_i32(-1),
            IsNull::No => {
                let length =
                    i32::try_from(bytes.len()).map_err(|error| PgWireError::ApiError(Box::new(error)))?;
                self.bytes.put_i32(length);
                self.bytes.put_slice(&bytes);
            }
        }
        Ok(())
    }

    fn take_row(&mut self) -> Bytes {
        let columns = std::mem::take(&mut self.columns);
        let row = self.bytes.split();
        if self.out.look != Look::Binary {
            return [&row[..], b"\n"].concat().into();
        }
        let head = if std::mem::take(&mut self.is_first) { HEAD } else { &[] };
        [head, &columns.to_be_bytes()[..], &row[..]].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use datafusion_lightsail::script::split;

    use super::*;

    fn options(text: &str) -> Result<CopyOut, String> {
        let mut found = None;
        split("s", text, |statement| {
            found = Some(statement);
            Ok(())
        })
        .unwrap();
        CopyOut::of(found)
    }

    #[test]
    fn options_are_those_of_postgres_old_and_new() {
        let csv = CopyOut { look: Look::Csv, header: true, delimiter: Some(b';'), null: Some("-".into()) };
        for text in [
            "WITH (FORMAT csv, HEADER, DELIMITER ';', NULL '-')",
            "(format 'csv', header on, delimiter ';', null '-')",
            "CSV HEADER DELIMITER AS ';' NULL AS '-'",
        ] {
            assert_eq!(options(text), Ok(csv.clone()), "{text}");
        }
        assert_eq!(options("BINARY").map(|out| out.look), Ok(Look::Binary));
        for text in
            ["(FORMAT parquet)", "FREEZE", "(DELIMITER 'ab')", "(FORMAT binary, HEADER)", "(QUOTE '''')"]
        {
            assert!(options(text).is_err(), "{text}");
        }
    }

    fn row(out: &str, values: &[Option<&str>]) -> String {
        let mut row = Row::new(options(out).unwrap());
        for value in values {
            match value {
                Some(text) => row.put(text.as_bytes()),
                None => row.put_null(),
            }
        }
        String::from_utf8(row.take_row().to_vec()).unwrap()
    }

    #[test]
    fn null_and_nothing_are_told_apart() {
        assert_eq!(row("CSV", &[None, Some(""), Some("a,\"b\""), Some("c")]), ",\"\",\"a,\"\"b\"\"\",c\n");
        assert_eq!(row("CSV NULL 'NULL'", &[None, Some("NULL")]), "NULL,\"NULL\"\n");
        assert_eq!(row("TEXT", &[None, Some(""), Some("\\N"), Some("a\tb\n")]), "\\N\t\t\\\\N\ta\\tb\\n\n");
    }
}
