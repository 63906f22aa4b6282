//! The parameters of databases.

use crate::call::Operation;
use crate::input::text;
use crate::json::Json;
use crate::page;

use super::databases::database_named;
use How::{AtOnce, AtRestart, Never};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetRelationalDatabaseParameters",
    members: &[text("relationalDatabaseName").required(), text("pageToken")],
    answer: |call| {
        let one = database_named(&call.place, call.required("relationalDatabaseName"))?;
        let parameters = if one.is_mysql() { MYSQL } else { POSTGRES };
        page::list(
            call,
            "parameters",
            |start| (0..).zip(parameters).skip(start as usize),
            |json, parameter| parameter.write(json),
        )
    },
}];

/// A setting of an engine.
struct Parameter {
    name: &'static str,
    kind: &'static str,
    allowed: Option<&'static str>,
    value: Option<&'static str>,
    how: How,
    description: &'static str,
}

/// Whether a parameter can be changed, and when it takes effect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Never,
    AtRestart,
    AtOnce,
}

const fn number(
    name: &'static str,
    allowed: &'static str,
    value: Option<&'static str>,
    how: How,
    description: &'static str,
) -> Parameter {
    Parameter { name, kind: "integer", allowed: Some(allowed), value, how, description }
}

const fn switch(
    name: &'static str,
    value: Option<&'static str>,
    how: How,
    description: &'static str,
) -> Parameter {
    Parameter { name, kind: "boolean", allowed: Some("0,1"), value, how, description }
}

const fn text_value(
    name: &'static str,
    value: Option<&'static str>,
    how: How,
    description: &'static str,
) -> Parameter {
    Parameter { name, kind: "string", allowed: None, value, how, description }
}

impl Parameter {
    fn write(&self, json: &mut Json) {
        json.some_text("allowedValues", self.allowed);
        json.text("applyMethod", if self.how == How::AtOnce { "immediate" } else { "pending-reboot" });
        json.text("applyType", if self.how == How::AtOnce { "dynamic" } else { "static" });
        json.text("dataType", self.kind);
        json.text("description", self.description);
        json.plain("isModifiable", self.how != How::Never);
        json.text("parameterName", self.name);
        json.some_text("parameterValue", self.value);
    }
}

static MYSQL: &[Parameter] = &[
    switch("autocommit", None, AtOnce, "Sets the autocommit mode"),
    number("back_log", "1-65535", None, AtRestart, "The number of outstanding connection requests"),
    text_value("basedir", Some("/rdsdbbin/mysql"), Never, "The MySQL installation base directory"),
    number(
        "binlog_cache_size",
        "4096-18446744073709547520",
        Some("32768"),
        AtOnce,
        "The cache of a transaction's log",
    ),
    text_value("character_set_server", None, AtOnce, "The server's default character set"),
    number("connect_timeout", "2-31536000", None, AtOnce, "Seconds to wait for a connect packet"),
    text_value("datadir", Some("/rdsdbdata/db/"), Never, "The data directory"),
    switch("event_scheduler", Some("1"), AtOnce, "Whether the event scheduler runs"),
    switch("explicit_defaults_for_timestamp", Some("1"), AtOnce, "Standard behaviour of TIMESTAMP columns"),
    switch("general_log", Some("0"), AtOnce, "Whether the general query log is enabled"),
    number(
        "group_concat_max_len",
        "4-18446744073709547520",
        None,
        AtOnce,
        "The longest result of GROUP_CONCAT",
    ),
    number(
        "innodb_buffer_pool_size",
        "5242880-18446744073709547520",
        Some("536870912"),
        AtOnce,
        "The buffer pool",
    ),
    switch("innodb_file_per_table", Some("1"), AtOnce, "A tablespace for each table"),
    number("innodb_lock_wait_timeout", "1-1073741824", None, AtOnce, "Seconds to wait for a row lock"),
    number("interactive_timeout", "1-31536000", None, AtOnce, "Seconds before an idle client is cut off"),
    switch("local_infile", Some("1"), AtOnce, "Whether LOAD DATA may read local files"),
    number("long_query_time", "0-31536000", Some("2"), AtOnce, "Seconds that make a query slow"),
    number("lower_case_table_names", "0-1", None, AtRestart, "How names of tables are stored and compared"),
    number("max_allowed_packet", "1024-1073741824", None, AtOnce, "The largest packet"),
    number(
        "max_connections",
        "1-100000",
        Some("66"),
        AtOnce,
        "The number of simultaneous client connections",
    ),
    switch("performance_schema", Some("0"), AtRestart, "Whether the performance schema is enabled"),
    number("port", "1150-65535", Some("3306"), Never, "The port to listen at"),
    switch("slow_query_log", Some("1"), AtOnce, "Whether slow queries are logged"),
    text_value("sql_mode", None, AtOnce, "The SQL mode"),
    number("table_open_cache", "1-524288", None, AtOnce, "The number of open tables for all threads"),
    text_value("time_zone", Some("UTC"), AtOnce, "The server's time zone"),
    number("wait_timeout", "1-31536000", None, AtOnce, "Seconds before an idle connection is cut off"),
];

static POSTGRES: &[Parameter] = &[
    switch("autovacuum", Some("1"), AtOnce, "Starts the autovacuum subprocess"),
    number("autovacuum_max_workers", "1-262143", Some("3"), AtRestart, "Autovacuum processes at a time"),
    number("autovacuum_naptime", "1-2147483", Some("15"), AtOnce, "Seconds between autovacuum runs"),
    number("checkpoint_timeout", "30-3600", None, AtOnce, "Seconds between checkpoints"),
    text_value(
        "config_file",
        Some("/rdsdbdata/config/postgresql.conf"),
        Never,
        "The main configuration file",
    ),
    text_value("datestyle", None, AtOnce, "The format of dates and times"),
    number("deadlock_timeout", "1-2147483647", None, AtOnce, "Milliseconds before looking for a deadlock"),
    number(
        "effective_cache_size",
        "1-2147483647",
        Some("65536"),
        AtOnce,
        "What the planner takes the cache to be",
    ),
    switch("hot_standby", None, Never, "Allows queries during recovery"),
    number("idle_in_transaction_session_timeout", "0-2147483647", Some("86400000"), AtOnce, "Milliseconds"),
    switch("log_connections", Some("0"), AtOnce, "Logs each connection"),
    number(
        "log_min_duration_statement",
        "-1-2147483647",
        None,
        AtOnce,
        "Milliseconds from which queries are logged",
    ),
    number("maintenance_work_mem", "1024-2147483647", Some("65536"), AtOnce, "Memory for maintenance"),
    number("max_connections", "6-8388607", Some("80"), AtRestart, "The number of simultaneous connections"),
    number("max_wal_senders", "5-100", Some("20"), AtRestart, "Processes that send the log"),
    number("port", "1150-65535", Some("5432"), Never, "The port to listen at"),
    number("random_page_cost", "0-1797693134862315", None, AtOnce, "What the planner takes a page to cost"),
    switch("rds.force_ssl", Some("1"), AtOnce, "Refuses connections without TLS"),
    text_value("search_path", None, AtOnce, "Where names without a schema are looked up"),
    number("shared_buffers", "16-1073741823", Some("32768"), AtRestart, "Shared memory buffers"),
    text_value("timezone", Some("UTC"), AtOnce, "The time zone"),
    number("work_mem", "64-2147483647", Some("4096"), AtOnce, "Memory for sorts and hashes"),
];
