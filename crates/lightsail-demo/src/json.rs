//! A writer of JSON text. A page is written straight into its body: a tree of values would cost ten times as much,
//! and benchmarks measure clients against this endpoint.

use std::fmt::{Display, Write};

/// JSON under construction.
#[derive(Default)]
pub(super) struct Json {
    text: String,
    follows: bool,
}

impl Json {
    /// The text of one object, filled by `fill`.
    pub(super) fn object(fill: impl FnOnce(&mut Self)) -> String {
        let mut json = Self { text: String::with_capacity(64 << 10), follows: false };
        json.element(fill);
        json.text
    }

    /// An object as an element of an array.
    pub(super) fn element(&mut self, fill: impl FnOnce(&mut Self)) {
        self.comma();
        self.between('{', fill, '}');
    }

    /// A text member.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    /// A text member, left out if there is none.
    pub(super) fn some_text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A number or a boolean: anything whose text is JSON already.
    pub(super) fn plain(&mut self, key: &str, value: impl Display) {
        self.key(key);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
    }

    /// A timestamp as Lightsail writes it: seconds since 1970 with milliseconds as the fraction.
    pub(super) fn time(&mut self, key: &str, ms: u64) {
        self.plain(key, format_args!("{}.{:03}", ms / 1000, ms % 1000));
    }

    /// A timestamp, left out if there is none.
    pub(super) fn some_time(&mut self, key: &str, ms: Option<u64>) {
        if let Some(ms) = ms {
            self.time(key, ms);
        }
    }

    /// A fractional number, written as one even where it is whole.
    pub(super) fn float(&mut self, key: &str, value: f64) {
        self.plain(key, format_args!("{value:?}"));
    }

    /// A member that is an object.
    pub(super) fn nested(&mut self, key: &str, fill: impl FnOnce(&mut Self)) {
        self.key(key);
        self.between('{', fill, '}');
    }

    /// A member that is an array; `fill` adds the elements.
    pub(super) fn array(&mut self, key: &str, fill: impl FnOnce(&mut Self)) {
        self.key(key);
        self.between('[', fill, ']');
    }

    /// A member that is an array of texts.
    pub(super) fn texts(&mut self, key: &str, values: &[impl AsRef<str>]) {
        self.array(key, |json| {
            for value in values {
                json.comma();
                json.quoted(value.as_ref());
            }
        });
    }

    /// A member that is an array of numbers.
    pub(super) fn numbers(&mut self, key: &str, values: &[i32]) {
        self.array(key, |json| {
            for value in values {
                json.comma();
                let _ = write!(json.text, "{value}");
            }
        });
    }

    fn between(&mut self, open: char, fill: impl FnOnce(&mut Self), close: char) {
        self.text.push(open);
        self.follows = false;
        fill(self);
        self.text.push(close);
        self.follows = true;
    }

    fn comma(&mut self) {
        if self.follows {
            self.text.push(',');
        }
        self.follows = true;
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
    }

    fn quoted(&mut self, text: &str) {
        let special = |byte: u8| byte == b'"' || byte == b'\\' || byte < b' ';
        self.text.push('"');
        if text.bytes().any(special) {
            for character in text.chars() {
                match u8::try_from(character) {
                    Ok(byte) if special(byte) => drop(write!(self.text, "\\u{byte:04x}")),
                    _ => self.text.push(character),
                }
            }
        } else {
            self.text.push_str(text);
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back() {
        let text = Json::object(|j| {
            j.text("a", "say \"hi\", \\ and\nleave, Zoë");
            j.some_text("absent", None);
            j.plain("n", -1);
            j.array("empty", |_| ());
            j.array("list", |j| {
                j.element(|j| j.plain("x", true));
                j.element(|_| ());
            });
            j.nested("o", |j| j.texts("t", &["1", "2"]));
            j.numbers("numbers", &[80, -1]);
            j.float("price", 5.0);
            j.some_time("never", None);
            j.time("at", 1_571_332_358_065);
        });
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "a": "say \"hi\", \\ and\nleave, Zoë", "n": -1, "empty": [], "list": [{"x": true}, {}],
            "o": {"t": ["1", "2"]}, "numbers": [80, -1], "price": 5.0, "at": 1571332358.065,
        });
        assert_eq!(back, expected);
    }
}
