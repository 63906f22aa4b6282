//! What Tab offers for commands and behind them.

use datafusion::prelude::SessionContext;
use rustyline::completion::Pair;

use super::offer::{Offer, files};
use super::{functions, tables};
use crate::shell::command::{COMMANDS, Completes, TOPICS};
use crate::shell::display::OPTIONS;
use crate::shell::{saved, values};
use datafusion_lightsail::session::Policy;

/// A command's name, or what follows it.
pub(super) fn command(context: &SessionContext, policy: Policy, typed: &str) -> (usize, Vec<Pair>) {
    let start = typed.trim_end_matches(|c: char| !c.is_whitespace()).len();
    let mut offer = Offer::new(&typed[start..]);
    let name = typed.split_whitespace().next().unwrap_or_default();
    if name.len() == typed.trim_start().len() {
        for command in COMMANDS {
            offer.described(command.name, &format!("{:<22} {}", command.usage(), command.does));
        }
        return (start, offer.found);
    }
    let Some(spec) = COMMANDS.iter().find(|command| command.is(name)) else { return (start, Vec::new()) };
    match spec.completes {
        Completes::Table => tables(context, &mut offer),
        Completes::File => return files(policy, typed),
        Completes::Words(words) => words.iter().for_each(|word| offer.add(word)),
        Completes::Format => values_of("format").iter().for_each(|word| offer.add(word)),
        Completes::Option => {
            match typed.split_whitespace().nth(1).filter(|name| name.len() < typed[..start].len()) {
                Some(option) if typed[..start].split_whitespace().count() > 1 => {
                    values_of(option).iter().for_each(|word| offer.add(word));
                }
                _ => OPTIONS.iter().for_each(|option| {
                    offer.described(option.name, &format!("{:<11} {}", option.name, option.does));
                }),
            }
        }
        Completes::Topic => {
            TOPICS.iter().for_each(|topic| {
                offer.described(topic.name, &format!("{:<12} {}", topic.name, topic.title))
            });
            if !offer.word.is_empty() {
                functions(context, &mut offer, "");
            }
        }
        Completes::Function => functions(context, &mut offer, ""),
        Completes::Command => COMMANDS.iter().for_each(|command| offer.add(command.name)),
        Completes::Region => {
            let typed = offer.word;
            return list(start, typed, &values::regions(context));
        }
        Completes::Profile => {
            let typed = offer.word;
            return list(start, typed, &values::profiles(context));
        }
        Completes::Query => saved::offered(typed, |name| offer.add(name)),
        Completes::Nothing => {}
    }
    (start, offer.found)
}

/// The last part of a list that is separated by commas.
fn list(start: usize, typed: &str, names: &[String]) -> (usize, Vec<Pair>) {
    let part = typed.rfind(',').map_or(0, |comma| comma + 1);
    let mut offer = Offer::new(&typed[part..]);
    names.iter().for_each(|name| offer.add(name));
    (start + part, offer.found)
}

fn values_of(option: &str) -> Vec<&'static str> {
    OPTIONS.iter().find(|known| known.name == option).map(|known| (known.values)()).unwrap_or_default()
}
