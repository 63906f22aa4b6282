//! How results look, as `\pset` and the commands with names of their own set it: declared once in [`OPTIONS`].

use super::command::{EXPANDED, SWITCH};
use crate::output::{Expanded, FORMATS, Format, Options, Pager, TimeFormat};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;

/// How results look on the screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct DisplayOptions {
    /// How rows are dressed.
    pub(crate) rows: Options,
    /// The format of the screen.
    pub(crate) format: Format,
    /// Whether rows, time and API calls are said after each statement.
    pub(crate) timing: bool,
}

/// An option of `\pset`.
pub(crate) struct DisplayOption {
    pub(crate) name: &'static str,
    /// What the note about it calls it.
    title: &'static str,
    /// What it decides, for the list.
    pub(crate) does: &'static str,
    /// The values that Tab offers.
    pub(crate) values: fn() -> Vec<&'static str>,
    /// Sets a value; without one, a switch is set to the other of both.
    set: fn(&mut DisplayOptions, Option<&str>) -> Result<(), String>,
    show: fn(&DisplayOptions) -> String,
}

fn switches() -> Vec<&'static str> {
    SWITCH.to_vec()
}

/// Every option, in the order of the list.
pub(crate) static OPTIONS: &[DisplayOption] = &[
    DisplayOption {
        name: "format",
        title: "the format",
        does: "the format of the screen",
        values: || FORMATS.iter().filter(|format| format.is_text).map(|format| format.name).collect(),
        set: |display, value| {
            let Some(value) = value else { return Ok(()) };
            let names = FORMATS.iter().map(|format| format.name);
            let format = Format::from_name(value).ok_or_else(|| match nearest(value, names.clone()) {
                Some(near) => format!("there is no format {value}; did you mean {near}?"),
                None => {
                    format!("there is no format {value}; there are {}", names.collect::<Vec<_>>().join(", "))
                }
            })?;
            if !format.spec().is_text {
                return Err(format!("a terminal cannot show {value}; \\o FILE and \\once FILE write it"));
            }
            display.format = format;
            Ok(())
        },
        show: |display| display.format.spec().name.to_owned(),
    },
    DisplayOption {
        name: "expanded",
        title: "expanded output",
        does: "a record for each row",
        values: || EXPANDED.to_vec(),
        set: |display, value| {
            if value.is_some_and(|value| value.eq_ignore_ascii_case("auto")) {
                display.rows.expanded = Expanded::Auto;
                return Ok(());
            }
            let mut is_on = display.rows.expanded == Expanded::On;
            switch(&mut is_on, value)?;
            display.rows.expanded = if is_on { Expanded::On } else { Expanded::Off };
            Ok(())
        },
        show: |display| match display.rows.expanded {
            Expanded::Auto => "auto".to_owned(),
            expanded => on_or_off(expanded == Expanded::On),
        },
    },
    DisplayOption {
        name: "timing",
        title: "timing",
        does: "rows, time and API calls after each statement",
        values: switches,
        set: |display, value| switch(&mut display.timing, value),
        show: |display| on_or_off(display.timing),
    },
    DisplayOption {
        name: "null",
        title: "the text of NULL",
        does: "what stands for NULL",
        values: Vec::new,
        set: |display, value| {
            display.rows.null = value.map(|text| text.trim_matches('\'').to_owned());
            Ok(())
        },
        show: |display| {
            display.rows.null.clone().map_or_else(|| "not set".to_owned(), |text| format!("'{text}'"))
        },
    },
    DisplayOption {
        name: "header",
        title: "the header",
        does: "the line of the columns' names",
        values: switches,
        set: |display, value| switch(&mut display.rows.header, value),
        show: |display| on_or_off(display.rows.header),
    },
    DisplayOption {
        name: "maxrows",
        title: "the most rows of a table",
        does: "rows of a longer result that a table shows; 0 is all",
        values: || vec!["40", "0"],
        set: |display, value| {
            let value = value.unwrap_or("40");
            let rows: usize = value.parse().map_err(|_| format!("{value} is not a number of rows"))?;
            display.rows.max_rows = (rows > 0).then_some(rows);
            Ok(())
        },
        show: |display| display.rows.max_rows.unwrap_or(0).to_string(),
    },
    DisplayOption {
        name: "pager",
        title: "the pager",
        does: "a pager for answers that the terminal is too small for",
        values: switches,
        set: |display, value| {
            let mut is_on = display.rows.pager.is_some();
            switch(&mut is_on, value)?;
            display.rows.pager = is_on.then(|| Pager::find(None).unwrap_or_default());
            Ok(())
        },
        show: |display| on_or_off(display.rows.pager.is_some()),
    },
    DisplayOption {
        name: "timeformat",
        title: "the format of times",
        does: "times to the minute, or all of them",
        values: || vec!["short", "full"],
        set: |display, value| {
            display.rows.times = match value {
                Some("short") => TimeFormat::Short,
                Some("full") => TimeFormat::Full,
                Some(other) => return Err(format!("{other} is neither short nor full")),
                None if display.rows.times == TimeFormat::Short => TimeFormat::Full,
                None => TimeFormat::Short,
            };
            Ok(())
        },
        show: |display| match display.rows.times {
            TimeFormat::Short => "short".to_owned(),
            TimeFormat::Full => "full".to_owned(),
        },
    },
];

impl DisplayOptions {
    /// Sets an option, and says what it is now.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there is no such option or value.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) -> Result<String> {
        let Some(option) = OPTIONS.iter().find(|option| option.name == name) else {
            let hint = match nearest(name, OPTIONS.iter().map(|option| option.name)) {
                Some(near) => format!("did you mean {near}? \\pset lists the options"),
                None => "\\pset lists the options".to_owned(),
            };
            return Err(Error::new(Kind::Usage, format!("there is no option {name}")).with_hint(hint));
        };
        (option.set)(self, value).map_err(|what| Error::new(Kind::Usage, what).at(option.name))?;
        Ok(format!("{} is {}", option.title, (option.show)(self)))
    }

    /// All options, a line each.
    pub(crate) fn list(&self) -> String {
        let lines = OPTIONS
            .iter()
            .map(|option| format!("  {:<11} {:<10} {}", option.name, (option.show)(self), option.does));
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn on_or_off(on: bool) -> String {
    SWITCH[usize::from(!on)].to_owned()
}

fn switch(flag: &mut bool, value: Option<&str>) -> Result<(), String> {
    *flag = match value.map(str::to_ascii_lowercase).as_deref() {
        None => !*flag,
        Some("on" | "true" | "1") => true,
        Some("off" | "false" | "0") => false,
        Some(other) => return Err(format!("{other} is neither on nor off")),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_takes_the_values_that_it_offers_and_shows_them() {
        for option in OPTIONS {
            for value in (option.values)() {
                let mut display = DisplayOptions::default();
                let said = display.set(option.name, Some(value)).unwrap();
                assert_eq!((option.show)(&display), value, "{}", option.name);
                assert_eq!(said, format!("{} is {value}", option.title));
                assert!(display.list().contains(&format!("  {:<11} {value}", option.name)));
            }
        }
    }

    #[test]
    fn a_switch_without_a_value_is_turned_over() {
        let mut display = DisplayOptions::default();
        assert_eq!(display.set("timing", None).unwrap(), "timing is on");
        assert_eq!(display.set("timing", None).unwrap(), "timing is off");
        let error = display.set("timing", Some("maybe")).unwrap_err().to_string();
        assert_eq!(error, "timing: maybe is neither on nor off");
        let error = display.set("timng", None).unwrap_err().to_string();
        assert_eq!(error, "there is no option timng\nhint: did you mean timing? \\pset lists the options");
        let error = display.set("format", Some("cvs")).unwrap_err().to_string();
        assert_eq!(error, "format: there is no format cvs; did you mean csv?");
    }
}
