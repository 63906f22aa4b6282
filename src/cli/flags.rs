//! The flags that are derived: one for each `lightsail.*` setting that has one, and `--format`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::config::Config;
use crate::output::{FORMATS, Format, FormatSpec};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::settings::{Flag, SETTINGS, Setting};

/// The settings that the command line sets, each with its value.
#[derive(Debug, Default)]
pub(super) struct SettingFlags(Vec<(&'static Setting, String)>);

impl SettingFlags {
    /// The options that a session begins with: what the flags say, else the group of targets, the environment or the
    /// configuration file. Whom to ask is not theirs to say if it is one fleet, the demo's.
    ///
    /// # Errors
    /// [`Kind::Usage`] if a value makes no sense, which the parser of a flag has found out before.
    pub(super) fn options(&self, config: &Config, whom: Whom<'_>) -> Result<LightsailOptions> {
        let mut options = LightsailOptions::default();
        for setting in SETTINGS {
            let is_whom = matches!(setting.name, "profiles" | "regions");
            let configured = || match whom {
                Whom::Demo if is_whom => Ok(None),
                Whom::Demo => config.text(setting.name, None),
                Whom::Configured(target) => config.text(setting.name, target),
            };
            let value =
                self.value(setting.name).map_or_else(configured, |value| Ok(Some(value.to_owned())))?;
            let Some(value) = value else { continue };
            setting
                .set(&mut options, &value)
                .map_err(|what| Error::new(Kind::Usage, what).at(setting.key()))?;
        }
        Ok(options)
    }

    /// The value of the flag of a setting, if it is given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(setting, _)| setting.name == name).map(|(_, value)| value.as_str())
    }
}

/// Who is asked where no flag says it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whom<'a> {
    /// The one fleet of the embedded endpoint.
    Demo,
    /// This group of targets, or what the environment or the configuration file says.
    Configured(Option<&'a str>),
}

/// The settings that have flags, and these.
fn declared() -> impl Iterator<Item = (&'static Setting, Flag)> {
    SETTINGS.iter().filter_map(|setting| Some((setting, setting.flag?)))
}

fn arg((setting, flag): (&'static Setting, Flag)) -> Arg {
    let arg = Arg::new(flag.name).long(flag.name);
    let description = setting.description.trim_end_matches('.');
    let Some(value) = flag.value else {
        return arg.help(description).action(ArgAction::SetTrue);
    };
    let check = move |text: &str| {
        let mut unused = LightsailOptions::default();
        setting.set(&mut unused, text).map(|()| text.to_owned())
    };
    let default = match setting.default {
        "none" => String::new(),
        default => format!(" [default: {default}]"),
    };
    arg.help(format!("{description}{default}")).value_name(value).value_parser(check)
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.args(declared().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |flag: Flag| match flag.value {
            Some(_) => matches.get_one::<String>(flag.name).cloned(),
            None => matches.get_flag(flag.name).then(|| true.to_string()),
        };
        Ok(Self(declared().filter_map(|(setting, flag)| Some((setting, value(flag)?))).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Takes the name of a format, or another name for it.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    let value = |format: &'static FormatSpec| {
        PossibleValue::new(format.name).help(format.description).aliases(format.aliases)
    };
    PossibleValuesParser::new(FORMATS.iter().map(value))
        .try_map(|name| Format::from_name(&name).ok_or("there is no such format"))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        flags: SettingFlags,
        #[arg(long, value_parser = format())]
        format: Option<Format>,
    }

    fn options(line: &Line) -> LightsailOptions {
        line.flags.options(&Config::default(), Whom::Demo).unwrap()
    }

    fn parse(args: &[&str]) -> Line {
        Line::try_parse_from([&["lightsail-sql"], args].concat()).unwrap()
    }

    #[test]
    fn every_flag_sets_its_setting_and_no_other() {
        let begun_with = LightsailOptions::default();
        assert_eq!(format!("{:?}", options(&parse(&[]))), format!("{begun_with:?}"));
        for (setting, flag) in declared() {
            let dashed = format!("--{}", flag.name);
            let value = ["7", "true"][usize::from(flag.value.is_none())];
            let args: &[&str] = if flag.value.is_some() { &[&dashed, value] } else { &[&dashed] };
            let options = options(&parse(args));
            let mut expected = begun_with.clone();
            setting.set(&mut expected, value).unwrap();
            assert_eq!(format!("{options:?}"), format!("{expected:?}"), "{dashed}");
            assert_ne!(setting.show(&options), setting.show(&begun_with), "{dashed}");
        }
    }

    #[test]
    fn a_flag_refuses_what_its_setting_refuses() {
        for line in [
            ["--max-items", "0"],
            ["--concurrency", "many"],
            ["--cache-ttl", "soon"],
            ["--region", "US EAST"],
        ] {
            let error = Line::try_parse_from([&["lightsail-sql"], line.as_slice()].concat()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line:?}");
            assert!(error.to_string().contains(line[0]), "{error}");
        }
    }

    #[test]
    fn the_help_has_every_setting_and_format() {
        let help = Line::command().term_width(1000).render_long_help().to_string();
        for (setting, flag) in declared() {
            assert!(help.contains(&format!("--{}", flag.name)), "{}", flag.name);
            assert!(help.contains(setting.description.trim_end_matches('.')), "{}", setting.name);
        }
        for format in FORMATS {
            assert!(help.contains(&format!("{}: ", format.name)), "{}", format.name);
            assert!(help.contains(format.description), "{}", format.name);
        }
    }

    #[test]
    fn a_format_has_its_name_and_its_aliases() {
        for spec in FORMATS {
            for name in [spec.name].iter().chain(spec.aliases) {
                assert_eq!(parse(&["--format", name]).format, Some(spec.format), "{name}");
            }
        }
        assert!(Line::try_parse_from(["lightsail-sql", "--format", "xls"]).is_err());
    }
}
