//! Names and values as SQL writes them.

use datafusion::common::Result;
use datafusion::sql::sqlparser::keywords::RESERVED_FOR_COLUMN_ALIAS;

use super::Oids;
use datafusion_lightsail::error::{Error, Kind};

/// `%s` is a text, `%I` a name, `%L` a value, as SQL writes them.
pub(super) fn format(template: &str, values: &[Option<&str>]) -> Result<String> {
    let (mut text, mut values, mut letters) = (String::new(), values.iter(), template.chars());
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let wrong = |what: &str| Error::new(Kind::Sql, format!("format: {what}")).with_sql_state("22023");
        let kind = letters.next();
        if kind == Some('%') {
            text.push('%');
            continue;
        }
        let value = values.next().ok_or_else(|| wrong("too few arguments"))?;
        match (kind, value) {
            (Some('s'), value) => text += value.unwrap_or_default(),
            (Some('I'), Some(value)) => text += &identifier(value),
            (Some('L'), Some(value)) => text += &format!("'{}'", value.replace('\'', "''")),
            (Some('L'), None) => text += "NULL",
            _ => return Err(wrong("%s, %I and %L are known here").into()),
        }
    }
    Ok(text)
}

/// A name as SQL writes it.
fn identifier(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && !name.is_empty();
    let is_reserved =
        RESERVED_FOR_COLUMN_ALIAS.iter().any(|word| format!("{word:?}").eq_ignore_ascii_case(name));
    match is_plain && !is_reserved {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// A table by its name as SQL writes it: how it is shown, and its oid.
pub(super) fn relation(oids: &Oids, name: &str) -> Option<(String, i32)> {
    let parts = parts(name)?;
    let find = |schema: &str, table: &str| oids.get(&(schema.to_owned(), table.to_owned())).copied();
    match &parts[..] {
        [table] => {
            let oid = find("public", table).or_else(|| find("pg_catalog", table))?;
            Some((identifier(table), oid))
        }
        [schema, table] => {
            let oid = find(schema, table)?;
            let is_in_path = schema == "public" || schema == "pg_catalog";
            let shown = if is_in_path {
                identifier(table)
            } else {
                format!("{}.{}", identifier(schema), identifier(table))
            };
            Some((shown, oid))
        }
        _ => None,
    }
}

/// The parts of a name with dots; those in quotes are as they stand.
fn parts(name: &str) -> Option<Vec<String>> {
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in name.trim().chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(std::mem::take(&mut part)),
            letter if is_quoted => part.push(letter),
            letter => part.push(letter.to_ascii_lowercase()),
        }
    }
    parts.push(part);
    (!is_quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_others_in_it() {
        let values = [Some("public"), Some("my \"table\""), None];
        assert_eq!(format("%s %I %L 100%%", &values).unwrap(), "public \"my \"\"table\"\"\" NULL 100%");
        assert_eq!(format("%I.%I", &[Some("public"), Some("select")]).unwrap(), "public.\"select\"");
        assert!(format("%s", &[]).is_err() && format("%1$s", &values).is_err());
    }

    #[test]
    fn a_table_is_found_by_its_name() {
        let of = |schema: &str, table: &str| (schema.to_owned(), table.to_owned());
        let oids =
            Oids::from([(of("public", "a"), 1), (of("system", "b"), 2), (of("pg_catalog", "pg_class"), 3)]);
        for (name, expected) in [
            ("a", Some(("a", 1))),
            ("public.A", Some(("a", 1))),
            ("\"A\"", None),
            ("b", None),
            ("system.b", Some(("system.b", 2))),
            ("pg_class", Some(("pg_class", 3))),
            ("x.y.z", None),
            ("\"a", None),
        ] {
            let found = relation(&oids, name);
            let found = found.as_ref().map(|(name, oid)| (name.as_str(), *oid));
            assert_eq!(found, expected, "{name}");
        }
    }
}
