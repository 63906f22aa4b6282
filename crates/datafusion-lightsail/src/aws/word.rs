//! A text as one word of a command line, for hints to paste.

use std::borrow::Cow;

/// The text as the shells of Unix read it whole: between single quotes if it has spaces or means something to them.
pub(crate) fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_not_read_whole_is_quoted() {
        for plain in ["prod", "team-a,team.b", "Zürich", "a/b:c@d"] {
            assert_eq!(word(plain), plain);
        }
        for (text, quoted) in [
            ("my team", "'my team'"),
            ("$(rm)", "'$(rm)'"),
            ("a*", "'a*'"),
            ("it's", r"'it'\''s'"),
            ("!old", "'!old'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), quoted);
        }
    }
}
