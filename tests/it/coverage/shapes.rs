//! What each operation lists, so that the SDK's model of it can be walked.

use std::sync::Arc;

use aws_sdk_lightsail::types;
use datafusion_lightsail::catalog::operation::{Items, Operation, Parameters, Value};
use datafusion_lightsail::catalog::resources::*;

use super::probe::Probe;

/// An operation and a page of it with one item, read from a probe.
pub struct Shape {
    pub operation: &'static Operation,
    /// The list inside of the item that its rows are made of, if no table has a row for the item itself.
    pub rows: Option<&'static str>,
    read: fn(&mut Probe, &'static Operation) -> Items,
}

impl Shape {
    pub fn page(&self, probe: &mut Probe) -> Items {
        (self.read)(probe, self.operation)
    }
}

/// What was asked for a page of an operation that answers for one item: each request member says its own name.
pub fn asked(operation: &Operation) -> Parameters {
    let metric = Parameters::default().with_text("metricName", "metricName").with("period", Value::Int(60));
    operation.keys.iter().fold(metric, |parameters, (_, member)| parameters.with_text(member, *member))
}

macro_rules! shape {
    ($operation:expr, $type:ident) => {
        Shape {
            operation: &$operation,
            rows: None,
            read: |probe, _| Items::one(types::$type::deserialize(probe).unwrap()),
        }
    };
    ($operation:expr, asked $type:ident) => {
        Shape {
            operation: &$operation,
            rows: None,
            read: |probe, operation| {
                let item = types::$type::deserialize(probe).unwrap();
                Items::asked(&Arc::new(asked(operation)), vec![item])
            },
        }
    };
}

pub static SHAPES: &[Shape] = &[
    shape!(alarms::GET_ALARMS, Alarm),
    shape!(auto_snapshots::GET_AUTO_SNAPSHOTS, asked AutoSnapshotDetails),
    shape!(block_disks::GET_DISKS, Disk),
    shape!(blueprints::GET_BLUEPRINTS, Blueprint),
    shape!(bucket_access_keys::GET_BUCKET_ACCESS_KEYS, asked AccessKey),
    shape!(bucket_bundles::GET_BUCKET_BUNDLES, BucketBundle),
    shape!(buckets::GET_BUCKETS, Bucket),
    shape!(bundles::GET_BUNDLES, Bundle),
    shape!(certificates::GET_CERTIFICATES, CertificateSummary),
    shape!(cloud_formation_stack_records::GET_CLOUD_FORMATION_STACK_RECORDS, CloudFormationStackRecord),
    shape!(contact_methods::GET_CONTACT_METHODS, ContactMethod),
    shape!(container_images::GET_CONTAINER_IMAGES, asked ContainerImage),
    shape!(container_logs::GET_CONTAINER_LOG, asked ContainerServiceLogEvent),
    shape!(
        container_service_deployments::GET_CONTAINER_SERVICE_DEPLOYMENTS,
        asked ContainerServiceDeployment
    ),
    shape!(container_service_powers::GET_CONTAINER_SERVICE_POWERS, ContainerServicePower),
    shape!(container_services::GET_CONTAINER_SERVICES, ContainerService),
    Shape {
        rows: Some("costEstimates.[].resultsByTime.[]"),
        ..shape!(cost_estimates::GET_COST_ESTIMATE, asked ResourceBudgetEstimate)
    },
    shape!(disk_snapshots::GET_DISK_SNAPSHOTS, DiskSnapshot),
    shape!(distribution_bundles::GET_DISTRIBUTION_BUNDLES, DistributionBundle),
    shape!(distributions::GET_DISTRIBUTIONS, LightsailDistribution),
    shape!(domains::GET_DOMAINS, Domain),
    shape!(export_snapshot_records::GET_EXPORT_SNAPSHOT_RECORDS, ExportSnapshotRecord),
    shape!(instance_port_states::GET_INSTANCE_PORT_STATES, asked InstancePortState),
    shape!(instance_snapshots::GET_INSTANCE_SNAPSHOTS, InstanceSnapshot),
    shape!(instances::GET_INSTANCES, Instance),
    shape!(key_pairs::GET_KEY_PAIRS, KeyPair),
    shape!(
        load_balancer_tls_certificates::GET_LOAD_BALANCER_TLS_CERTIFICATES,
        asked LoadBalancerTlsCertificate
    ),
    shape!(load_balancer_tls_policies::GET_LOAD_BALANCER_TLS_POLICIES, LoadBalancerTlsPolicy),
    shape!(load_balancers::GET_LOAD_BALANCERS, LoadBalancer),
    shape!(metrics::GET_BUCKET_METRIC_DATA, asked MetricDatapoint),
    shape!(metrics::GET_CONTAINER_SERVICE_METRIC_DATA, asked MetricDatapoint),
    shape!(metrics::GET_DISTRIBUTION_METRIC_DATA, asked MetricDatapoint),
    shape!(metrics::GET_INSTANCE_METRIC_DATA, asked MetricDatapoint),
    shape!(metrics::GET_LOAD_BALANCER_METRIC_DATA, asked MetricDatapoint),
    shape!(metrics::GET_RELATIONAL_DATABASE_METRIC_DATA, asked MetricDatapoint),
    shape!(operations::GET_OPERATIONS, Operation),
    shape!(regions::GET_REGIONS, Region),
    shape!(relational_database_blueprints::GET_RELATIONAL_DATABASE_BLUEPRINTS, RelationalDatabaseBlueprint),
    shape!(relational_database_bundles::GET_RELATIONAL_DATABASE_BUNDLES, RelationalDatabaseBundle),
    shape!(relational_database_events::GET_RELATIONAL_DATABASE_EVENTS, asked RelationalDatabaseEvent),
    shape!(relational_database_log_events::GET_RELATIONAL_DATABASE_LOG_EVENTS, asked LogEvent),
    // Its items are plain texts.
    Shape {
        operation: &relational_database_log_events::GET_RELATIONAL_DATABASE_LOG_STREAMS,
        rows: None,
        read: |_, operation| Items::asked(&Arc::new(asked(operation)), vec!["error".to_owned()]),
    },
    shape!(
        relational_database_parameters::GET_RELATIONAL_DATABASE_PARAMETERS,
        asked RelationalDatabaseParameter
    ),
    shape!(relational_database_snapshots::GET_RELATIONAL_DATABASE_SNAPSHOTS, RelationalDatabaseSnapshot),
    shape!(relational_databases::GET_RELATIONAL_DATABASES, RelationalDatabase),
    shape!(setup_history::GET_SETUP_HISTORY, asked SetupHistory),
    shape!(static_ips::GET_STATIC_IPS, StaticIp),
];
