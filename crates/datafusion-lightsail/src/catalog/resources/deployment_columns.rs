//! The columns of a container service's deployment, which three places tell of.

/// The columns of deployments between others, each with a prefix, which one it is, and where it is:
/// `deployment_columns!([text(…), …], in ["current_deployment_", "that runs", |s| s.current_deployment()], […])`.
macro_rules! deployment_columns {
    (
        [$($head:expr),* $(,)?],
        $(in [$prefix:literal, $which:literal, |$row:ident| $deployment:expr],)+
        [$($tail:expr),* $(,)?]
    ) => {{
        use $crate::catalog::column::{int, text, time};
        &[
            $($head,)*
            $(
            int(concat!($prefix, "version"), concat!("The number of the deployment ", $which, "."), |$row| {
                $deployment?.version()
            }),
            text(
                concat!($prefix, "state"),
                concat!("The state of the deployment ", $which, ": ACTIVATING, ACTIVE, INACTIVE or FAILED."),
                |$row| Some($deployment?.state()?.as_str()),
            ),
            text(
                concat!($prefix, "public_endpoint_container_name"),
                concat!("The container that the internet reaches in the deployment ", $which, "."),
                |$row| $deployment?.public_endpoint()?.container_name(),
            ),
            int(
                concat!($prefix, "public_endpoint_container_port"),
                concat!("The port of that container in the deployment ", $which, "."),
                |$row| $deployment?.public_endpoint()?.container_port(),
            ),
            int(
                concat!($prefix, "public_endpoint_health_check_healthy_threshold"),
                "After how many good health checks in a row the container is well.",
                |$row| $deployment?.public_endpoint()?.health_check()?.healthy_threshold(),
            ),
            int(
                concat!($prefix, "public_endpoint_health_check_unhealthy_threshold"),
                "After how many bad health checks in a row the container is not well.",
                |$row| $deployment?.public_endpoint()?.health_check()?.unhealthy_threshold(),
            ),
            int(
                concat!($prefix, "public_endpoint_health_check_timeout_seconds"),
                "How many seconds a health check may take.",
                |$row| $deployment?.public_endpoint()?.health_check()?.timeout_seconds(),
            ),
            int(
                concat!($prefix, "public_endpoint_health_check_interval_seconds"),
                "How many seconds lie between two health checks.",
                |$row| $deployment?.public_endpoint()?.health_check()?.interval_seconds(),
            ),
            text(
                concat!($prefix, "public_endpoint_health_check_path"),
                "The path that health checks ask for.",
                |$row| $deployment?.public_endpoint()?.health_check()?.path(),
            ),
            text(
                concat!($prefix, "public_endpoint_health_check_success_codes"),
                "The HTTP status codes of a good health check, such as 200-499.",
                |$row| $deployment?.public_endpoint()?.health_check()?.success_codes(),
            ),
            time(
                concat!($prefix, "created_at"),
                concat!("When the deployment ", $which, " was made."),
                |$row| $deployment?.created_at(),
            ),
            )+
            $($tail,)*
        ]
    }};
}
pub(super) use deployment_columns;
