//! What the engine's sources declare `pub`, pinned in a file: a change of it is seen in the diff, and is a change of version.

use std::path::{Path, PathBuf};

use crate::support::documents::check;

/// What begins a declaration of a public item; `pub(crate)` and its like do not.
const ITEMS: [&str; 11] =
    ["async fn", "const", "enum", "fn", "macro", "mod", "static", "struct", "trait", "type", "use"];

/// All Rust files below a directory, in order.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let each = entries.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    each.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The public declarations of a file, each on one line: up to its body or its value.
fn declarations(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open: Option<String> = None;
    // What the lines of an enum's variants are set in by.
    let mut variants: Option<String> = None;
    for line in text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")) {
        let words = line.trim();
        if let Some(set_in) = &variants {
            let is_variant = |rest: &str| rest.starts_with(|first: char| first.is_ascii_uppercase());
            if let Some(variant) = line.strip_prefix(set_in.as_str()).filter(|rest| is_variant(rest)) {
                found.push(format!("    {}", variant.trim_end_matches([',', '{', ' '])));
            }
            variants = variants
                .filter(|set_in| line.is_empty() || line.starts_with(set_in.as_str()) || words != "}");
        }
        if let Some((name, of)) = words.strip_prefix("pub ").and_then(|field| field.split_once(": "))
            && open.is_none()
            && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
        {
            found.push(format!("    pub {name}: {}", of.trim_end_matches(',')));
        }
        let begins = words.strip_prefix("pub ");
        if begins.is_some_and(|rest| ITEMS.iter().any(|item| rest.starts_with(&format!("{item} ")))) {
            open = Some(String::new());
        }
        let Some(declaration) = &mut open else { continue };
        if !declaration.is_empty() && !declaration.ends_with('(') {
            declaration.push(' ');
        }
        declaration.push_str(words);
        let is_list = declaration.starts_with("pub use ");
        let is_value = declaration.starts_with("pub const ") || declaration.starts_with("pub static ");
        let is_over = match (is_list, is_value) {
            (true, _) => words.ends_with(';'),
            (_, true) => words.contains('='),
            _ => words.ends_with('{') || words.ends_with(';') || words.ends_with('}'),
        };
        if is_over {
            if declaration.starts_with("pub enum ") && !words.ends_with('}') {
                variants = Some(" ".repeat(line.len() - line.trim_start().len() + 4));
            }
            let end = if is_value { '=' } else { '{' };
            let whole = if is_list {
                declaration.as_str()
            } else {
                declaration.split(end).next().unwrap_or_default()
            };
            found.push(whole.trim_end_matches([' ', ';']).replace(",)", ")").replace(", )", ")"));
            open = None;
        }
    }
    found
}

#[test]
fn what_is_public_is_what_was_meant_to_be() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    check("docs/public-api.txt", |_| {
        let mut list = String::from(
            "What the engine's sources declare `pub`, file by file. Written by tests/bless.sh; read the diff.\n",
        );
        for file in files(&src) {
            let declared = declarations(&std::fs::read_to_string(&file).unwrap());
            if !declared.is_empty() {
                let name = file.strip_prefix(&src).unwrap().display().to_string().replace('\\', "/");
                list += &format!("\n{name}\n");
                list.extend(declared.iter().map(|item| format!("    {item}\n")));
            }
        }
        list
    });
}

#[test]
fn a_declaration_is_one_line() {
    let text = "pub fn a(\n    x: u8,\n) -> u8 {\n}\npub(crate) fn b() {}\npub struct C {\n    pub a: u8,\n    b: u8,\n}\n\
                pub enum G {\n    /// Doc.\n    A,\n    B(u8),\n    C {\n        x: u8,\n    },\n}\npub const D: u8 = 1;\n\
                pub use x::{\n    Y,\n    Z,\n};\n    pub fn e(&self) -> u8 { 1 }\n#[cfg(test)]\npub fn f() {}\n";
    assert_eq!(
        declarations(text),
        [
            "pub fn a(x: u8) -> u8",
            "pub struct C",
            "    pub a: u8",
            "pub enum G",
            "    A",
            "    B(u8)",
            "    C",
            "pub const D: u8",
            "pub use x::{ Y, Z, }",
            "pub fn e(&self) -> u8"
        ]
    );
}
