//! What each operation answers with, stated once for all tests, those of the client as well: the SDK's output, the member
//! of it that has what was asked for, and the SDK's type of one such thing.

/// Hands the facts to a macro.
macro_rules! answers {
    ($then:ident) => {
        $then! {
            "GetAlarms" => get_alarms::GetAlarmsOutput, "alarms": Alarm;
            "GetAutoSnapshots" => get_auto_snapshots::GetAutoSnapshotsOutput, "autoSnapshots": AutoSnapshotDetails;
            "GetBlueprints" => get_blueprints::GetBlueprintsOutput, "blueprints": Blueprint;
            "GetBucketAccessKeys" => get_bucket_access_keys::GetBucketAccessKeysOutput, "accessKeys": AccessKey;
            "GetBucketBundles" => get_bucket_bundles::GetBucketBundlesOutput, "bundles": BucketBundle;
            "GetBucketMetricData" => get_bucket_metric_data::GetBucketMetricDataOutput, "metricData": MetricDatapoint;
            "GetBuckets" => get_buckets::GetBucketsOutput, "buckets": Bucket;
            "GetBundles" => get_bundles::GetBundlesOutput, "bundles": Bundle;
            "GetCertificates" => get_certificates::GetCertificatesOutput, "certificates": CertificateSummary;
            "GetCloudFormationStackRecords" => get_cloud_formation_stack_records::GetCloudFormationStackRecordsOutput,
                "cloudFormationStackRecords": CloudFormationStackRecord;
            "GetContactMethods" => get_contact_methods::GetContactMethodsOutput, "contactMethods": ContactMethod;
            "GetContainerImages" => get_container_images::GetContainerImagesOutput, "containerImages": ContainerImage;
            "GetContainerLog" => get_container_log::GetContainerLogOutput, "logEvents": ContainerServiceLogEvent;
            "GetContainerServiceDeployments" => get_container_service_deployments::GetContainerServiceDeploymentsOutput,
                "deployments": ContainerServiceDeployment;
            "GetContainerServiceMetricData" => get_container_service_metric_data::GetContainerServiceMetricDataOutput,
                "metricData": MetricDatapoint;
            "GetContainerServicePowers" => get_container_service_powers::GetContainerServicePowersOutput,
                "powers": ContainerServicePower;
            "GetContainerServices" => get_container_services::GetContainerServicesOutput,
                "containerServices": ContainerService;
            "GetCostEstimate" => get_cost_estimate::GetCostEstimateOutput,
                "resourcesBudgetEstimate": ResourceBudgetEstimate;
            "GetDisk" => get_disk::GetDiskOutput, "disk": Disk;
            "GetDiskSnapshot" => get_disk_snapshot::GetDiskSnapshotOutput, "diskSnapshot": DiskSnapshot;
            "GetDiskSnapshots" => get_disk_snapshots::GetDiskSnapshotsOutput, "diskSnapshots": DiskSnapshot;
            "GetDisks" => get_disks::GetDisksOutput, "disks": Disk;
            "GetDistributionBundles" => get_distribution_bundles::GetDistributionBundlesOutput,
                "bundles": DistributionBundle;
            "GetDistributionMetricData" => get_distribution_metric_data::GetDistributionMetricDataOutput,
                "metricData": MetricDatapoint;
            "GetDistributions" => get_distributions::GetDistributionsOutput, "distributions": LightsailDistribution;
            "GetDomain" => get_domain::GetDomainOutput, "domain": Domain;
            "GetDomains" => get_domains::GetDomainsOutput, "domains": Domain;
            "GetExportSnapshotRecords" => get_export_snapshot_records::GetExportSnapshotRecordsOutput,
                "exportSnapshotRecords": ExportSnapshotRecord;
            "GetInstance" => get_instance::GetInstanceOutput, "instance": Instance;
            "GetInstanceMetricData" => get_instance_metric_data::GetInstanceMetricDataOutput,
                "metricData": MetricDatapoint;
            "GetInstancePortStates" => get_instance_port_states::GetInstancePortStatesOutput,
                "portStates": InstancePortState;
            "GetInstanceSnapshot" => get_instance_snapshot::GetInstanceSnapshotOutput,
                "instanceSnapshot": InstanceSnapshot;
            "GetInstanceSnapshots" => get_instance_snapshots::GetInstanceSnapshotsOutput,
                "instanceSnapshots": InstanceSnapshot;
            "GetInstances" => get_instances::GetInstancesOutput, "instances": Instance;
            "GetKeyPair" => get_key_pair::GetKeyPairOutput, "keyPair": KeyPair;
            "GetKeyPairs" => get_key_pairs::GetKeyPairsOutput, "keyPairs": KeyPair;
            "GetLoadBalancer" => get_load_balancer::GetLoadBalancerOutput, "loadBalancer": LoadBalancer;
            "GetLoadBalancerMetricData" => get_load_balancer_metric_data::GetLoadBalancerMetricDataOutput,
                "metricData": MetricDatapoint;
            "GetLoadBalancerTlsCertificates" => get_load_balancer_tls_certificates::GetLoadBalancerTlsCertificatesOutput,
                "tlsCertificates": LoadBalancerTlsCertificate;
            "GetLoadBalancerTlsPolicies" => get_load_balancer_tls_policies::GetLoadBalancerTlsPoliciesOutput,
                "tlsPolicies": LoadBalancerTlsPolicy;
            "GetLoadBalancers" => get_load_balancers::GetLoadBalancersOutput, "loadBalancers": LoadBalancer;
            "GetOperation" => get_operation::GetOperationOutput, "operation": Operation;
            "GetOperations" => get_operations::GetOperationsOutput, "operations": Operation;
            "GetOperationsForResource" => get_operations_for_resource::GetOperationsForResourceOutput,
                "operations": Operation;
            "GetRegions" => get_regions::GetRegionsOutput, "regions": Region;
            "GetRelationalDatabase" => get_relational_database::GetRelationalDatabaseOutput,
                "relationalDatabase": RelationalDatabase;
            "GetRelationalDatabaseBlueprints" => get_relational_database_blueprints::GetRelationalDatabaseBlueprintsOutput,
                "blueprints": RelationalDatabaseBlueprint;
            "GetRelationalDatabaseBundles" => get_relational_database_bundles::GetRelationalDatabaseBundlesOutput,
                "bundles": RelationalDatabaseBundle;
            "GetRelationalDatabaseEvents" => get_relational_database_events::GetRelationalDatabaseEventsOutput,
                "relationalDatabaseEvents": RelationalDatabaseEvent;
            "GetRelationalDatabaseLogEvents" => get_relational_database_log_events::GetRelationalDatabaseLogEventsOutput,
                "resourceLogEvents": LogEvent;
            "GetRelationalDatabaseLogStreams" => get_relational_database_log_streams::GetRelationalDatabaseLogStreamsOutput,
                "logStreams": Text;
            "GetRelationalDatabaseMetricData" => get_relational_database_metric_data::GetRelationalDatabaseMetricDataOutput,
                "metricData": MetricDatapoint;
            "GetRelationalDatabaseParameters" => get_relational_database_parameters::GetRelationalDatabaseParametersOutput,
                "parameters": RelationalDatabaseParameter;
            "GetRelationalDatabaseSnapshot" => get_relational_database_snapshot::GetRelationalDatabaseSnapshotOutput,
                "relationalDatabaseSnapshot": RelationalDatabaseSnapshot;
            "GetRelationalDatabaseSnapshots" => get_relational_database_snapshots::GetRelationalDatabaseSnapshotsOutput,
                "relationalDatabaseSnapshots": RelationalDatabaseSnapshot;
            "GetRelationalDatabases" => get_relational_databases::GetRelationalDatabasesOutput,
                "relationalDatabases": RelationalDatabase;
            "GetSetupHistory" => get_setup_history::GetSetupHistoryOutput, "setupHistory": SetupHistory;
            "GetStaticIp" => get_static_ip::GetStaticIpOutput, "staticIp": StaticIp;
            "GetStaticIps" => get_static_ips::GetStaticIpsOutput, "staticIps": StaticIp;
        }
    };
}
pub(crate) use answers;
