//! Charts: bars for labels and numbers, lines for times and numbers, as text for a terminal or as SVG.
//!
//! The columns say what is drawn: a time is the x axis, numbers are values, and texts that differ are labels or name the
//! lines. Of a whole row of metrics the average is drawn, with its unit.

mod axis;
mod bars;
mod lines;
mod spark;
mod svg;

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

use super::cells::Cells;
use super::{Encode, Options};
pub(crate) use spark::{blocks, spark};
use svg::Frame;

/// How many points are drawn; no screen has that many dots.
const MOST_POINTS: usize = 50_000;

/// How many bars are more than a list beside a table.
const MOST_BARS: usize = 60;

/// The value of a row of many numbers, where there is one of this name.
const FIRST_CHOICE: &str = "average";

/// Numbers that say what a row is, and are no values of it.
const NO_VALUES: &[&str] = &["period", "sample_count"];

/// What the names of columns have in them that are sums of money.
const MONEY: &[&str] = &["price", "cost"];

/// Colours that people with any kind of colour vision tell apart (Okabe and Ito), as RGB and as a terminal's number.
const PALETTE: [(&str, u8); 6] = [
    ("#0072b2", 32),
    ("#d55e00", 166),
    ("#009e73", 36),
    ("#cc79a7", 175),
    ("#e69f00", 214),
    ("#56b4e9", 117),
];

/// What the columns of a result are to a chart.
#[derive(Debug, Clone)]
struct Roles {
    time: Option<usize>,
    values: Vec<usize>,
    texts: Vec<usize>,
    unit: Option<usize>,
}

impl Roles {
    fn of(schema: &SchemaRef) -> Result<Self, ArrowError> {
        let places = |wanted: &dyn Fn(&str, &DataType) -> bool| -> Vec<usize> {
            let fields = schema.fields().iter().enumerate();
            fields
                .filter(|(_, field)| wanted(field.name(), field.data_type()))
                .map(|(place, _)| place)
                .collect()
        };
        let time =
            places(&|_, kind| matches!(kind, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64));
        let mut values = places(&|name, kind| kind.is_numeric() && !NO_VALUES.contains(&name));
        if values.is_empty() {
            values = places(&|_, kind| kind.is_numeric());
        }
        if let Some(first) = values.iter().copied().find(|&place| schema.field(place).name() == FIRST_CHOICE)
            && values.len() > 2
        {
            values = vec![first];
        }
        let is_text = |kind: &DataType| {
            matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean)
        };
        let texts = places(&|name, kind| is_text(kind) && name != "unit");
        if values.is_empty() || (time.is_empty() && texts.is_empty()) {
            return Err(ArrowError::CastError(
                "a chart needs a label or a time, and a number: SELECT region, count(*) …, SELECT timestamp, average …"
                    .to_owned(),
            ));
        }
        let unit = places(&|name, kind| name == "unit" && is_text(kind)).first().copied();
        Ok(Self { time: time.first().copied(), values, texts, unit })
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
struct Drawing {
    title: Option<String>,
    /// What the values are: the name of the column, or their unit.
    measure: String,
    marks: Marks,
}

#[derive(Debug, Clone, PartialEq)]
enum Marks {
    Bars(Vec<(String, Option<f64>)>),
    Lines(Vec<Line>),
}

/// The points of one line, by their time in ms.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// A row, as far as it is drawn.
struct Point {
    time: Option<f64>,
    texts: Vec<String>,
    values: Vec<Option<f64>>,
}

/// The rows of a result, until all are there.
struct Points {
    schema: SchemaRef,
    roles: Option<Roles>,
    cells: Cells,
    points: Vec<Point>,
    units: Vec<String>,
    left_out: usize,
    title: Option<String>,
}

impl Points {
    fn new(schema: SchemaRef, options: &Options) -> Self {
        Self {
            roles: Roles::of(&schema).ok(),
            cells: Cells::exact(SchemaRef::clone(&schema), "NULL"),
            schema,
            points: Vec::new(),
            units: Vec::new(),
            left_out: 0,
            title: options.about.title.clone(),
        }
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let Some(roles) = &self.roles else { return Ok(()) };
        let room = MOST_POINTS - self.points.len();
        self.left_out += batch.num_rows().saturating_sub(room);
        let batch = batch.slice(0, batch.num_rows().min(room));
        let ms = DataType::Timestamp(TimeUnit::Millisecond, None);
        let times =
            roles.time.map(|place| cast(&cast(batch.column(place), &ms)?, &DataType::Int64)).transpose()?;
        let numbers = roles.values.iter().map(|&place| cast(batch.column(place), &DataType::Float64));
        let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
        for (row, cells) in self.cells.rows(&batch)?.into_iter().enumerate() {
            let time = times.as_ref().filter(|times| times.is_valid(row));
            let value = |column: &dyn Array| {
                column.is_valid(row).then(|| column.as_primitive::<Float64Type>().value(row))
            };
            if let Some(unit) = roles.unit.map(|place| &cells[place].text)
                && !self.units.contains(unit)
            {
                self.units.push(unit.clone());
            }
            self.points.push(Point {
                time: time.map(|times| times.as_primitive::<Int64Type>().value(row) as f64),
                texts: roles.texts.iter().map(|&place| cells[place].text.clone()).collect(),
                values: numbers.iter().map(|column| value(column.as_ref())).collect(),
            });
        }
        Ok(())
    }

    /// Which of several numbers is drawn: one that differs from row to row, money first.
    fn chosen(&self, values: &[usize]) -> usize {
        let differs = |column: &usize| {
            let mut values = self.points.iter().map(|point| point.values[*column]);
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let is_money = |column: &usize| is_money(self.schema.field(values[*column]).name());
        let differing: Vec<usize> = (0..values.len()).filter(differs).collect();
        differing.iter().copied().find(is_money).or(differing.first().copied()).unwrap_or_default()
    }

    fn drawing(self) -> (Drawing, Option<String>) {
        let name = |place: usize| self.schema.field(place).name().clone();
        let roles =
            self.roles.clone().unwrap_or(Roles { time: None, values: vec![], texts: vec![], unit: None });
        let differs = |column: usize| {
            let mut texts = self.points.iter().map(|point| &point.texts[column]);
            let first = texts.next();
            texts.any(|text| Some(text) != first)
        };
        let mut naming: Vec<usize> = (0..roles.texts.len()).filter(|&column| differs(column)).collect();
        if naming.is_empty() && roles.time.is_none() && !roles.texts.is_empty() {
            naming.push(0);
        }
        let label = |point: &Point| {
            naming.iter().map(|&column| point.texts[column].as_str()).collect::<Vec<_>>().join(" ")
        };
        let mut notes = Vec::new();
        let unit = match self.units.as_slice() {
            [unit] => Some(unit.clone()),
            _ => None,
        };
        let chosen = if roles.time.is_some() { 0 } else { self.chosen(&roles.values) };
        let first = roles.values.get(chosen).map(|&place| name(place)).unwrap_or_default();
        // The unit is that of amounts, not of what they cost.
        let unit = unit.filter(|_| !is_money(&first));
        let marks = if roles.time.is_some() {
            let mut lines: BTreeMap<(String, usize), Vec<(f64, f64)>> = BTreeMap::new();
            for point in &self.points {
                for (column, value) in point.values.iter().enumerate() {
                    if let (Some(time), Some(value)) = (point.time, value.filter(|value| value.is_finite())) {
                        lines.entry((label(point), column)).or_default().push((time, value));
                    }
                }
            }
            let lines = lines.into_iter().map(|((label, column), mut points)| {
                points.sort_by(|one, other| one.0.total_cmp(&other.0));
                let value = name(roles.values[column]);
                let name = match (label.is_empty(), roles.values.len()) {
                    (true, _) => value,
                    (false, 1) => label,
                    // First, for a long label is cut at its end.
                    (false, _) => format!("{value} {label}"),
                };
                Line { name, points }
            });
            let lines: Vec<Line> = lines.collect();
            let has_two = |line: &Line| line.points.windows(2).any(|points| points[0].0 == points[1].0);
            if lines.iter().any(has_two) {
                notes.push(
                    "a time has several values; select what tells them apart too, such as the name, for a line of each"
                        .to_owned(),
                );
            }
            Marks::Lines(lines)
        } else {
            let others = roles.values.iter().enumerate().filter(|(column, _)| *column != chosen);
            let others: Vec<String> = others.map(|(_, &place)| name(place)).collect();
            if !others.is_empty() {
                notes.push(format!("drawn is {first}; select {} alone to draw it", others.join(" or ")));
            }
            Marks::Bars(
                self.points
                    .iter()
                    .map(|point| (label(point), point.values.get(chosen).copied().flatten()))
                    .collect(),
            )
        };
        if self.left_out > 0 {
            notes.push(format!("the first {MOST_POINTS} rows are drawn, {} are not", self.left_out));
        }
        let measure = match (unit, roles.values.len()) {
            (Some(unit), 1) => format!("{first} ({unit})"),
            (Some(unit), _) => unit,
            (None, 1) => first,
            (None, _) if roles.time.is_none() => first,
            (None, _) => String::new(),
        };
        let drawing = Drawing { title: self.title, measure, marks };
        (drawing, (!notes.is_empty()).then(|| notes.join("\n")))
    }
}

/// Bars in a page, beside other things.
pub(crate) fn bars(measure: &str, bars: Vec<(String, Option<f64>)>) -> String {
    let drawing = Drawing { title: None, measure: measure.to_owned(), marks: Marks::Bars(bars) };
    svg::draw(&drawing, Frame::Narrow)
}

fn is_money(name: &str) -> bool {
    MONEY.iter().any(|word| name.contains(word))
}

/// A chart of characters.
pub(super) struct Chart {
    points: Points,
    options: Options,
}

/// A chart as a picture.
pub(super) struct Svg(Points);

impl Chart {
    /// Refuses columns of which nothing can be drawn.
    pub(super) fn check(schema: &SchemaRef) -> Result<(), ArrowError> {
        Roles::of(schema).map(drop)
    }

    pub(super) fn new(schema: SchemaRef, options: &Options) -> Self {
        Self { points: Points::new(schema, options), options: options.clone() }
    }
}

impl Svg {
    /// The picture in a page of rows: of a course in time, or of a label and a number; of others it would be a guess.
    pub(super) fn of_page(schema: &SchemaRef, options: &Options) -> Option<Self> {
        let roles = Roles::of(schema).ok()?;
        let is_clear = roles.time.is_some() || schema.fields().len() == 2;
        let untitled = Options { about: super::About::default(), ..options.clone() };
        is_clear.then(|| Self::new(SchemaRef::clone(schema), &untitled))
    }

    pub(super) fn new(schema: SchemaRef, options: &Options) -> Self {
        Self(Points::new(schema, options))
    }

    /// The picture, if there is more to see in it than in the rows: not of times that are no course of anything.
    pub(super) fn into_page(self) -> Option<String> {
        let (drawing, _) = self.0.drawing();
        let is_clear = match &drawing.marks {
            Marks::Lines(lines) => {
                let is_course = lines.iter().all(|line| line.points.len() > 2);
                is_course && !lines.is_empty() && lines.len() <= 2 * PALETTE.len()
            }
            Marks::Bars(bars) => bars.len() <= MOST_BARS,
        };
        is_clear.then(|| svg::draw(&drawing, Frame::Page))
    }
}

/// The width of a chart that goes to no terminal, in characters.
const WIDTH: usize = 80;

impl Encode for Chart {
    fn rows(&mut self, batch: &RecordBatch, _: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.points.add(batch)
    }

    fn end(self: Box<Self>, _: &[(String, String)], out: &mut Vec<u8>) -> Result<Option<String>, ArrowError> {
        let width = self.options.width.filter(|width| *width > 0).unwrap_or(WIDTH).max(40);
        let (drawing, note) = self.points.drawing();
        let text = match &drawing.marks {
            Marks::Bars(bars) => bars::draw(bars, &drawing.measure, width, self.options.has_color),
            Marks::Lines(lines) => lines::draw(lines, &drawing.measure, width, self.options.has_color),
        };
        out.extend_from_slice(text.as_bytes());
        Ok(note)
    }
}

impl Encode for Svg {
    fn rows(&mut self, batch: &RecordBatch, _: &mut Vec<u8>) -> Result<(), ArrowError> {
        self.0.add(batch)
    }

    fn end(self: Box<Self>, _: &[(String, String)], out: &mut Vec<u8>) -> Result<Option<String>, ArrowError> {
        let (drawing, note) = self.0.drawing();
        out.extend_from_slice(svg::draw(&drawing, Frame::Alone).as_bytes());
        Ok(note)
    }
}

#[cfg(test)]
mod tests;
