//! What is drawn, and what is said of what cannot be.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, StringArray, TimestampMillisecondArray};

use super::super::{Format, fixture};
use super::*;

const HOUR: i64 = 3_600_000;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// Rows of a table of metrics: two instances, a day.
fn metrics() -> RecordBatch {
    let hours = || (0..48).map(|row| row % 24);
    let names: Vec<&str> = (0..48).map(|row| if row < 24 { "web" } else { "db" }).collect();
    batch(vec![
        ("instance_name", texts(&names)),
        ("metric_name", texts(&["CPUUtilization"; 48])),
        ("period", Arc::new(Int32Array::from(vec![3600; 48]))),
        (
            "average",
            Arc::new(hours().map(|hour| Some(f64::from(hour as i32) * 2.0)).collect::<Float64Array>()),
        ),
        ("maximum", Arc::new(Float64Array::from(vec![99.0; 48]))),
        ("sum", Arc::new(Float64Array::from(vec![1e6; 48]))),
        (
            "timestamp",
            Arc::new(
                hours()
                    .map(|hour| Some(1_767_225_600_000 + hour * HOUR))
                    .collect::<TimestampMillisecondArray>()
                    .with_timezone("UTC"),
            ),
        ),
        ("unit", texts(&["Percent"; 48])),
    ])
}

fn drawing(batch: &RecordBatch) -> Drawing {
    let mut points = Points::new(batch.schema(), &Options::default());
    points.add(batch).unwrap();
    points.drawing().0
}

#[test]
fn a_metric_draws_its_average_by_instance_with_its_unit() {
    let drawing = drawing(&metrics());
    assert_eq!(drawing.measure, "average (Percent)");
    let Marks::Lines(lines) = drawing.marks else { panic!("no lines") };
    assert_eq!(lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["db", "web"]);
    assert_eq!((lines[0].points.len(), lines[0].points[23].1), (24, 46.0));
}

#[test]
fn labels_and_numbers_are_bars() {
    let batch = batch(vec![
        ("profile", texts(&["default"; 3])),
        ("region", texts(&["us-east-1", "eu-west-1", "ap-1"])),
        ("count(*)", Arc::new(Int32Array::from(vec![Some(137), Some(60), None]))),
    ]);
    let drawn = drawing(&batch);
    let bars = [("us-east-1", Some(137.0)), ("eu-west-1", Some(60.0)), ("ap-1", None)];
    assert_eq!(drawn.marks, Marks::Bars(bars.map(|(label, value)| (label.to_owned(), value)).to_vec()));
    let text = fixture::written(Format::Chart, &Options { width: Some(60), ..Options::default() }, &[batch]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "count(*)");
    assert!(lines[1].starts_with("us-east-1 ███") && lines[1].ends_with(" 137"), "{text}");
    assert_eq!(lines[3].trim_end(), "ap-1      NULL");
}

#[test]
fn of_several_numbers_money_that_differs_is_drawn_and_it_is_said() {
    let rows = batch(vec![
        ("name", texts(&["a", "b", "c"])),
        ("quantity", Arc::new(Int32Array::from(vec![1, 1, 1]))),
        ("size", Arc::new(Int32Array::from(vec![1, 2, 3]))),
        ("monthly_price", Arc::new(Float64Array::from(vec![5.0, f64::NAN, f64::INFINITY]))),
    ]);
    let mut points = Points::new(rows.schema(), &Options::default());
    points.add(&rows).unwrap();
    let (drawing, note) = points.drawing();
    assert_eq!(drawing.measure, "monthly_price");
    assert_eq!(note.as_deref(), Some("drawn is monthly_price; select quantity or size alone to draw it"));
    for format in [Format::Chart, Format::Svg] {
        let text = fixture::written(format, &Options::default(), std::slice::from_ref(&rows));
        assert!(text.contains("NaN") && text.contains("Infinity") && !text.contains("NULL"), "{text}");
    }
}

#[test]
fn a_line_of_several_numbers_says_which_it_is_before_its_label() {
    let rows = batch(vec![
        ("name", texts(&[&"n".repeat(100), "b"])),
        ("created_at", Arc::new(TimestampMillisecondArray::from(vec![0, HOUR]).with_timezone("UTC"))),
        ("cpus", Arc::new(Int32Array::from(vec![1, 2]))),
        ("gib", Arc::new(Int32Array::from(vec![1, 2]))),
    ]);
    let options = Options { width: Some(80), ..Options::default() };
    let text = fixture::written(Format::Chart, &options, &[rows]);
    for name in ["cpus", "gib"] {
        assert_eq!(text.lines().filter(|line| line.starts_with(name)).count(), 2, "{text}");
    }
}

#[test]
fn what_cannot_be_drawn_says_what_can() {
    let batch = batch(vec![("n", Arc::new(Int32Array::from(vec![1])))]);
    for format in [Format::Chart, Format::Svg] {
        let error = super::super::check(format, &batch.schema()).err().unwrap().to_string();
        assert!(error.contains("a chart needs a label or a time, and a number"), "{error}");
    }
}

#[test]
fn every_drawing_fits_and_says_its_unit() {
    use unicode_width::UnicodeWidthStr;
    for width in [40, 80, 120, 200] {
        for has_color in [false, true] {
            let options = Options { width: Some(width), has_color, ..Options::default() };
            let text = fixture::written(Format::Chart, &options, &[metrics()]);
            assert!(text.contains("average (Percent)"), "{text}");
            assert!(text.contains("db") && text.contains("web"), "{text}");
            if !has_color {
                assert!(text.lines().all(|line| line.width() <= width), "{text}");
            }
        }
    }
    let svg = fixture::written(Format::Svg, &Options::default(), &[metrics()]);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("average (Percent)") && svg.contains(PALETTE[1].0), "{svg}");
    assert_eq!(svg.matches("<polyline").count(), 2);
    assert!(!svg.contains("></text>") && svg.contains("viewBox=\"0 20 "), "no empty line for a title: {svg}");
}
