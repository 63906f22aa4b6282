//! What a client may read and offer beside the tools: the guide, the tables, and the saved queries as prompts.

use datafusion::common::ScalarValue;
use rmcp::ErrorData;
use rmcp::model::{
    GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt, PromptArgument, PromptMessage,
    ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate, Role,
};
use serde_json::{Map, Value};

use super::engine::Engine;
use crate::saved::{Library, SavedQuery};
use datafusion_lightsail::catalog::TABLES;
use datafusion_lightsail::error::{Error, Result};
use datafusion_lightsail::views::VIEWS;

const GUIDE: &str = "lightsail://guide";
const TABLE: &str = "lightsail://tables/";

/// The guide, and a document for each table and view.
pub(super) fn resources() -> Vec<Resource> {
    let guide = Resource::new(GUIDE, "guide")
        .with_description("How questions are asked, what answers promise, and what they cost.")
        .with_mime_type("text/markdown");
    let document = |name: &str, about: String| {
        Resource::new(format!("{TABLE}{name}"), name).with_description(about).with_mime_type("text/plain")
    };
    let tables = TABLES.iter().map(|table| document(table.name(), table.description().to_owned()));
    let views = VIEWS.iter().map(|view| document(view.name(), view.header().description()));
    std::iter::once(guide).chain(tables).chain(views).collect()
}

/// The documents of the tables.
pub(super) fn template() -> ResourceTemplate {
    ResourceTemplate::new(format!("{TABLE}{{name}}"), "table")
        .with_description("The columns of a table, its joins and an example.")
        .with_mime_type("text/plain")
}

/// One of them.
pub(super) async fn read(engine: &Engine, uri: &str) -> std::result::Result<ReadResourceResponse, ErrorData> {
    let (text, kind) = match uri.strip_prefix(TABLE) {
        Some(name) => (engine.described(name).await.map_err(unknown)?, "text/plain"),
        None if uri == GUIDE => (include_str!("../../docs/guide.md").to_owned(), "text/markdown"),
        None => return Err(ErrorData::resource_not_found(format!("there is no {uri}"), None)),
    };
    let contents = ResourceContents::text(text, uri).with_mime_type(kind);
    Ok(ReadResourceResult::new(vec![contents]).into())
}

fn unknown(error: Error) -> ErrorData {
    ErrorData::resource_not_found(error.to_string(), None)
}

/// The saved queries.
pub(super) fn prompts(library: &Library) -> Vec<Prompt> {
    let prompt = |query: &SavedQuery| {
        let arguments: Vec<PromptArgument> = query
            .declared()
            .into_iter()
            .map(|(name, meaning, default)| {
                let meaning = match &default {
                    Some(default) => format!("{meaning} (default {default})"),
                    None => meaning,
                };
                PromptArgument::new(name).with_description(meaning).with_required(default.is_none())
            })
            .collect();
        Prompt::new(&query.name, Some(query.title()), (!arguments.is_empty()).then_some(arguments))
    };
    library.matching("").into_iter().map(prompt).collect()
}

/// What one of them asks of a model.
pub(super) fn prompt(
    library: &Library,
    request: GetPromptRequestParams,
) -> std::result::Result<GetPromptResponse, ErrorData> {
    let wrong = |error: Error| ErrorData::invalid_params(error.to_string(), None);
    let (title, text) = asked(library, &request).map_err(wrong)?;
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(title).into())
}

fn asked(library: &Library, request: &GetPromptRequestParams) -> Result<(String, String)> {
    let query = library.find(&request.name)?;
    let values: Vec<String> = request
        .arguments
        .iter()
        .flatten()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    let (script, given) = query.with(&values)?;
    let bound = script.values(&given)?;
    let values: Map<String, Value> =
        bound.iter().map(|(name, value)| (name.clone(), argument(value))).collect();
    let with = match values.is_empty() {
        true => String::new(),
        false => format!(" with the parameters {}", Value::Object(values)),
    };
    let statements: Vec<&str> = script.statements.iter().map(|statement| statement.text.as_str()).collect();
    let text = format!(
        "{title}: run this with the tool query{with}, and say in plain words what it found. If `complete` is false, say what is missing.\n\n```sql\n{sql}\n```",
        title = query.title(),
        sql = statements.join(";\n"),
    );
    Ok((query.title(), text))
}

/// A value as an agent passes it on to `query`.
fn argument(value: &ScalarValue) -> Value {
    match value {
        value if value.is_null() => Value::Null,
        ScalarValue::Boolean(Some(value)) => Value::from(*value),
        ScalarValue::Int64(Some(value)) => Value::from(*value),
        ScalarValue::Float64(Some(value)) => Value::from(*value),
        other => Value::String(other.to_string()),
    }
}
