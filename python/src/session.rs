//! A session of one's own, and the statements that it is asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, SystemTime};

use datafusion_lightsail::aws::{Clients, Settings};
use datafusion_lightsail::error::{Error, Kind, Result};
use datafusion_lightsail::nearest::nearest;
use datafusion_lightsail::options::LightsailOptions;
use datafusion_lightsail::script::{Script, Statement, located};
use datafusion_lightsail::session::{Archive, Session as Engine, SessionBuilder};
use datafusion_lightsail::settings::SETTINGS;
use futures::StreamExt;
use lightsail_demo as fleet;
use lightsail_queries::SHIPPED;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::answer::Answer;
use crate::cells::parameters;
use crate::errors::{OrRaise, exception};
use crate::home::Home;
use crate::run::{Question, TICK};

/// The settings that a session may begin with: name, what it says.
#[pyfunction]
pub(crate) fn settings() -> Vec<(&'static str, &'static str)> {
    SETTINGS.iter().map(|setting| (setting.name, setting.description)).collect()
}

/// The saved queries: theme, name, text.
#[pyfunction]
pub(crate) fn queries() -> Vec<(&'static str, &'static str, &'static str)> {
    SHIPPED.iter().map(|query| (query.theme, query.name, query.sql)).collect()
}

/// A session of one's own.
#[pyclass(frozen, module = "lightsail_sql._lightsail_sql")]
#[derive(Debug)]
pub(crate) struct Session {
    home: Arc<Home>,
    engine: Engine,
}

impl Session {
    /// Waits for work that is done on the session's own threads, without the GIL. Ctrl-C ends it.
    fn wait<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> PyResult<T> {
        wait(&self.home, py, work)
    }

    fn question(&self, statement: Statement, given: &Bound<'_, PyDict>) -> PyResult<Question> {
        let py = given.py();
        let parameters = parameters(given)?;
        check(&statement, parameters.keys()).or_raise(py)?;
        Ok(Question { session: self.engine.clone(), statement, parameters })
    }

    fn answer(&self, py: Python<'_>, question: Question) -> PyResult<Answer> {
        let (question, schema, record) = self.wait(py, async move {
            let record = question.session.begin();
            let mut stream = question.ask(Arc::clone(&record)).await?;
            if !question.statement.has_rows() {
                while let Some(batch) = stream.next().await {
                    batch.map_err(|error| located(error, &question.statement.place))?;
                }
            }
            Ok((question, stream.schema(), record))
        })?;
        let home = Arc::clone(&self.home);
        Ok(match question.statement.has_rows() {
            true => Answer::new(home, question, schema),
            false => Answer::done(home, question, schema, record),
        })
    }
}

fn wait<T: Send + 'static>(
    home: &Home,
    py: Python<'_>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> PyResult<T> {
    let handle = home.handle().or_raise(py)?;
    let (sender, mut receiver) = channel();
    let task = handle.spawn(async move {
        // Ctrl-C may have ended the wait.
        let _ = sender.send(work.await);
    });
    loop {
        // Sent to whatever thread detaches: only a unique reference to it can be.
        let receiver = &mut receiver;
        match py.detach(move || receiver.recv_timeout(TICK)) {
            Ok(done) => return done.or_raise(py),
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| task.abort())?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(exception(py, &Error::new(Kind::Usage, "the connection was closed")));
            }
        }
    }
}

/// Refuses a statement whose parameters are not those that are given.
fn check<'a>(statement: &Statement, given: impl Iterator<Item = &'a String>) -> Result<()> {
    let known = || statement.parameters.iter().map(String::as_str);
    let mut missing = statement.parameters.clone();
    for name in given {
        if !missing.remove(name) {
            let error = Error::new(Kind::Usage, format!("the statement has no parameter ${name}"));
            return Err(match nearest(name, known()) {
                Some(meant) => error.with_hint(format!("did you mean ${meant}?")),
                None => error.with_hint("a parameter stands in it as $name"),
            });
        }
    }
    missing.first().map_or(Ok(()), |name| {
        Err(Error::new(Kind::Usage, format!("${name} needs a value"))
            .with_hint(format!("give it by its name: sql(…, {name}=…)")))
    })
}

/// The one statement of a script.
fn one(mut script: Script) -> Result<Statement> {
    if script.statements.is_empty() {
        return Err(Error::new(Kind::Usage, "there is no statement"));
    }
    let (Some(statement), true) = (script.statements.pop(), script.statements.is_empty()) else {
        return Err(Error::new(Kind::Usage, "one statement at a time")
            .with_hint("call sql once for each, or join them: WITH a AS (SELECT …) SELECT …"));
    };
    Ok(statement)
}

#[pymethods]
impl Session {
    /// Starts a session; nothing is asked yet.
    #[new]
    #[pyo3(signature = (settings, *, captures = None, at = None, demo = None, endpoint_url = None,
        insecure_endpoint = false, ca_bundle = None, connect_timeout = None, read_timeout = None, max_attempts = None))]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of a call in Python")]
    fn new(
        py: Python<'_>,
        settings: Vec<(String, String)>,
        captures: Option<PathBuf>,
        at: Option<String>,
        demo: Option<String>,
        endpoint_url: Option<String>,
        insecure_endpoint: bool,
        ca_bundle: Option<PathBuf>,
        connect_timeout: Option<f64>,
        read_timeout: Option<f64>,
        max_attempts: Option<u32>,
    ) -> PyResult<Self> {
        let mut options = options(&settings).or_raise(py)?;
        let is_asked = demo.is_some() || endpoint_url.is_some();
        let archive = archive(captures, at.as_deref(), is_asked, &options).or_raise(py)?;
        let seconds = |seconds: Option<f64>| seconds.map(Duration::try_from_secs_f64).transpose();
        let wrong = |error: std::time::TryFromFloatSecsError| {
            exception(py, &Error::new(Kind::Usage, format!("no number of seconds: {error}")))
        };
        let mut asked = Settings {
            endpoint_url,
            insecure_endpoint,
            ca_bundle,
            connect_timeout: seconds(connect_timeout).map_err(wrong)?,
            read_timeout: seconds(read_timeout).map_err(wrong)?,
            max_attempts,
            ..Settings::default()
        };
        let home = Arc::new(Home::start().or_raise(py)?);
        match demo {
            // Nobody is asked.
            None if archive.is_some() => {}
            None => asked = asked.with_environment().or_raise(py)?,
            Some(today) => {
                let today = day(&today).or_raise(py)?;
                let server = wait(&home, py, async move {
                    let config = fleet::Config { today, ..fleet::Config::default() };
                    let started = fleet::Server::start(config, fleet::LOOPBACK).await;
                    started.map_err(|error| Error::new(Kind::Usage, format!("cannot listen: {error}")))
                })?;
                if options.regions.is_empty() {
                    options.regions = "all".into();
                }
                asked = asked.for_demo(server.url(), fleet::ACCESS_KEY);
                home.keep(server);
            }
        }
        let clients = Arc::new(Clients::new(asked));
        let engine = wait(&home, py, async move {
            let builder = SessionBuilder::new(clients).with_options(options);
            archive.into_iter().fold(builder, SessionBuilder::with_archive).build()
        })?;
        Ok(Self { home, engine })
    }

    /// Plans a statement.
    fn sql(&self, text: &str, given: &Bound<'_, PyDict>) -> PyResult<Answer> {
        let py = given.py();
        let script = py.detach(|| Script::new("sql", text)).or_raise(py)?;
        let statement = one(script).or_raise(py)?;
        self.answer(py, self.question(statement, given)?)
    }

    /// Plans a saved query.
    fn saved(&self, name: &str, given: &Bound<'_, PyDict>) -> PyResult<Answer> {
        let py = given.py();
        let Some(query) = SHIPPED.iter().find(|query| query.name == name) else {
            let error = Error::new(Kind::Usage, format!("there is no saved query {name}"));
            let error = match nearest(name, SHIPPED.iter().map(|query| query.name)) {
                Some(meant) => error.with_hint(format!("did you mean {meant}?")),
                None => error.with_hint("Connection.queries() lists them"),
            };
            return Err(exception(py, &error));
        };
        let script = Script::new(name, query.sql).or_raise(py)?;
        let given = parameters(given)?;
        script.check_names(given.keys(), name).or_raise(py)?;
        let parameters = script.values(&given).or_raise(py)?;
        let statement = one(script).or_raise(py)?;
        self.answer(py, Question { session: self.engine.clone(), statement, parameters })
    }

    /// About how many calls a statement would make, and a predicate that makes fewer.
    fn estimate(&self, text: &str, given: &Bound<'_, PyDict>) -> PyResult<(usize, Option<String>)> {
        let py = given.py();
        let statement = one(Script::new("sql", text).or_raise(py)?).or_raise(py)?;
        let question = self.question(statement, given)?;
        let estimate = self.wait(py, async move {
            let Question { session, statement, parameters } = question;
            let estimate = session.estimate(&statement.ast, &parameters).await;
            estimate.map_err(|error| located(error, &statement.place))
        })?;
        let cheaper = estimate
            .narrower
            .map(|(calls, (column, value))| format!("{column} = '{value}' makes about {calls} of them"));
        Ok((estimate.calls, cheaper))
    }

    /// How many calls the session has made.
    #[getter]
    fn api_calls(&self) -> u64 {
        self.engine.calls()
    }

    /// The URL of the embedded endpoint and how many requests it has had.
    #[getter]
    fn demo(&self) -> Option<(String, u64)> {
        self.home.demo()
    }

    /// Cancels what is running, and ends the session.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.home.close());
    }
}

/// The captures that answer instead of the service.
fn archive(
    folder: Option<PathBuf>,
    at: Option<&str>,
    is_asked: bool,
    options: &LightsailOptions,
) -> Result<Option<Archive>> {
    let Some(folder) = folder else {
        return match at {
            None => Ok(None),
            Some(_) => Err(Error::new(Kind::Usage, "at says which of the captures answers")
                .with_hint("captures='…' is the folder that has them")),
        };
    };
    if is_asked || !options.profiles.is_empty() || !options.regions.is_empty() {
        let what =
            "captures answer instead of the service: profile, region, demo and endpoint_url say whom to ask";
        return Err(Error::new(Kind::Usage, what).with_hint("choose among their rows: WHERE region = '…'"));
    }
    Archive::open(&folder, at).map(Some)
}

fn options(settings: &[(String, String)]) -> Result<LightsailOptions> {
    let mut options = LightsailOptions::default();
    for (name, value) in settings {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            let error = Error::new(Kind::Usage, format!("there is no setting {name}"));
            return Err(match nearest(name, SETTINGS.iter().map(|setting| setting.name)) {
                Some(meant) => error.with_hint(format!("did you mean {meant}?")),
                None => error.with_hint("help(lightsail_sql.connect) lists them"),
            });
        };
        setting.set(&mut options, value).map_err(|what| Error::new(Kind::Usage, what).at(name))?;
    }
    Ok(options)
}

/// The day of the demo fleet; today if the text is empty.
fn day(text: &str) -> Result<SystemTime> {
    match text {
        "" => Ok(SystemTime::now()),
        text => fleet::day(text)
            .map_err(|what| Error::new(Kind::Usage, format!("demo_today is {text:?}, {what}"))),
    }
}
