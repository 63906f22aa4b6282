-- What Grafana 11 and 12 ask of a Postgres data source: when it is saved, by its query editor and by its macros.
-- From grafana/grafana: public/app/plugins/datasource/grafana-postgresql-datasource/postgresMetaQuery.ts, and the macros
-- of pkg/tsdb/grafana-postgresql-datasource.

-- lib/pq asks this to see whether the server is there
-- nothing
;

-- and pgx this
-- nothing
-- ping
;

-- columns: version
-- row: 1600
SELECT current_setting('server_version_num')::int/100 as version;

-- columns: extversion
-- empty
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb';

-- columns: name
-- row: public
-- row: system
SELECT schema_name AS "name"
    FROM information_schema.schemata
    WHERE schema_name NOT IN ('information_schema',
                              'pg_catalog',
                              'pg_toast',
                              '_timescaledb_cache',
                              '_timescaledb_catalog',
                              '_timescaledb_internal',
                              '_timescaledb_config',
                              'timescaledb_information',
                              'timescaledb_experimental')
    ORDER BY schema_name;

-- columns: table
-- row: instances
-- row: open_ports
SELECT quote_ident(table_name) AS "table"
      FROM information_schema.tables
      WHERE quote_ident(table_schema) = 'public'
      ORDER BY 1;

-- columns: table
-- row: instances
-- row: open_ports
-- row: system.tables
SELECT
    CASE WHEN 
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
      THEN quote_ident(table_name)
      ELSE quote_ident(table_schema) || '.' || quote_ident(table_name)
    END AS "table"
    FROM information_schema.tables
    WHERE quote_ident(table_schema) NOT IN ('information_schema',
                             'pg_catalog',
                             '_timescaledb_cache',
                             '_timescaledb_catalog',
                             '_timescaledb_internal',
                             '_timescaledb_config',
                             'timescaledb_information',
                             'timescaledb_experimental')
    ORDER BY CASE WHEN 
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          ) THEN 0 ELSE 1 END, 1;

-- columns: column | type
-- row: name | text
-- row: created_at | timestamp with time zone
-- row: cpu_count | integer
-- row: tags | json
-- row: ipv6_addresses | ARRAY
SELECT quote_ident(column_name) AS "column", data_type AS "type"
    FROM information_schema.columns
    WHERE
      CASE WHEN array_length(parse_ident('instances'),1) = 2
        THEN quote_ident(table_schema) = (parse_ident('instances'))[1]
          AND quote_ident(table_name) = (parse_ident('instances'))[2]
        ELSE quote_ident(table_name) = 'instances'
          AND 
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
      END;

-- columns: column | type
-- row: description | text
SELECT quote_ident(column_name) AS "column", data_type AS "type"
    FROM information_schema.columns
    WHERE
      CASE WHEN array_length(parse_ident('system.tables'),1) = 2
        THEN quote_ident(table_schema) = (parse_ident('system.tables'))[1]
          AND quote_ident(table_name) = (parse_ident('system.tables'))[2]
        ELSE quote_ident(table_name) = 'system.tables'
          AND 
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
      END;

-- a panel: $__timeGroupAlias(created_at, '1d') and $__timeFilter(created_at)
-- columns: time | instances
-- row: * | *
SELECT
  floor(extract(epoch from created_at)/86400)*86400 AS "time",
  count(*) AS instances
FROM instances
WHERE created_at BETWEEN '2020-01-01T00:00:00Z' AND '2026-01-01T00:00:00Z'
GROUP BY 1
ORDER BY 1;

-- a panel of the query builder
-- columns: name | state
-- row: * | *
SELECT name, state FROM instances WHERE (region = 'us-east-1') LIMIT 50;
