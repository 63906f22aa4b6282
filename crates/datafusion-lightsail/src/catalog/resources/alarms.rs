//! `alarms`.

use aws_sdk_lightsail::types::Alarm;

use super::common::{arn, created_at, support_code, tag_map, zone};
use crate::catalog::asks::each_name;
use crate::catalog::column::{flag, float, int, name_list, names, text};
use crate::catalog::operation::{Items, Lookup, Operation, call};
use crate::catalog::rows::{Plain, resource};
use crate::catalog::table::{Feed, Group, TableSpec};

/// GetAlarms.
pub static GET_ALARMS: Operation = Operation {
    lookup: Some(Lookup {
        name: "GetAlarms",
        member: "alarmName",
        get: call!(|request| get_alarms
            .set_alarm_name(request.text("alarmName"))
            .set_page_token(request.token)
            => |output| output.alarms.map(Items::new), output.next_page_token),
    }),
    asks: |known| each_name(known, "monitored_resource_info_name", "monitoredResourceName"),
    ..Operation::new(
        "GetAlarms",
        call!(|request| get_alarms
            .set_monitored_resource_name(request.text("monitoredResourceName"))
            .set_page_token(request.token)
            => |output| output.alarms.map(Items::new), output.next_page_token),
    )
};

resource!(Alarm: name, arn, location);

/// `alarms`.
pub static ALARMS: TableSpec<Plain<Alarm>> = TableSpec {
    name: "alarms",
    group: Group::Accounts,
    description: "Alarms on metrics of resources, one row each.",
    feeds: &[Feed::of::<Alarm>(&GET_ALARMS)],
    key: Some("name"),
    examples: &[
        "SELECT state, count(*) AS alarms FROM alarms GROUP BY state ORDER BY alarms DESC",
        "SELECT monitored_resource_info_name, metric_name, comparison_operator, threshold, state FROM alarms \
         ORDER BY state, monitored_resource_info_name",
    ],
    columns: &[
        text("name", "The name that its owner gave the alarm, unique in its region.", |a| a.name()),
        arn(|a| a.arn()),
        created_at(|a| a.created_at()),
        zone(|a| a.location()?.availability_zone()),
        text("resource_type", "Always Alarm.", |a| Some(a.resource_type()?.as_str())),
        support_code(|a| a.support_code()),
        text("monitored_resource_info_arn", "The arn of the resource that it watches.", |a| {
            a.monitored_resource_info()?.arn()
        }),
        text(
            "monitored_resource_info_name",
            "The name of the resource that it watches; a predicate on it is asked of the API.",
            |a| a.monitored_resource_info()?.name(),
        ),
        text(
            "monitored_resource_info_resource_type",
            "What it watches: Instance, LoadBalancer or RelationalDatabase.",
            |a| Some(a.monitored_resource_info()?.resource_type()?.as_str()),
        ),
        text(
            "comparison_operator",
            "How the metric is compared with the threshold, such as GreaterThanThreshold.",
            |a| Some(a.comparison_operator()?.as_str()),
        ),
        int("evaluation_periods", "Over how many of the last periods the metric is judged.", |a| {
            a.evaluation_periods()
        }),
        int("period", "The length of one period in seconds.", |a| a.period()),
        float("threshold", "The value that the metric is compared with.", |a| a.threshold()),
        int("datapoints_to_alarm", "How many of those periods must be bad for the alarm to go off.", |a| {
            a.datapoints_to_alarm()
        }),
        text(
            "treat_missing_data",
            "What a period without data counts as: breaching, notBreaching, ignore or missing.",
            |a| Some(a.treat_missing_data()?.as_str()),
        ),
        text(
            "statistic",
            "Which figure of a period is compared: Minimum, Maximum, Sum, Average or SampleCount.",
            |a| Some(a.statistic()?.as_str()),
        ),
        text("metric_name", "The metric that it watches, such as CPUUtilization.", |a| {
            Some(a.metric_name()?.as_str())
        }),
        text("state", "Whether it has gone off: OK, ALARM or INSUFFICIENT_DATA.", |a| {
            Some(a.state()?.as_str())
        }),
        text("unit", "The unit of the metric.", |a| Some(a.unit()?.as_str())),
        name_list("contact_protocols", "How it tells: Email, SMS or both.", |a| {
            a.contact_protocols.as_deref().map(names)
        }),
        name_list("notification_triggers", "Which states it tells of.", |a| {
            a.notification_triggers.as_deref().map(names)
        }),
        flag("notification_enabled", "Whether it tells at all.", |a| a.notification_enabled()),
        tag_map(|a| a.tags.as_deref()),
    ],
};
