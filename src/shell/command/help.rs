//! `\?`: the commands. `\h`: functions, and how things are written in SQL.

use datafusion::prelude::SessionContext;
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::session::translation::unknown::{WrittenHere, function_names};
use datafusion_lightsail::settings::SETTINGS;

use super::functions::Function;
use super::topics::TOPICS;
use super::{COMMANDS, parse};

/// How wide the commands of the help are.
const USAGE: usize = 22;

/// All commands, a line each, or one.
///
/// # Errors
/// [`Kind::Usage`] when there is no such command.
pub(in crate::shell) fn commands(wanted: Option<&str>) -> Result<String> {
    if let Some(wanted) = wanted {
        let name = if wanted.starts_with(['\\', '.']) { wanted.to_owned() } else { format!("\\{wanted}") };
        let Some(spec) = COMMANDS.iter().find(|spec| spec.is(&name)) else {
            // Says which is the nearest.
            return Err(parse(&name)
                .err()
                .unwrap_or_else(|| Error::new(Kind::Usage, "there is no such command")));
        };
        let also = match spec.aliases {
            [] => String::new(),
            aliases => format!("\n  also {}", aliases.join(", ")),
        };
        return Ok(format!("  {}: {}{also}", spec.usage(), spec.does));
    }
    let lines = COMMANDS.iter().map(|spec| format!("  {:<USAGE$} {}\n", spec.usage(), spec.does));
    let more = "Statements end with a semicolon. Tab completes, Ctrl-C cancels.\n\
                \\h explains SQL and functions. Commands work in -c, files and standard input.";
    Ok(format!("{}{more}", lines.collect::<String>()))
}

/// What there is to know of a word: a topic, a function, a setting; without a word, what there is.
///
/// # Errors
/// [`Kind::Usage`] when nothing is called so.
pub(in crate::shell) fn topic(context: &SessionContext, word: Option<&str>) -> Result<String> {
    let Some(word) = word else {
        let topics = TOPICS.iter().map(|topic| format!("  \\h {:<12} {}\n", topic.name, topic.title));
        let more =
            "\\h FUNCTION explains a function, \\df lists all of them, \\h lightsail.SETTING a setting.";
        return Ok(format!("{}{more}", topics.collect::<String>()));
    };
    let lower = word.trim_end_matches("()").to_lowercase();
    let named = TOPICS.iter().find(|topic| topic.name == lower);
    let led_to = TOPICS.iter().find(|topic| topic.words.contains(&lower.as_str()));
    let page = |topic: &super::topics::Topic| format!("{}\n\n{}", topic.title, topic.text.trim_end());
    if let Some(topic) = named {
        return Ok(page(topic));
    }
    let state = context.state();
    if let Some(function) = Function::of(&state, &lower) {
        let example = function.example.map(|example| format!("\n\n{example}")).unwrap_or_default();
        let mut text = function.signature;
        if !function.description.is_empty() {
            text += &format!("\n\n{}", function.description);
        }
        let also = led_to.map(|topic| format!("\n\n\\h {}: {}", topic.name, topic.title));
        return Ok(text + &example + &also.unwrap_or_default());
    }
    if let Some(topic) = led_to {
        return Ok(page(topic));
    }
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == lower || setting.key() == lower) {
        return Ok(format!(
            "SET {} = '…'\n\n{} Default: {}.",
            setting.key(),
            setting.description,
            setting.default
        ));
    }
    if let Some(written) = WrittenHere::of(&lower) {
        return Ok(format!("{word} is no function here: it is written {written}"));
    }
    let names = function_names(&state);
    let topics =
        TOPICS.iter().flat_map(|topic| std::iter::once(topic.name).chain(topic.words.iter().copied()));
    let hint = match nearest(&lower, topics.chain(names.iter().map(String::as_str))) {
        Some(near) => format!("did you mean {near}?"),
        None => "\\h lists the topics, \\df the functions, \\d the tables".to_owned(),
    };
    Err(Error::new(Kind::Usage, format!("nothing is known of {word}")).with_hint(hint))
}
