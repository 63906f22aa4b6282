-- title: Instances that their load balancer finds unwell
-- description: One row for each instance behind a load balancer that is not healthy, and why.
-- level: red
-- advice: Look at the instance's health check path: the load balancer sends it no visitors.

SELECT profile, region, load_balancer_name, instance_name, instance_health, instance_health_reason
FROM load_balancer_instances
WHERE instance_health <> 'healthy'
ORDER BY profile, region, load_balancer_name, instance_name;
