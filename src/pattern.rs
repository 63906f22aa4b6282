//! Patterns of names, as `\d`, `\df` and `capture` take them.

/// A name, or a glob of `*` and `?`; `%` is `*` too.
pub(crate) struct Pattern {
    parts: Vec<char>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self { parts: text.to_lowercase().replace('%', "*").chars().collect() }
    }

    /// Whether it can match more than one name.
    pub(crate) fn is_glob(&self) -> bool {
        self.parts.iter().any(|c| matches!(c, '*' | '?'))
    }

    /// Whether it matches a whole name, in whatever case.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        // Whether the pattern so far matches the first n letters of the name.
        let mut reached = vec![false; name.len() + 1];
        reached[0] = true;
        for &part in &self.parts {
            let mut next = vec![false; name.len() + 1];
            for n in 0..=name.len() {
                next[n] = match part {
                    '*' => reached[n] || n > 0 && next[n - 1],
                    '?' => n > 0 && reached[n - 1],
                    letter => n > 0 && reached[n - 1] && name[n - 1] == letter,
                };
            }
            reached = next;
        }
        reached[name.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_of_a_name() {
        for (pattern, name) in
            [("", ""), ("*", ""), ("inst*", "instances"), ("*_%s", "load_balancers"), ("T?gs", "tags")]
        {
            assert!(Pattern::new(pattern).matches(name), "{pattern} {name}");
        }
        for (pattern, name) in [("", "a"), ("inst", "instances"), ("?", ""), ("*a", "ab")] {
            assert!(!Pattern::new(pattern).matches(name), "{pattern} {name}");
        }
        assert!(Pattern::new("a*").is_glob() && !Pattern::new("abc").is_glob());
    }
}
