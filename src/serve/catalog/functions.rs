//! The functions that tools call beside the system catalog, and that datafusion-pg-catalog has none of, or other ones.

mod says;
mod written;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;

use super::Comments;
use crate::serve::settings::{Settings, VERSION};
use crate::serve::{Backends, DATABASE};
use says::{Function, Says};

/// The oids of tables, by schema and name.
pub(super) type Oids = HashMap<(String, String), i32>;

/// Who asks, and what there is to be said to them.
pub(super) struct Asker<'a> {
    pub(super) user: &'a str,
    pub(super) pid: i32,
    pub(super) settings: Arc<Mutex<Settings>>,
    pub(super) backends: Arc<Backends>,
    pub(super) comments: Arc<Comments>,
    pub(super) oids: Arc<Oids>,
    /// When the server began, in microseconds since 1970.
    pub(super) begun: i64,
}

/// Functions that say nothing.
const NOTHING: &[&str] = &[
    "shobj_description",
    "pg_get_expr",
    "pg_get_constraintdef",
    "pg_get_partkeydef",
    "pg_get_viewdef",
    "pg_get_indexdef",
    "pg_get_ruledef",
    "pg_get_triggerdef",
    "pg_get_serial_sequence",
    "pg_get_function_result",
    "pg_get_function_arguments",
    "pg_get_function_identity_arguments",
    "pg_get_function_sqlbody",
    "pg_get_functiondef",
    "pg_get_statisticsobjdef",
    "pg_tablespace_location",
    "pg_advisory_unlock_all",
    "pg_size_pretty",
    "pg_relation_filenode",
    "json_build_object",
    "inet_server_addr",
    "inet_client_addr",
];

/// Functions that say no number: what there is here takes no room that anybody could know of.
const NO_NUMBER: &[&str] = &[
    "pg_table_size",
    "pg_indexes_size",
    "pg_database_size",
    "pg_relation_size",
    "pg_total_relation_size",
    "pg_tablespace_size",
    "age",
    "inet_client_port",
    "inet_server_port",
    "txid_current_if_assigned",
];

/// Functions that say which privileges somebody has: to read, and no others.
const PRIVILEGES: &[&str] = &[
    "has_any_column_privilege",
    "has_column_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "has_language_privilege",
    "has_schema_privilege",
    "has_sequence_privilege",
    "has_table_privilege",
    "has_type_privilege",
];

/// Functions that say yes.
const YES: &[&str] = &[
    "pg_collation_is_visible",
    "pg_type_is_visible",
    "pg_function_is_visible",
    "pg_operator_is_visible",
    "pg_opclass_is_visible",
    "pg_opfamily_is_visible",
    "pg_conversion_is_visible",
    "pg_statistics_obj_is_visible",
    "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible",
    "pg_ts_parser_is_visible",
    "pg_ts_template_is_visible",
    "pg_has_role",
    // Nothing is written, so that nobody waits for what is locked.
    "pg_try_advisory_lock",
    "pg_try_advisory_xact_lock",
    "pg_advisory_unlock",
];

/// Functions that say no.
const NO: &[&str] =
    &["pg_is_in_recovery", "pg_is_other_temp_schema", "pg_index_has_property", "pg_indexam_has_property"];

/// Registers them.
pub(super) fn register(context: &SessionContext, asker: Asker<'_>) {
    let Asker { user, pid, settings, backends, comments, oids, begun } = asker;
    let version = format!("PostgreSQL {VERSION} on {}", std::env::consts::ARCH);
    let mut functions = vec![
        ("version", Says::Text(version)),
        ("session_user", Says::Text(user.to_owned())),
        ("current_user", Says::Text(user.to_owned())),
        ("user", Says::Text(user.to_owned())),
        ("getdatabaseencoding", Says::Text("UTF8".to_owned())),
        ("pg_encoding_to_char", Says::Encoding),
        ("pg_char_to_encoding", Says::Number(6)),
        ("pg_my_temp_schema", Says::Number(0)),
        ("txid_current", Says::Number(1)),
        ("generate_subscripts", Says::Number(1)),
        ("array_to_string", Says::Joined),
        ("format", Says::Formatted),
        ("pg_typeof", Says::TypeOf),
        ("to_regtype", Says::TypeNamed),
        ("pg_postmaster_start_time", Says::Time(begun)),
        ("pg_conf_load_time", Says::Time(begun)),
        ("pg_get_userbyid", Says::Text(DATABASE.into())),
        ("current_setting", Says::Setting(Arc::clone(&settings))),
        ("set_config", Says::SetConfig(settings)),
        ("obj_description", Says::Comment(Arc::clone(&comments))),
        ("col_description", Says::Comment(comments)),
        ("oid_of_relation", Says::OidOf(Arc::clone(&oids))),
        ("to_regclass", Says::NameOf(oids)),
        ("pg_backend_pid", Says::Number(pid.into())),
        ("pg_cancel_backend", Says::Ended(Arc::clone(&backends), user.to_owned())),
        ("pg_terminate_backend", Says::Ended(backends, user.to_owned())),
    ];
    functions.extend(NOTHING.iter().map(|name| (*name, Says::Nothing)));
    functions.extend(NO_NUMBER.iter().map(|name| (*name, Says::NoNumber)));
    functions.extend(PRIVILEGES.iter().map(|name| (*name, Says::Privilege)));
    functions.extend(YES.iter().map(|name| (*name, Says::Bool(true))));
    functions.extend(NO.iter().map(|name| (*name, Says::Bool(false))));
    for (name, says) in functions {
        context.register_udf(ScalarUDF::from(Function::new(name, says)));
    }
}
