//! The keys of the configuration file: every `lightsail.*` setting, and how results are shown.

use crate::output::Format;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::settings::{SETTINGS, Setting};

/// A key of the configuration file.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub description: &'static str,
    /// What holds where nobody sets it, in words for people.
    pub default: &'static str,
    /// The flag that goes before it, without dashes.
    pub flag: Option<&'static str>,
    /// Variables of AWS's own that go before it.
    pub(super) variables: &'static [&'static str],
    check: Check,
}

#[derive(Debug, Clone, Copy)]
enum Check {
    Setting(&'static Setting),
    Own(fn(&str) -> Result<(), String>),
}

/// The keys that are no settings.
static OWN: &[Key] = &[
    own("format", "The format of results that go to no file.", "table", Some("format"), |text| {
        match Format::from_name(text) {
            Some(_) => Ok(()),
            None => Err(format!("there is no format {text:?}")),
        }
    }),
    own(
        "maxrows",
        "How many rows of a longer result a table shows; 0 shows all.",
        "40 on a terminal, else all",
        Some("maxrows"),
        |text| text.parse::<usize>().map(drop).map_err(|_| format!("{text:?} is not a number of rows")),
    ),
    own("null", "What stands for NULL in tables, CSV and TSV.", "", Some("null"), |_| Ok(())),
    own(
        "timing",
        "Whether rows, time and API calls are said after each statement.",
        "true in the shell",
        Some("timing"),
        truth,
    ),
    own(
        "timeformat",
        "Times in tables: short, to the minute, or full.",
        "short",
        Some("timeformat"),
        |text| one_of(text, &["short", "full"]),
    ),
    Key {
        variables: &["NO_COLOR"],
        ..own("color", "Colours: auto, always or never.", "auto", Some("color"), |text| {
            one_of(text, &["auto", "always", "never"])
        })
    },
    Key {
        variables: &["PAGER"],
        ..own(
            "pager",
            "The command that shows answers that are longer or wider than the terminal; empty for none.",
            "less -SRFX",
            None,
            |_| Ok(()),
        )
    },
    own(
        "safe",
        "Whether SQL and the shell are kept from local files and programs.",
        "false",
        Some("safe"),
        |text| text.parse::<bool>().map(drop).map_err(|_| format!("{text:?} is neither true nor false")),
    ),
    own("queries", "Folders of saved queries of one's own, separated by commas.", "none", None, |_| Ok(())),
    #[cfg(feature = "cluster")]
    own(
        "workers",
        "Workers to ask instead of AWS, separated by commas.",
        "none",
        Some("workers"),
        |_| Ok(()),
    ),
    #[cfg(feature = "cluster")]
    own("workers_ca", "The authority of the workers' certificates.", "none", Some("workers-ca"), |_| Ok(())),
    #[cfg(feature = "cluster")]
    own("workers_cert", "The certificate that workers are shown.", "none", Some("workers-cert"), |_| Ok(())),
    #[cfg(feature = "cluster")]
    own("workers_key", "The key of that certificate.", "none", Some("workers-key"), |_| Ok(())),
    #[cfg(feature = "cluster")]
    own(
        "near",
        "Whether workers that have the same profile share its regions out by which they are near to.",
        "false",
        Some("near"),
        truth,
    ),
];

fn truth(text: &str) -> Result<(), String> {
    text.parse::<bool>().map(drop).map_err(|_| format!("{text:?} is neither true nor false"))
}

fn one_of(text: &str, names: &[&str]) -> Result<(), String> {
    match names.contains(&text) {
        true => Ok(()),
        false => Err(format!("{text:?} is not one of {}", names.join(", "))),
    }
}

const fn own(
    name: &'static str,
    description: &'static str,
    default: &'static str,
    flag: Option<&'static str>,
    check: fn(&str) -> Result<(), String>,
) -> Key {
    Key { name, description, default, flag, variables: &[], check: Check::Own(check) }
}

/// Every key, in the order in which they are listed.
pub fn keys() -> impl Iterator<Item = Key> {
    SETTINGS.iter().map(of_setting).chain(OWN.iter().copied())
}

fn of_setting(setting: &'static Setting) -> Key {
    Key {
        name: setting.name,
        description: setting.description,
        default: setting.default,
        flag: setting.flag.map(|flag| flag.name),
        variables: match setting.name {
            "profiles" => &["AWS_ACCESS_KEY_ID", "AWS_DEFAULT_PROFILE", "AWS_PROFILE"],
            "regions" => &["AWS_REGION", "AWS_DEFAULT_REGION"],
            _ => &[],
        },
        check: Check::Setting(setting),
    }
}

impl Key {
    /// The variable of the environment that goes before the file.
    pub fn variable(&self) -> String {
        format!("LIGHTSAIL_SQL_{}", self.name.to_uppercase())
    }

    /// Whether a group of targets can set it: whom to ask, and how.
    pub(super) fn is_setting(&self) -> bool {
        matches!(self.check, Check::Setting(_))
    }

    /// Finds out whether a value makes sense.
    ///
    /// # Errors
    /// What is wrong with it, in words that follow its name.
    pub(super) fn check(&self, value: &str) -> Result<(), String> {
        match self.check {
            Check::Setting(setting) => setting.set(&mut LightsailOptions::default(), value),
            Check::Own(check) => check(value),
        }
    }
}
