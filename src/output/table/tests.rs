use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use unicode_width::UnicodeWidthStr;

use super::super::{Format, RowWriter, fixture};
use super::*;

fn written(options: &Options, batches: &[RecordBatch]) -> String {
    fixture::written(Format::Table, options, batches)
}

fn fitting(width: usize) -> Options {
    Options { width: Some(width), ..Options::default() }
}

/// As many rows, with texts of different widths.
fn many(rows: usize) -> RecordBatch {
    fixture::texts((0..rows).map(|i| "ab 日本 👩‍👩‍👧-c".chars().cycle().take(i % 40).collect::<String>()))
}

#[test]
fn a_table_of_everything() {
    let text = written(&Options { null: Some("-".into()), ..Options::default() }, &[fixture::batch()]);
    let expected = r#"
╭──────────────┬───────────┬────────────────┬──────────────────┬────────────────────┬─────────────────────────┬───────────────────────────╮
│ name         │ cpu_count │ ram_size_in_gb │ created_at       │ ipv6_addresses     │ tags                    │ state                     │
├──────────────┼───────────┼────────────────┼──────────────────┼────────────────────┼─────────────────────────┼───────────────────────────┤
│ web-1        │         2 │            0.5 │ 2025-03-01 12:34 │ [fd00::1, fd00::2] │ {env: prod, team: null} │ {code: 16, name: running} │
│ a,"b"|\n日本 │      1024 │           64.0 │ 2025-03-01 12:34 │ []                 │ {}                      │ {code: null, name: null}  │
│ -            │         - │              - │ -                │ -                  │ -                       │ -                         │
╰──────────────┴───────────┴────────────────┴──────────────────┴────────────────────┴─────────────────────────┴───────────────────────────╯
"#;
    assert_eq!(text, &expected[1..]);
}

#[test]
fn a_table_that_does_not_fit_is_shown_as_records() {
    let text = written(&fitting(40), &[fixture::batch()]);
    let expected = r#"
─[ RECORD 1 ]───────────────────────────
name           │ web-1
cpu_count      │ 2
ram_size_in_gb │ 0.5
created_at     │ 2025-03-01 12:34
ipv6_addresses │ [fd00::1, fd00::2]
tags           │ {env: prod, team: null}
state          │ {code: 16, name:
               │ running}
─[ RECORD 2 ]───────────────────────────
name           │ a,"b"|\n日本
cpu_count      │ 1024
"#;
    assert!(text.starts_with(&expected[1..]), "{text}");
    assert!(text.ends_with("tags           │ NULL\nstate          │ NULL\n"), "{text}");
    for expanded in [Expanded::On, Expanded::Auto] {
        assert_eq!(written(&Options { expanded, ..fitting(40) }, &[fixture::batch()]), text);
    }
}

#[test]
fn long_cells_are_wrapped_in_their_column() {
    let text = written(&fitting(24), &[fixture::texts(["ssh from anywhere", "日本日本日本日本"])]);
    let expected = "
╭─────────────────┬────╮
│ text            │  n │
├─────────────────┼────┤
│ ssh from        │ 17 │
│ anywhere        │    │
│ 日本日本日本日  │  8 │
│ 本              │    │
╰─────────────────┴────╯
";
    assert_eq!(text, &expected[1..]);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = fixture::rows(&format!(
        r#"{{"name": "{}", "cpu_count": 2147483647, "tags": {{"a": "{}"}}}}"#,
        "日本👩‍👩‍👧".repeat(30),
        "word ".repeat(50)
    ));
    for width in (1..50).chain((50..260).step_by(9)) {
        for expanded in [Expanded::Off, Expanded::On, Expanded::Auto] {
            for batches in [vec![fixture::batch(), long.clone()], vec![many(3), many(60)], vec![]] {
                let text = written(&Options { expanded, ..fitting(width) }, &batches);
                let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
                assert!(widest <= width.max(NARROWEST), "{widest} > {width}:\n{text}");
            }
        }
    }
}

#[test]
fn nothing_is_cut_or_wrapped_without_a_terminal() {
    let long = "word ".repeat(200) + "end";
    let wide = [fixture::texts(vec!["short"; GATHERED]), fixture::texts([long.as_str()])];
    for expanded in [Expanded::Off, Expanded::On] {
        let text = written(&Options { expanded, ..Options::default() }, &wide);
        assert!(text.lines().any(|line| line.contains(&long)));
        assert_eq!(text.matches("short").count(), GATHERED);
        assert_eq!(text.matches("│ text").count(), usize::from(expanded == Expanded::Off));
    }
}

#[test]
fn columns_of_a_grid_are_aligned() {
    for options in [fitting(60), Options::default()] {
        let text = written(&options, &[many(40), many(20)]);
        let widths: Vec<_> = text.lines().map(UnicodeWidthStr::width).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
        assert_eq!(text.matches("─┬─").count(), 1);
    }
}

/// What is written of batches when a moment passes after the first of them.
fn streamed(options: &Options, batches: &[RecordBatch]) -> String {
    let (out, bytes) = fixture::buffer();
    let mut writer = RowWriter::new(Format::Table, batches[0].schema(), out, options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
        writer.release().unwrap();
    }
    writer.finish(&[]).unwrap();
    bytes.text()
}

#[test]
fn rows_wait_for_a_moment_and_then_are_shown_as_they_come() {
    let (out, bytes) = fixture::buffer();
    let mut writer = RowWriter::new(Format::Table, many(0).schema(), out, &fitting(20)).unwrap();
    writer.write(&many(0)).unwrap();
    writer.release().unwrap();
    assert!(!writer.is_holding() && bytes.text().is_empty());
    writer.write(&fixture::texts(["ab"])).unwrap();
    writer.write(&fixture::texts(["abcdefgh"])).unwrap();
    assert!(writer.is_holding() && bytes.text().is_empty());
    writer.release().unwrap();
    assert!(!writer.is_holding());
    let shown = "╭────────────┬─────╮\n│ text       │   n │\n├────────────┼─────┤\n\
                 │ ab         │   2 │\n│ abcdefgh   │   8 │\n";
    assert_eq!(bytes.text(), shown, "wider than these rows, as far as there is room");
    writer.write(&fixture::texts(["abc def ghi"])).unwrap();
    writer.write(&fixture::texts(["a-word-of-more"])).unwrap();
    writer.finish(&[]).unwrap();
    let rest = "│ abc def    │  11 │\n│ ghi        │     │\n│ a-word-of- │  14 │\n│ more       │     │\n\
                ╰────────────┴─────╯\n";
    assert_eq!(bytes.text(), shown.to_owned() + rest);
}

#[test]
fn an_answer_that_is_there_at_once_is_one_table_as_wide_as_its_rows() {
    let batches = [fixture::texts(["abc"]), fixture::texts(["a-longer-word"])];
    let expected = "
╭───────────────┬────╮
│ text          │  n │
├───────────────┼────┤
│ abc           │  3 │
│ a-longer-word │ 13 │
╰───────────────┴────╯
";
    assert_eq!(written(&fitting(80), &batches), expected[1..]);
    // The last rows of a result that is not shown whole count, too.
    let batches = [fixture::texts(vec!["abc"; 60]), fixture::texts(["a-longer-word"])];
    let text = written(&Options { max_rows: Some(4), ..fitting(80) }, &batches);
    assert_eq!((text.matches("│ a-longer-word │ 13 │").count(), text.matches('╭').count()), (1, 1), "{text}");
}

/// A batch of a profile and two names.
fn of_profile(profiles: [&str; 2], names: [&str; 2]) -> RecordBatch {
    let schema = fixture::schema_of(&["profile", "name"]);
    let column = |values: [&str; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    RecordBatch::try_new(schema, vec![column(profiles), column(names)]).unwrap()
}

#[test]
fn a_column_of_one_value_stands_above_and_a_line_says_that_it_is_another() {
    let first = of_profile(["the-profile-of-all"; 2], ["name-1", "name-2"]);
    let later = of_profile(["the-profile-of-some"; 2], ["name-3", "name-4"]);
    let expected = "
profile = the-profile-of-all
╭────────────╮
│ name       │
├────────────┤
│ name-1     │
│ name-2     │
│ profile =  │
│ the-profil │
│ e-of-some  │
│ name-3     │
│ name-4     │
╰────────────╯
";
    assert_eq!(streamed(&fitting(29), &[first.clone(), later.clone()]), expected[1..]);
    let text = streamed(&fitting(29), &[first.clone(), later.clone(), first.clone(), first.clone()]);
    assert_eq!((text.matches("profile =").count(), text.matches('╭').count()), (3, 1), "{text}");
    // Known in time, it is a column.
    let text = written(&fitting(29), &[first.clone(), later]);
    assert!(text.starts_with("╭") && text.contains("│ profile"), "{text}");
    // Rows that differ in it cannot stand below a line about all of them.
    let text = streamed(&fitting(29), &[first, of_profile(["p", "q"], ["name-3", "name-4"])]);
    assert_eq!((text.matches("│ profile").count(), text.matches('╭').count()), (1, 2), "{text}");
}

#[test]
fn what_stands_above_is_true_of_rows_that_are_not_shown() {
    let same = of_profile(["the-profile-of-all"; 2], ["name-1", "name-2"]);
    let other = of_profile(["other", "another"], ["name-3", "name-4"]);
    let options = Options { max_rows: Some(2), ..fitting(29) };
    let batches = [same.clone(), other, same];
    let text = written(&options, &batches);
    assert!(!text.contains("profile ="), "{text}");
    let text = streamed(&Options { max_rows: Some(2), ..fitting(29) }, &batches);
    assert!(text.starts_with("profile = the-profile-of-all\n"), "{text}");
    let words: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    assert!(words.contains("4morerowsnotallofthisprofile"), "{text}");
}

#[test]
fn middle_columns_go_and_the_note_says_how_to_see_them() {
    let names: Vec<String> = (1..=9).map(|number| format!("column_{number}")).collect();
    let schema = fixture::schema_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let columns =
        (0..9).map(|number| Arc::new(StringArray::from(vec![format!("v-{number}"), "w".into()])) as ArrayRef);
    let batch = RecordBatch::try_new(schema, columns.collect()).unwrap();
    let (text, note) = fixture::noted(Format::Table, &fitting(50), std::slice::from_ref(&batch));
    let expected = "
╭──────────┬──────────┬───┬──────────┬──────────╮
│ column_1 │ column_2 │ … │ column_8 │ column_9 │
├──────────┼──────────┼───┼──────────┼──────────┤
│ v-0      │ v-1      │ … │ v-7      │ v-8      │
│ w        │ w        │ … │ w        │ w        │
╰──────────┴──────────┴───┴──────────┴──────────╯
";
    assert_eq!(text, expected[1..]);
    assert_eq!(note.as_deref(), Some("… 5 columns: --format line or -o FILE shows them"));
    let options = Options { place: Place::Shell, ..fitting(50) };
    let (_, note) = fixture::noted(Format::Table, &options, std::slice::from_ref(&batch));
    assert_eq!(note.as_deref(), Some("… 5 columns: \\x or \\o FILE shows them"));
    assert_eq!(fixture::noted(Format::Table, &Options::default(), std::slice::from_ref(&batch)).1, None);
    // A row alone is shown whole.
    let (text, note) = fixture::noted(Format::Table, &fitting(50), &[batch.slice(0, 1)]);
    assert!(text.starts_with("─[ RECORD 1 ]") && text.ends_with("column_9 │ v-8\n"), "{text}");
    assert_eq!(note, None);
}

#[test]
fn colors_change_no_width() {
    let options = |has_color| Options { has_color, ..fitting(60) };
    let batches = [fixture::batch(), many(30)];
    for batch in batches {
        let colored = written(&options(true), std::slice::from_ref(&batch));
        let plain = written(&options(false), &[batch]);
        assert!(
            colored.contains("\x1b[1mname\x1b[0m") || colored.contains("\x1b[1mtext\x1b[0m"),
            "{colored}"
        );
        let stripped =
            ["\x1b[0m", "\x1b[1m", "\x1b[2m"].iter().fold(colored, |text, code| text.replace(code, ""));
        assert_eq!(stripped, plain);
    }
}

#[test]
fn a_number_is_never_wrapped() {
    let batches = [fixture::texts(["a"]), fixture::texts(["b".repeat(12345)])];
    let text = streamed(&fitting(80), &batches);
    assert!(text.contains("│ 12345 │"), "{text}");
    assert_eq!((text.matches('╭').count(), written(&fitting(80), &batches).matches('╭').count()), (2, 1));
}

#[test]
fn a_long_result_shows_its_beginning_and_its_end() {
    let options = |max_rows, width| Options { max_rows, width, ..Options::default() };
    let numbered = |from: usize, to: usize| fixture::texts((from..to).map(|number| format!("x{number:03}")));
    let batches = [numbered(0, 25), numbered(25, 35), numbered(35, 400), numbered(400, 412)];
    for width in [None, Some(80), Some(20)] {
        let (text, note) = fixture::noted(Format::Table, &options(Some(40), width), &batches);
        let shown: Vec<&str> = text.lines().filter_map(|line| line.split_once("│ x")?.1.get(..3)).collect();
        let expected: Vec<String> = (0..30).chain(402..412).map(|number| format!("{number:03}")).collect();
        assert_eq!(shown, expected);
        assert!(text.contains("│ … 372"), "{text}");
        assert_eq!(note.as_deref(), Some("40 of 412 rows shown; --maxrows 0 or -o FILE shows all"));
        let (text, note) = fixture::noted(Format::Table, &options(None, width), &batches);
        assert_eq!((text.matches("│ x").count(), note), (412, None));
        let (text, note) = fixture::noted(Format::Table, &options(Some(412), width), &batches);
        assert_eq!((text.matches("│ x").count(), note), (412, None));
        let (text, _) = fixture::noted(Format::Table, &options(Some(1), width), &batches);
        assert_eq!((text.matches("│ x").count(), text.matches("│ … 411").count()), (1, 1));
    }
    let records = Options { expanded: Expanded::On, ..options(Some(4), Some(80)) };
    let text = written(&records, &[numbered(0, 9)]);
    assert_eq!((text.matches("─[ RECORD").count(), text.matches("─[ … 5 MORE ]").count()), (4, 1));
    assert!(text.contains("─[ RECORD 9 ]"), "{text}");
    assert_eq!(grouped_gap(1204), "│ … 1,204 more rows │");
}

#[test]
fn without_a_terminal_the_last_rows_are_as_wide_as_the_header() {
    let batches = [fixture::texts(["a", "b", "c"]), fixture::texts(["d", "longer-than-those"])];
    let options = Options { max_rows: Some(4), width: None, ..Options::default() };
    let (text, _) = fixture::noted(Format::Table, &options, &batches);
    assert!(text.contains("longer-than-those") && text.contains("│ … 1 more row"), "{text}");
    let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
}

/// The line for so many rows that are not shown.
fn grouped_gap(rows: usize) -> String {
    let batch = fixture::texts(vec!["a long enough text"; rows + 2]);
    let options = Options { max_rows: Some(2), width: Some(80), ..Options::default() };
    let text = written(&options, &[batch]);
    let line = text.lines().find(|line| line.contains('…')).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn no_rows_are_a_header() {
    let header = "╭──────┬────╮\n│ text │  n │\n├──────┼────┤\n╰──────┴────╯\n";
    assert_eq!(written(&fitting(80), &[many(0)]), header);
    assert_eq!(written(&Options::default(), &[many(0)]), header);
    assert_eq!(written(&Options { expanded: Expanded::On, ..fitting(40) }, &[]), "─[ NO RECORDS ]─\n");
    let bare = Options { header: false, ..fitting(80) };
    assert_eq!(written(&bare, &[many(0)]), "");
    assert_eq!(written(&bare, &[fixture::texts(["x"])]), "╭────┬────╮\n│ x  │  1 │\n╰────┴────╯\n");
}

#[test]
fn data_does_not_drive_the_terminal() {
    let evil = fixture::texts(["\x1b]0;owned\x07\u{9b}2J\n\u{202e}"]);
    for expanded in [Expanded::Off, Expanded::On] {
        let text = written(&Options { expanded, ..fitting(80) }, std::slice::from_ref(&evil));
        assert!(text.contains(r"\x1b]0;owned\x07\x9b2J\n\u{202e}"), "{text}");
    }
}

#[test]
fn a_result_without_columns_is_nothing() {
    let (out, bytes) = fixture::buffer();
    let writer = RowWriter::new(Format::Table, fixture::schema_of(&[]), out, &fitting(80)).unwrap();
    writer.finish(&[]).unwrap();
    assert_eq!(bytes.text(), "");
}
