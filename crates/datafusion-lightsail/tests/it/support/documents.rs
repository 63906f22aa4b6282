//! Documents of which a part is derived from declarations: the tests compare it, `tests/bless.sh` writes it anew.

use std::path::Path;

/// True if what is pinned is to be written anew instead of compared: under `tests/bless.sh`.
pub fn blesses() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Holds the document at this path of the repository against what it should be, or writes it.
pub fn check(path: &str, derive: impl Fn(&str) -> String) {
    // The repository is this package's directory, or one above it.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|directory| directory.join("docs").is_dir()).unwrap();
    let file = root.join(path);
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let right = derive(&text);
    if blesses() {
        return std::fs::write(&file, &right).unwrap();
    }
    let stale = text.lines().zip(right.lines()).find(|(old, new)| old != new);
    assert!(text == right, "{path} is stale, run tests/bless.sh; the first difference: {stale:#?}");
}

/// A table with these heads and rows.
pub fn table<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows = rows.into_iter().map(|row| line(&row.map(|cell| cell.replace('|', "\\|"))));
    format!("{}|{}\n{}", line(&heads.map(Into::into)), "---|".repeat(N), rows.collect::<String>())
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
