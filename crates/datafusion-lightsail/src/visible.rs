//! Text that may be shown on a terminal, whoever wrote it.

use std::borrow::Cow;

/// A text with everything escaped that would move the cursor or reorder what is shown: data never drives a terminal.
///
/// ```
/// use datafusion_lightsail::visible::visible;
/// assert_eq!(visible("a\u{1b}[2Jb"), r"a\x1b[2Jb");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.extend(c.escape_default()),
            c if c.is_control() => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_invisible(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown.into()
}

/// Control characters, line separators, and the marks that set the direction of writing.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzz_terminal() {
        crate::fuzz::fuzz("terminal", 5000, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let shown = visible(&text);
            assert!(!shown.contains(is_invisible), "{shown:?}");
            assert_eq!(visible(&shown), shown);
        });
    }
}
