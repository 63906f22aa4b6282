//! INI as the AWS CLI reads it: the rules are those of Python's `configparser.RawConfigParser` and `shlex.split`.
//!
//! Where the AWS CLI refuses the whole file because of one line, only the section of that line is marked here: the
//! profiles beside it are as good as before.

/// A section, with all that stands beneath its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// The text between the brackets.
    pub(super) header: String,
    /// The line of the header, from 1.
    pub(super) line: usize,
    /// The keys, in the order in which they stand.
    pub(super) entries: Vec<Entry>,
    /// What is wrong in here, if anything.
    pub(super) problem: Option<Problem>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// In lower case.
    pub(super) key: String,
    /// Without the space around it; further lines follow after line breaks.
    pub(super) value: String,
    /// The line of the key, from 1.
    pub(super) line: usize,
}

/// What cannot be read at a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The line, from 1.
    pub(super) line: usize,
    /// What is wrong there.
    pub(super) what: String,
}

impl Section {
    /// The entry of a key.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.entry(key).map(|entry| entry.value.as_str())
    }

    fn refuse(&mut self, line: usize, what: impl Into<String>) {
        self.problem.get_or_insert_with(|| Problem { line, what: what.into() });
    }
}

/// What a header is that may be that of a profile, and has no name.
pub(super) const UNCLOSED: &str = "a [section] whose bracket does not close";

/// Reads a file: its sections in their order, and what stands before the first of them.
pub(super) fn parse(text: &[u8]) -> (Vec<Section>, Option<Problem>) {
    // Notepad begins UTF-8 with a byte order mark.
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut reader = Reader::default();
    for (index, line) in lines(text).enumerate() {
        reader.read(index + 1, line);
    }
    reader.finish()
}

/// The lines of a text that ends them in any of the three ways.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.flat_map(|line| line.split(|byte| *byte == b'\r'))
}

#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    stray: Option<Problem>,
    /// The indentation of the last header or key: what is further right goes on with the key's value.
    indent: usize,
    /// Whether the last section has a key that can go on.
    has_key: bool,
}

impl Reader {
    fn read(&mut self, number: usize, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let value = text.trim();
        if value.starts_with(['#', ';']) {
            return;
        }
        if value.is_empty() {
            if let Some(entry) = self.entry() {
                entry.value.push('\n');
            }
            return;
        }
        let indent = text.chars().take_while(|c| c.is_whitespace()).count();
        if indent > self.indent
            && let Some(entry) = self.entry()
        {
            entry.value.push('\n');
            entry.value.push_str(value);
        } else {
            self.indent = indent;
            match header(value) {
                Some(header) => self.begin(header, number),
                None => self.key(value, number),
            }
        }
        if std::str::from_utf8(line).is_err() {
            self.refuse(number, "this is not UTF-8");
        }
    }

    fn entry(&mut self) -> Option<&mut Entry> {
        if self.has_key { self.sections.last_mut()?.entries.last_mut() } else { None }
    }

    fn refuse(&mut self, line: usize, what: impl Into<String>) {
        match self.sections.last_mut() {
            Some(section) => section.refuse(line, what),
            None => {
                self.stray.get_or_insert_with(|| Problem { line, what: what.into() });
            }
        }
    }

    fn begin(&mut self, header: &str, line: usize) {
        self.has_key = false;
        let section = Section { header: header.to_owned(), line, entries: Vec::new(), problem: None };
        self.sections.push(section);
    }

    fn key(&mut self, text: &str, line: usize) {
        if text.starts_with('[') {
            return self.refuse(line, UNCLOSED);
        }
        let Some((key, value)) = text.split_once(['=', ':']) else {
            return self.refuse(line, "neither a [section] nor key = value");
        };
        let (key, value) = (key.trim().to_lowercase(), value.trim().to_owned());
        let Some(section) = self.sections.last_mut() else {
            return self.refuse(line, "a key before the first [section]");
        };
        if key.is_empty() {
            return section.refuse(line, "a value without a key");
        }
        if let Some(first) = section.entry(&key).map(|entry| entry.line) {
            section.refuse(line, format!("{key} once more, after line {first}"));
        }
        section.entries.push(Entry { key, value, line });
        self.has_key = true;
    }

    fn finish(mut self) -> (Vec<Section>, Option<Problem>) {
        for section in &mut self.sections {
            for entry in &mut section.entries {
                entry.value.truncate(entry.value.trim_end().len());
            }
            let broken = section.entries.iter().filter(|entry| entry.value.starts_with('\n'));
            let broken = broken.filter_map(|entry| Some((entry.line, nested(&entry.value).err()?))).next();
            if let Some((line, what)) = broken {
                section.refuse(line, what);
            }
        }
        let mut first_lines = std::collections::HashMap::new();
        for section in &mut self.sections {
            match first_lines.get(&section.header) {
                None => {
                    first_lines.insert(section.header.clone(), section.line);
                }
                Some(first) => {
                    let what = format!("[{}] once more, after line {first}", section.header);
                    section.refuse(section.line, what);
                }
            }
        }
        // What it calls the default section stands for every section that does not say otherwise.
        while let Some(at) = self.sections.iter().position(|section| section.header == "DEFAULT") {
            let defaults = self.sections.remove(at);
            for section in &mut self.sections {
                for entry in &defaults.entries {
                    if section.entry(&entry.key).is_none() {
                        section.entries.push(entry.clone());
                    }
                }
                if let Some(problem) = &defaults.problem {
                    section.refuse(problem.line, problem.what.clone());
                }
            }
        }
        (self.sections, self.stray)
    }
}

/// The text of `[text]`, whatever stands behind the last bracket.
fn header(line: &str) -> Option<&str> {
    let (header, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    (!header.is_empty()).then_some(header)
}

/// The lines `key = value` beneath a key that has none itself.
///
/// # Errors
/// What is wrong with them.
pub(super) fn nested(value: &str) -> Result<Vec<(String, String)>, String> {
    let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
    let pairs = lines.map(|line| match line.split_once('=') {
        Some((key, value)) => Ok((key.trim().to_owned(), value.trim().to_owned())),
        // Not its words: it may be a secret that was broken into two lines.
        None => Err("what stands beneath the key is not key = value".to_owned()),
    });
    pairs.collect()
}

/// The words of a text, as a POSIX shell quotes them.
///
/// # Errors
/// When a quotation does not end.
pub(super) fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => {
                let next = letters.next().ok_or("a backslash at its end")?;
                word.get_or_insert_default().push(next);
            }
            (Some(open), letter) if letter == open => quote = None,
            (Some('"'), '\\') => {
                let next = letters.next().ok_or("a quotation mark that is not closed")?;
                let word = word.get_or_insert_default();
                if !matches!(next, '"' | '\\') {
                    word.push('\\');
                }
                word.push(next);
            }
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quotation mark that is not closed");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<(String, String)>)> {
        let (sections, stray) = parse(text.as_bytes());
        assert_eq!(stray, None);
        let pairs = |section: &Section| {
            assert_eq!(section.problem, None);
            section.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
        };
        sections.iter().map(|section| (section.header.clone(), pairs(section))).collect()
    }

    #[test]
    fn values_go_on_where_a_line_is_further_right_than_their_key() {
        let text = "[a] x\n  K = v # w\n  l: m\n    n\n\n    o\n\n[b]\ns3 =\n  x = y\n";
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            read(text),
            [
                ("a".to_owned(), vec![pair("k", "v # w"), pair("l", "m\nn\n\no")]),
                ("b".to_owned(), vec![pair("s3", "\nx = y")]),
            ]
        );
        assert_eq!(read(&text.replace('\n', "\r\n")), read(text));
        assert_eq!(read(&format!("\u{FEFF}{text}")), read(text));
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_its_section_alone() {
        let text = b"[a]\nk = 1\nk = 2\n[b]\njunk\n[c]\nk = v\n[c]\n[d]\nk = \xFF\n[e]\n= v\n";
        let (sections, stray) = parse(text);
        assert_eq!(stray, None);
        let problems: Vec<_> =
            sections.iter().map(|section| section.problem.as_ref().map(|p| p.line)).collect();
        assert_eq!(problems, [Some(3), Some(5), None, Some(8), Some(10), Some(12)]);
        let (_, stray) = parse(b"# text\nk = v\n[a]\n");
        assert_eq!(stray.unwrap().line, 2);
    }

    #[test]
    fn words_are_quoted_as_in_a_shell() {
        for (text, expected) in [
            ("profile a", vec!["profile", "a"]),
            ("profile  'a b'", vec!["profile", "a b"]),
            (r#"profile "o'brien""#, vec!["profile", "o'brien"]),
            (r#"profile 'o'"'"'brien'"#, vec!["profile", "o'brien"]),
            (r#"profile "a\"b\c\\""#, vec!["profile", r#"a"b\c\"#]),
            (r"profile a\ b", vec!["profile", "a b"]),
            ("profile ''", vec!["profile", ""]),
            ("profile é", vec!["profile", "é"]),
        ] {
            assert_eq!(words(text).unwrap(), expected, "{text}");
        }
        assert!(words("profile o'brien").is_err());
        assert!(words("a\\").is_err());
    }
}
