//! What each command does.

use std::path::Path;

use super::{Console, Flow, with_format};
use crate::output::{Destination, Format, is_standard};
use crate::pattern::Pattern;
use crate::run::{self, Asked};
use crate::script::Script;
use crate::shell::command::{self, Command, Relations};
use crate::shell::listing::Paper;
use crate::shell::{calls, describe, editor, history, saved, targets};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::script::{Parameters, parameter, parse};
use datafusion_lightsail::settings::SETTINGS;

/// How deeply files may include files.
const DEEPEST: usize = 16;

impl Console<'_> {
    /// Does what a command says, in the middle of the statement `open` or between statements.
    pub(crate) async fn obey(&mut self, command: &Command, open: &str) -> Result<Flow> {
        self.check_reach(command)?;
        let context = self.session.context();
        match command {
            Command::Describe(relations, pattern) => {
                let text = self.described(*relations, pattern.as_deref())?;
                self.page(&text)?;
            }
            Command::Functions(pattern) => self.show(&command::functions(context, pattern.as_deref())?)?,
            Command::Topic(word) => {
                let text = command::topic(context, word.as_deref())?;
                self.page(&format!("{text}\n"))?;
            }
            Command::Include(path) => return Box::pin(self.include(path)).await,
            Command::Output(path) => {
                self.file = path.clone().filter(|path| !is_standard(path)).map(with_format).transpose()?;
                self.is_taken = false;
                match &self.file {
                    Some((path, _)) => self.note(format_args!("results go to {}", path.display())),
                    None => self.note("results go to the screen"),
                }
            }
            Command::Once(path) => {
                self.once = Some(with_format(path.clone())?);
                self.note(format_args!("the next result goes to {}", path.display()));
            }
            Command::Display(None, _) => self.print(self.display.list())?,
            Command::Display(Some(name), value) => {
                let said = self.display.set(name, value.as_deref())?;
                self.note(said);
            }
            Command::Run(_) | Command::RunExpanded | Command::Watch(_) => {
                let (statement, values) = self.previous.clone().ok_or_else(nothing_yet)?;
                return Box::pin(self.run_as(command, &statement, &values)).await;
            }
            Command::Edit => return self.edit(open).await,
            Command::Print => {
                let text = self.text(open)?;
                self.print(text)?;
            }
            Command::Save(path) => {
                let text = format!("{};\n", self.text(open)?);
                let mut out = Destination::create(path)?;
                out.send(text.as_bytes())?;
                out.commit()?;
                self.note(format_args!("wrote {}", path.display()));
            }
            Command::History(pattern) => self.print(history::matching(pattern.as_deref())?)?,
            Command::Queries(pattern) => self.print(saved::list(pattern)?.trim_end())?,
            Command::RunSaved(line) => {
                let (script, values) = saved::read(line)?;
                // Where the terminal has a width, the title goes with the table.
                if self.screen_options().width.is_none() {
                    script.title.iter().for_each(|title| self.note(title));
                }
                let before = std::mem::replace(&mut self.display.rows.about.title, script.title.clone());
                let flow = Box::pin(self.run_all(&script.statements, &script.commands, &values)).await;
                self.display.rows.about.title = before;
                return flow;
            }
            Command::Setting(name, value) => self.setting(name, value.as_deref()).await?,
            Command::Parameter(name, value) => self.parameter(name.as_deref(), value.as_deref())?,
            Command::Chart(file) => self.chart(file.as_deref()).await?,
            Command::Calls => {
                let made = self.session.call_log().into_iter();
                let made: Vec<_> = made.filter(|call| call.statement == self.last).collect();
                match made.is_empty() {
                    true => self.note("the last statement made no API call"),
                    false => {
                        // A program that reads the calls wants no second table among them.
                        if self.display.format.spec().is_for_people {
                            self.show(&calls::summed(&made)?)?;
                        }
                        self.show(&calls::listed(&made)?)?;
                    }
                }
            }
            Command::Targets => self.show(&targets::rows(&self.session.targets())?)?,
            Command::Refresh => {
                self.session.refresh();
                self.note("the next query asks anew");
            }
            Command::System(line) => editor::system(line)?,
            Command::Help(wanted) => self.print(command::commands(wanted.as_deref())?)?,
            Command::Quit => return Ok(Flow::Leave),
        }
        Ok(Flow::Continue)
    }

    /// Runs a file. What it gives its parameters holds for it alone.
    async fn include(&mut self, path: &Path) -> Result<Flow> {
        if self.depth == DEEPEST {
            return Err(Error::new(Kind::Usage, format!("{}: files include each other", path.display())));
        }
        let script = Script::read(path)?;
        let values = script.values(&self.parameters)?;
        self.depth += 1;
        let flow = self.run_all(&script.statements, &script.commands, &values).await;
        self.depth -= 1;
        flow
    }

    /// Opens the statement in an editor. In the shell what comes of it stands at the prompt; elsewhere it is run.
    async fn edit(&mut self, open: &str) -> Result<Flow> {
        let text = self.text(open).unwrap_or_default();
        let edited = tokio::task::spawn_blocking(move || editor::edit(&text)).await;
        let edited = edited.map_err(Error::bug)??;
        if self.is_shell {
            return Ok(Flow::Edit(edited));
        }
        let script = Script::new("the editor", &edited)?;
        let values = script.values(&self.parameters)?;
        Box::pin(self.run_all(&script.statements, &script.commands, &values)).await
    }

    async fn setting(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else { return Ok(()) };
        if let Some(value) = value {
            let sql = format!("SET {} = '{}'", setting.key(), value.trim_matches('\'').replace('\'', "''"));
            for statement in parse(&format!("\\{name}"), &sql)? {
                let record = self.session.begin();
                let asked = Asked { session: self.session, record: &record, parameters: &Parameters::new() };
                let (out, options) = (Destination::stdout(), self.screen_options());
                let outcome = run::run(asked, &statement, out, Format::Table, &options).await?;
                outcome.tell(self.quiet, false);
            }
        }
        let shown = setting.show(&self.session.options());
        let shown = if shown.is_empty() { format!("not set: {}", setting.default) } else { shown };
        self.note(format_args!("{} is {shown}", setting.key()));
        Ok(())
    }

    fn parameter(&mut self, name: Option<&str>, value: Option<&str>) -> Result<()> {
        match (name, value) {
            (Some(name), Some(value)) => {
                let (name, value) = parameter(&format!("{name}={value}"))?;
                self.note(format_args!("${name} is {value}"));
                self.parameters.insert(name, value);
            }
            (Some(name), None) => match self.parameters.remove(name) {
                Some(_) => self.note(format_args!("${name} has no value any more")),
                None => return Err(Error::new(Kind::Usage, format!("${name} has no value"))),
            },
            (None, _) if self.parameters.is_empty() => self.note("no parameter has a value"),
            (None, _) => {
                let mut lines: Vec<String> =
                    self.parameters.iter().map(|(name, value)| format!("  ${name} = {value}")).collect();
                lines.sort_unstable();
                self.print(lines.join("\n"))?;
            }
        }
        Ok(())
    }

    /// The statement that is being typed, or else the last one.
    fn text(&self, open: &str) -> Result<String> {
        if !open.is_empty() {
            return Ok(open.to_owned());
        }
        self.previous.as_ref().map(|(statement, _)| statement.text.clone()).ok_or_else(nothing_yet)
    }

    /// The tables and views whose names match a pattern; of one that is named, all that is known.
    fn described(&self, relations: Relations, pattern: Option<&str>) -> Result<String> {
        let (context, paper) = (self.session.context(), Paper::new(&self.screen_options()));
        let wanted = pattern.map(Pattern::new);
        if let (Some(name), Some(wanted), Relations::All) = (pattern, &wanted, relations)
            && !wanted.is_glob()
        {
            return describe::described(context, name, paper);
        }
        let mut found = describe::relations(context);
        found.retain(|relation| {
            let is_of = match relations {
                Relations::All => true,
                Relations::Views => relation.is_view,
                Relations::Tables => !relation.is_view,
            };
            is_of && wanted.as_ref().is_none_or(|wanted| wanted.matches(&relation.name))
        });
        match (found.is_empty(), pattern) {
            (true, Some(pattern)) => Err(Error::new(Kind::Usage, format!("no name matches {pattern}"))
                .with_hint("\\d lists the tables and views; * stands for any letters")),
            _ => Ok(describe::listed(&found, paper)),
        }
    }
}

fn nothing_yet() -> Error {
    Error::new(Kind::Usage, "there is no statement yet")
        .with_hint("type one before the command, or run one first")
}
