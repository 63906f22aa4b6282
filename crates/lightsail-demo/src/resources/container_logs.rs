//! What the containers of container services print.

use crate::call::Operation;
use crate::error::Error;
use crate::input::{text, time};
use crate::page::{self, numbered};

use super::container_services::service_named;
use super::logs::Log;

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    name: "GetContainerLog",
    members: &[
        text("serviceName").required(),
        text("containerName").required(),
        time("startTime"),
        time("endTime"),
        text("filterPattern"),
        text("pageToken"),
    ],
    answer: |call| {
        let (service, container) = (call.required("serviceName"), call.required("containerName"));
        let (_, one) = service_named(&call.place, service)?;
        if !one.has_container(container) {
            return Err(Error::not_found("Container", container));
        }
        let log = Log::of(call, &format!("{service}/{container}"), lines(container))?;
        let (numbers, pattern) = (log.numbers(), call.text("filterPattern").unwrap_or_default());
        page::list(
            call,
            "logEvents",
            |start| {
                let events = numbered(start.max(numbers.start), numbers.end, |number| log.event(number));
                events.filter(|(_, event)| event.matches(pattern))
            },
            |json, event| event.write(json),
        )
    },
}];

fn lines(container: &str) -> &'static [&'static str] {
    match container {
        "web" => &[
            "172.26.14.2 \"GET / HTTP/1.1\" 200 {}ms",
            "172.26.14.9 \"GET /health HTTP/1.1\" 200 {}ms",
            "172.26.21.7 \"POST /orders HTTP/1.1\" 201 {}ms",
            "172.26.21.7 \"GET /assets/app.js HTTP/1.1\" 304 {}ms",
            "172.26.30.1 \"GET /old/{} HTTP/1.1\" 404 3ms",
            "ERROR upstream timed out after {}ms",
        ],
        "worker" => &[
            "INFO job {} done",
            "INFO job {} taken from queue default",
            "WARN job {} is tried again",
            "ERROR job {} failed: Exception: connection reset by peer",
        ],
        _ => &[
            "* 100 changes in 300 seconds. Saving...",
            "* Background saving started by pid {}",
            "* DB saved on disk",
            "* Background saving terminated with success",
        ],
    }
}
