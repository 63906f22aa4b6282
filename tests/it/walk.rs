//! What a person meets on the first day, on every size and kind of terminal: nothing is wider than it, no colour is stray.

use unicode_width::UnicodeWidthStr;

use crate::looks::shown;

/// Commands and statements as they are typed, the last of them a slip.
const WALK: &[&str] = &[
    "\\?",
    "\\d",
    "\\dv",
    "\\dt inst*",
    "\\d instances",
    "\\d open_ports",
    "\\df date*",
    "\\h",
    "\\h dates",
    "\\h array_has",
    "\\h age",
    "\\queries",
    "\\queries stopped_instances",
    "\\run stopped_instances days=30",
    "\\pset",
    "\\pset timing",
    "\\set days 30",
    "\\set",
    "\\region",
    "\\profile",
    "SELECT name, state, public_ip_address FROM instances ORDER BY name LIMIT 5;",
    "SELECT * FROM instances LIMIT 3;",
    "SELECT name, tags, created_at FROM instances LIMIT 2 \\gx",
    "\\calls",
    "\\targets",
    "SELECT region, count(*) AS instances FROM instances GROUP BY 1 ORDER BY 2 DESC;",
    "\\chart",
    "SELECT * FROM instance_metrics WHERE instance_name = 'web-prod-0002' AND region = 'us-east-2';",
    "\\chart",
    "EXPLAIN SELECT i.name, d.path FROM instances i JOIN disks d ON d.instance_arn = i.arn;",
    "SELECT name FROM instances WHERE state = 'stoped';",
    "SELECT name FROM instances WHERE state = NULL AND name LIKE 'web*';",
    "SELECT name, tags['env'] AS environment, created_at FROM instances WHERE state = 'running' AND creatd_at > now();",
];

/// The letter that ends an escape code, and what follows it.
fn code(part: &str) -> Option<(char, &str)> {
    let end = part.find(|c: char| c.is_ascii_alphabetic())?;
    Some((part[end..].chars().next()?, &part[end + 1..]))
}

/// Whether anything is coloured.
fn has_color(text: &str) -> bool {
    text.split("\x1b[").skip(1).any(|part| code(part).is_some_and(|(letter, _)| letter == 'm'))
}

/// What is wider than the terminal, without its escape codes and the progress, which is overwritten.
fn wide(text: &str, columns: usize) -> Vec<String> {
    let plain = |line: &str| {
        let mut parts = line.split("\x1b[");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + code(part).map_or("", |(_, rest)| rest))
    };
    let lines = text.lines().map(plain).filter(|line| !line.contains(" targets, "));
    lines.filter(|line| line.width() > columns).collect()
}

#[test]
fn nothing_is_wider_than_the_terminal_and_no_color_is_stray() {
    let statements = WALK.join("\n");
    let args = ["--demo", "--no-pager", "--timing", "-c", &statements];
    for (lines, columns) in [(24, 80), (40, 120), (50, 200)] {
        for (env, is_colored) in [
            (&[("TERM", "xterm-256color")][..], true),
            (&[("TERM", "xterm-256color"), ("COLORFGBG", "0;15")], true),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], false),
            (&[("TERM", "dumb")], false),
        ] {
            let text = shown((lines, columns), &args, env);
            let told = "there is no column creatd_at";
            assert!(text.contains("Virtual private servers") && text.contains(told), "{env:?}: {text}");
            let wide = wide(&text, usize::from(columns));
            assert!(wide.is_empty(), "{columns} columns, {env:?}:\n{}", wide.join("\n"));
            assert_eq!(has_color(&text), is_colored, "{env:?}");
        }
    }
}
