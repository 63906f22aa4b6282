-- title: Databases that the internet can reach
-- description: One row for each managed database with an endpoint outside of Lightsail's network.
-- level: red
-- advice: Switch public mode off, and reach the database from instances of the same region.

SELECT profile, region, name, engine, engine_version, master_endpoint_address, master_endpoint_port
FROM relational_databases
WHERE publicly_accessible
ORDER BY profile, region, name;
