-- What drivers, mappers and tools ask when they connect or look at tables, after what is known of their sources: their versions
-- differ in details.

-- Npgsql, and with it Power BI: types, fields of row types, labels of enums.

-- columns: nspname | oid | typname | typtype | typnotnull | elemtypoid
-- row: pg_catalog | 2205 | regclass | b | f | NULL
SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid
FROM (
    SELECT
        typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typrelid, typ.typnotnull, typ.relkind,
        elemtyp.oid AS elemtypoid, elemtyp.typname AS elemtypname, elemcls.relkind AS elemrelkind,
        CASE WHEN elemproc.proname='array_recv' THEN 'a' ELSE elemtyp.typtype END AS elemtyptype
        , typ.typcategory
    FROM (
        SELECT typ.oid, typnamespace, typname, typrelid, typnotnull, relkind, typelem AS elemoid,
            CASE WHEN proc.proname='array_recv' THEN 'a' ELSE typ.typtype END AS typtype,
            CASE
                WHEN proc.proname='array_recv' THEN typ.typelem
                WHEN typ.typtype='r' THEN rngsubtype
                WHEN typ.typtype='m' THEN (SELECT rngtypid FROM pg_range WHERE rngmultitypid = typ.oid)
                WHEN typ.typtype='d' THEN typ.typbasetype
            END AS elemtypoid
            , typ.typcategory
        FROM pg_type AS typ
        LEFT JOIN pg_class AS cls ON (cls.oid = typ.typrelid)
        LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive
        LEFT JOIN pg_range ON (pg_range.rngtypid = typ.oid)
    ) AS typ
    LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = elemtypoid
    LEFT JOIN pg_class AS elemcls ON (elemcls.oid = elemtyp.typrelid)
    LEFT JOIN pg_proc AS elemproc ON elemproc.oid = elemtyp.typreceive
) AS t
JOIN pg_namespace AS ns ON (ns.oid = typnamespace)
WHERE
    (typtype IN ('b', 'r', 'm', 'e', 'd') OR
    (typtype = 'c' AND relkind='c') OR
    (typtype = 'p' AND typname IN ('record', 'void', 'unknown')) OR
    (typtype = 'a' AND (
        elemtyptype IN ('b', 'r', 'm', 'e', 'd') OR
        (elemtyptype = 'p' AND elemtypname IN ('record', 'void')) OR
        (elemtyptype = 'c' AND elemrelkind='c')
    )))
ORDER BY CASE
       WHEN typtype IN ('b', 'e', 'p') THEN 0
       WHEN typtype = 'c' THEN 1
       WHEN typtype = 'r' THEN 2
       WHEN typtype = 'm' THEN 3
       WHEN typtype = 'd' AND elemtyptype <> 'a' THEN 4
       WHEN typtype = 'a' THEN 5
       WHEN typtype = 'd' AND elemtyptype = 'a' THEN 6
END;

-- columns: oid | attname | atttypid
-- empty
SELECT typ.oid, att.attname, att.atttypid
FROM pg_type AS typ
JOIN pg_namespace AS ns ON (ns.oid = typ.typnamespace)
JOIN pg_class AS cls ON (cls.oid = typ.typrelid)
JOIN pg_attribute AS att ON (att.attrelid = typ.typrelid)
WHERE
  (typ.typtype = 'c' AND cls.relkind='c') AND
  attnum > 0 AND     /* Don't load system attributes */
  NOT attisdropped
ORDER BY typ.oid, att.attnum;

-- columns: oid | enumlabel
-- empty
SELECT pg_type.oid, enumlabel
FROM pg_enum
JOIN pg_type ON pg_type.oid=enumtypid
ORDER BY oid, enumsortorder;

-- tokio-postgres: a type.

-- columns: typname | typtype | typelem | rngsubtype | typbasetype | nspname | typrelid
-- row: int4 | b | 0 | NULL | 0 | pg_catalog | 0
SELECT t.typname, t.typtype, t.typelem, r.rngsubtype, t.typbasetype, n.nspname, t.typrelid
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
INNER JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid
WHERE t.oid = 23;

-- columns: enumlabel
-- empty
SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = 23 ORDER BY enumsortorder;

-- columns: attname | atttypid
-- empty
SELECT attname, atttypid FROM pg_catalog.pg_attribute WHERE attrelid = 23 AND NOT attisdropped AND attnum > 0 ORDER BY attnum;

-- sqlx: a type, columns that may be NULL.

-- columns: oid | typname | typtype | typcategory | typrelid | typelem | typbasetype
-- row: 23 | int4 | b | N | 0 | 0 | 0
SELECT oid, typname, typtype, typcategory, typrelid, typelem, typbasetype FROM pg_catalog.pg_type WHERE oid = 23;

-- columns: oid
-- row: 23
SELECT oid FROM pg_catalog.pg_type WHERE typname ILIKE 'int4';

-- columns: regtype
-- row: 23
SELECT 'int4'::regtype::oid;

-- pgx: a type by its name.

-- columns: text
-- row: 23
select 'int4'::text::regtype::oid;

-- columns: ?column?
-- row: NULL
SELECT NOT pg_attribute.attnotnull FROM (VALUES (1::int4, 2::int8,  3::int2)) AS col(idx, table_id, col_idx) LEFT JOIN pg_catalog.pg_attribute ON table_id IS NOT NULL AND attrelid = table_id AND attnum = col_idx ORDER BY col.idx;

-- columns: typtype
-- row: b
select typtype::text from pg_type where oid=23;

-- Prisma: schemas, tables, columns.

-- columns: namespace_name
-- row: public
SELECT namespace.nspname as namespace_name FROM pg_namespace AS namespace WHERE namespace.nspname = ANY ( ARRAY['public'] ) ORDER BY namespace_name;

-- columns: table_name | namespace | is_partition | has_subclass | has_row_level_security | reloptions | description
-- row: instances | public | f | f | f | NULL | Virtual private servers, one row each.
SELECT tbl.relname AS table_name, namespace.nspname as namespace, (tbl.relhassubclass and tbl.relkind = 'p') as is_partition, (tbl.relhassubclass and tbl.relkind = 'r') as has_subclass, tbl.relrowsecurity as has_row_level_security, reloptions, obj_description(tbl.oid, 'pg_class') as description FROM pg_class AS tbl INNER JOIN pg_namespace AS namespace ON namespace.oid = tbl.relnamespace WHERE (tbl.relkind = 'r' AND tbl.relispartition = 't') OR tbl.relkind = 'r' AND namespace.nspname = ANY ( ARRAY['public'] ) ORDER BY namespace, table_name;

-- columns: namespace | table_name | column_name | formatted_type | numeric_precision | numeric_scale | numeric_precision_radix | datetime_precision | data_type | type_schema_name | full_data_type | column_default | is_nullable | is_identity | character_maximum_length | description
-- empty
SELECT oid.namespace, info.table_name, info.column_name, format_type(att.atttypid, att.atttypmod) as formatted_type, info.numeric_precision, info.numeric_scale, info.numeric_precision_radix, info.datetime_precision, info.data_type, info.udt_schema as type_schema_name, info.udt_name as full_data_type, pg_get_expr(attdef.adbin, attdef.adrelid) AS column_default, info.is_nullable, info.is_identity, info.character_maximum_length, col_description(att.attrelid, ordinal_position) AS description FROM information_schema.columns info JOIN pg_attribute att ON att.attname = info.column_name JOIN (SELECT pg_class.oid, relname, pg_namespace.nspname as namespace FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace AND pg_namespace.nspname = ANY ( ARRAY['public'] ) WHERE reltype > 0) as oid on oid.oid = att.attrelid AND relname = info.table_name AND namespace = info.table_schema LEFT OUTER JOIN pg_attrdef attdef ON attdef.adrelid = att.attrelid AND attdef.adnum = att.attnum AND table_schema = namespace WHERE table_schema = ANY ( ARRAY['public'] ) ORDER BY namespace, table_name, ordinal_position;

-- Django: tables, columns, keys, indexes.

-- columns: relname | case | obj_description
-- row: instances | t | Virtual private servers, one row each.
SELECT c.relname, CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END, obj_description(c.oid, 'pg_class')
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND pg_catalog.pg_table_is_visible(c.oid);

-- columns: column_name | is_nullable | column_default | collation | is_autofield | column_comment
-- row: is_static_ip | t | NULL | NULL | f
SELECT a.attname AS column_name, NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable, pg_get_expr(ad.adbin, ad.adrelid) AS column_default, CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation, a.attidentity != '' AS is_autofield, col_description(a.attrelid, a.attnum) AS column_comment
FROM pg_attribute a LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum LEFT JOIN pg_collation co ON a.attcollation = co.oid JOIN pg_type t ON a.atttypid = t.oid JOIN pg_class c ON a.attrelid = c.oid JOIN pg_namespace n ON c.relnamespace = n.oid
WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND c.relname = 'instances' AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND pg_catalog.pg_table_is_visible(c.oid);

-- columns: attname | relname | attname
-- empty
SELECT a.attname, c2.relname, a2.attname FROM pg_constraint con LEFT JOIN pg_class c ON con.conrelid = c.oid LEFT JOIN pg_class c2 ON con.confrelid = c2.oid LEFT JOIN pg_attribute a1 ON c.oid = a1.attrelid AND a1.attnum = con.conkey[1] LEFT JOIN pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1] LEFT JOIN pg_attribute a ON true WHERE c.relname = 'instances' AND con.contype = 'f' AND c.relnamespace = c2.relnamespace AND pg_catalog.pg_table_is_visible(c.oid);

-- columns: conname | array | contype | ?column? | reloptions
-- empty
SELECT c.conname, array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx) JOIN pg_attribute AS ca ON cols.colid = ca.attnum WHERE ca.attrelid = c.conrelid ORDER BY cols.arridx), c.contype, (SELECT fkc.relname || '.' || fka.attname FROM pg_attribute AS fka JOIN pg_class AS fkc ON fka.attrelid = fkc.oid WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]), cl.reloptions FROM pg_constraint AS c JOIN pg_class AS cl ON c.conrelid = cl.oid WHERE cl.relname = 'instances' AND pg_catalog.pg_table_is_visible(cl.oid);

-- columns: indexname | array_agg | indisunique | indisprimary | array_agg | amname | exprdef | attoptions
-- empty
SELECT indexname, array_agg(attname ORDER BY arridx), indisunique, indisprimary, array_agg(ordering ORDER BY arridx), amname, exprdef, s2.attoptions
FROM ( SELECT c2.relname as indexname, idx.*, attr.attname, am.amname, CASE WHEN idx.indexprs IS NOT NULL THEN pg_get_indexdef(idx.indexrelid) END AS exprdef, CASE am.amname WHEN 'btree' THEN CASE (option & 1) WHEN 1 THEN 'DESC' ELSE 'ASC' END END as ordering, c2.reloptions as attoptions FROM ( SELECT * FROM pg_index i, unnest(i.indkey, i.indoption) WITH ORDINALITY koi(key, option, arridx) ) idx LEFT JOIN pg_class c ON idx.indrelid = c.oid LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid LEFT JOIN pg_am am ON c2.relam = am.oid LEFT JOIN pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key WHERE c.relname = 'instances' AND pg_catalog.pg_table_is_visible(c.oid) ) s2 GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions;

-- columns: oid | typname
-- row: 16 | bool
SELECT t.oid, t.typname FROM pg_type as t WHERE t.typname IN ('int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'bool', 'timestamp', 'timestamptz') ORDER BY 1;

-- columns: oid | typname | typelem | typdelim | typinput | rngsubtype | typtype | typbasetype
-- row: 21 | int2 | 0 | , | int2in | NULL | b | 0
SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2','int4') ORDER BY 1;

-- columns: oid | typname | typelem | typdelim | typinput | rngsubtype | typtype | typbasetype
-- row: 1000 | _bool | 16 | , | array_in | NULL | b | 0
SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typinput = 'array_in(cstring,oid,integer)'::regprocedure AND t.typelem IN (16, 17, 18) ORDER BY 1;

-- columns: attname | format_type | pg_get_expr | attnotnull | atttypid | atttypmod | collname | comment | identity | attgenerated
-- row: profile | text | NULL | t | 25 | -1 | NULL | The AWS profile that was asked.
SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod, c.collname, col_description(a.attrelid, a.attnum) AS comment, attidentity AS identity, attgenerated as attgenerated FROM pg_attribute a LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum LEFT JOIN pg_type t ON a.atttypid = t.oid LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation WHERE a.attrelid = '"instances"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;

-- columns: relname
-- row: instances
SELECT c.relname FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (current_schemas(false)) AND c.relkind IN ('r','v','m','p','f');

-- Power BI: tables, columns, keys.

-- columns: attname
-- empty
SELECT a.attname FROM ( SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '"instances"'::regclass AND indisprimary ) i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx;

-- columns: table_schema | table_name | table_type
-- row: public | instances | BASE TABLE
select TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.tables where TABLE_SCHEMA not in ('information_schema', 'pg_catalog') order by TABLE_SCHEMA, TABLE_NAME;

-- columns: character_set_name
-- row: UTF8
select CHARACTER_SET_NAME from INFORMATION_SCHEMA.CHARACTER_SETS;

-- columns: column_name | ordinal_position | is_nullable | data_type
-- row: profile | 1 | NO | text
select COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE, case when (data_type like '%unsigned%') then DATA_TYPE || ' unsigned' else DATA_TYPE end as DATA_TYPE from INFORMATION_SCHEMA.columns where TABLE_SCHEMA = 'public' and TABLE_NAME = 'instances' order by TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION;

-- columns: pk_column_name | fk_table_schema | fk_table_name | fk_column_name | ordinal | fk_name
-- empty
select pkcol.COLUMN_NAME as PK_COLUMN_NAME, fkcol.TABLE_SCHEMA AS FK_TABLE_SCHEMA, fkcol.TABLE_NAME AS FK_TABLE_NAME, fkcol.COLUMN_NAME as FK_COLUMN_NAME, fkcol.ORDINAL_POSITION as ORDINAL, fkcon.CONSTRAINT_SCHEMA || '_' || fkcol.TABLE_NAME || '_' || 'instances' || '_' || fkcon.CONSTRAINT_NAME as FK_NAME from (select distinct constraint_catalog, constraint_schema, unique_constraint_schema, constraint_name, unique_constraint_name from INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS) fkcon inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE fkcol on fkcon.CONSTRAINT_SCHEMA = fkcol.CONSTRAINT_SCHEMA and fkcon.CONSTRAINT_NAME = fkcol.CONSTRAINT_NAME inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE pkcol on fkcon.UNIQUE_CONSTRAINT_SCHEMA = pkcol.CONSTRAINT_SCHEMA and fkcon.UNIQUE_CONSTRAINT_NAME = pkcol.CONSTRAINT_NAME where pkcol.TABLE_SCHEMA = 'public' and pkcol.TABLE_NAME = 'instances' and pkcol.ORDINAL_POSITION = fkcol.ORDINAL_POSITION order by FK_NAME, fkcol.ORDINAL_POSITION;

-- columns: index_name | column_name | ordinal_position | primary_key
-- empty
select i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME as INDEX_NAME, ii.COLUMN_NAME, ii.ORDINAL_POSITION, case when i.CONSTRAINT_TYPE = 'PRIMARY KEY' then 'Y' else 'N' end as PRIMARY_KEY from INFORMATION_SCHEMA.table_constraints i inner join INFORMATION_SCHEMA.key_column_usage ii on i.CONSTRAINT_SCHEMA = ii.CONSTRAINT_SCHEMA and i.CONSTRAINT_NAME = ii.CONSTRAINT_NAME and i.TABLE_SCHEMA = ii.TABLE_SCHEMA and i.TABLE_NAME = ii.TABLE_NAME where i.TABLE_SCHEMA = 'public' and i.TABLE_NAME = 'instances' and i.CONSTRAINT_TYPE in ('PRIMARY KEY', 'UNIQUE') order by i.CONSTRAINT_SCHEMA || '_' || i.CONSTRAINT_NAME, ii.TABLE_SCHEMA, ii.TABLE_NAME, ii.ORDINAL_POSITION;

-- columns: nspname
-- row: public
select distinct nspname from pg_namespace;

-- columns: database | name | schema | type
-- row: lightsail | instances | public | table
select 'lightsail' as database, tablename as name, schemaname as schema, 'table' as type from pg_tables where schemaname ilike 'public' union all select 'lightsail' as database, viewname as name, schemaname as schema, 'view' as type from pg_views where schemaname ilike 'public' union all select 'lightsail' as database, matviewname as name, schemaname as schema, 'materialized_view' as type from pg_matviews where schemaname ilike 'public';

-- columns: referenced_schema | referenced_name | dependent_schema | dependent_name
-- empty
with relation as ( select pg_rewrite.ev_class as class, pg_rewrite.oid as id from pg_rewrite ), class as ( select oid as id, relname as name, relnamespace as schema, relkind as kind from pg_class ), dependency as ( select distinct pg_depend.objid as id, pg_depend.refobjid as ref from pg_depend ), schema as ( select pg_namespace.oid as id, pg_namespace.nspname as name from pg_namespace where nspname != 'information_schema' and nspname not like 'pg\_%' ), referenced as ( select relation.id AS id, referenced_class.name , referenced_class.schema , referenced_class.kind from relation join class as referenced_class on relation.class=referenced_class.id where referenced_class.kind in ('r', 'v', 'm') ), relationships as ( select referenced.name as referenced_name, referenced.schema as referenced_schema_id, dependent_class.name as dependent_name, dependent_class.schema as dependent_schema_id, referenced.kind as kind from referenced join dependency on referenced.id=dependency.id join class as dependent_class on dependency.ref=dependent_class.id where (referenced.name != dependent_class.name or referenced.schema != dependent_class.schema) ) select referenced_schema.name as referenced_schema, relationships.referenced_name as referenced_name, dependent_schema.name as dependent_schema, relationships.dependent_name as dependent_name from relationships join schema as dependent_schema on relationships.dependent_schema_id=dependent_schema.id join schema as referenced_schema on relationships.referenced_schema_id=referenced_schema.id group by referenced_schema, referenced_name, dependent_schema, dependent_name order by referenced_schema, referenced_name, dependent_schema, dependent_name;

-- columns: column_name | data_type | character_maximum_length | numeric_precision | numeric_scale
-- row: profile | text | NULL | NULL | NULL
select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale from "lightsail".INFORMATION_SCHEMA.columns where table_name = 'instances' and table_schema = 'public' order by ordinal_position;

-- columns: set_config
-- row: hex
SELECT set_config('bytea_output','hex',false) FROM pg_show_all_settings() WHERE name = 'bytea_output';

-- columns: set_config
-- row: hex
SELECT set_config('bytea_output','hex',false) FROM pg_settings WHERE name = 'bytea_output';

-- columns: did | datname | datallowconn | serverencoding | cancreate | datistemplate
-- row: * | lightsail | t | UTF8 | f | f
SELECT db.oid as did, db.datname, db.datallowconn, pg_encoding_to_char(db.encoding) AS serverencoding, has_database_privilege(db.oid, 'CREATE') as cancreate, datistemplate FROM pg_catalog.pg_database db WHERE db.datname = current_database();

-- columns: id | name | is_superuser | can_create_role | can_create_db | can_signal_backend
-- row: 16000 | app | f | f | f | f
SELECT roles.oid as id, roles.rolname as name, roles.rolsuper as is_superuser, CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreaterole END as can_create_role, CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreatedb END as can_create_db, CASE WHEN 'pg_signal_backend'=ANY(ARRAY(WITH RECURSIVE cte AS ( SELECT pg_roles.oid,pg_roles.rolname FROM pg_roles WHERE pg_roles.oid = roles.oid UNION ALL SELECT m.roleid, pgr.rolname FROM cte cte_1 JOIN pg_auth_members m ON m.member = cte_1.oid JOIN pg_roles pgr ON pgr.oid = m.roleid) SELECT rolname FROM cte)) THEN True ELSE False END as can_signal_backend FROM pg_catalog.pg_roles as roles WHERE rolname = current_user;

-- columns: name | oid | array_oid | regtype | delimiter
-- row: int4 | 23 | 1007 | integer | ,
SELECT typname AS name, oid, typarray AS array_oid, oid::regtype::text AS regtype, typdelim AS delimiter FROM pg_type t WHERE t.oid = to_regtype('int4') ORDER BY t.oid;

-- columns: current_schema
-- row: public
SELECT * FROM current_schema();

-- columns: current_database
-- row: lightsail
SELECT * FROM current_database();

-- columns: typname | typtype | oid | typarray
-- empty
SELECT typname, typtype, oid, typarray FROM pg_type WHERE (typtype = 'b' AND typname IN ('hstore', 'geometry', 'geography')) OR (typtype = 'e');

-- columns: table_catalog | table_schema | table_name | column_name | ordinal_position | column_default | is_nullable | data_type | character_maximum_length | numeric_precision | numeric_precision_radix | numeric_scale | datetime_precision | udt_catalog | udt_schema | udt_name | is_identity | identity_generation | is_generated | generation_expression | is_updatable
-- row: lightsail | public | instances | profile | 1 | NULL | NO | text | NULL | NULL | NULL | NULL | NULL | lightsail | pg_catalog | text | NO | NULL | NEVER | NULL | NO
select * from information_schema.columns where table_schema = current_schema() and table_name = 'instances';

-- columns: current_database
-- row: lightsail
SELECT CURRENT_DATABASE();

-- columns: count
-- row: 0
SELECT count(*) FROM information_schema.tables WHERE table_schema = CURRENT_SCHEMA() AND table_name = 'x' AND table_type = 'BASE TABLE';

-- columns: table_schema | table_name | column_name | data_type
-- row: public | instances | profile | text
SELECT s.nspname as table_schema, c.relname as table_name, a.attname as column_name, null as data_type FROM pg_class c JOIN pg_namespace s ON c.relnamespace = s.oid AND s.nspname NOT IN ('pg_catalog', 'information_schema') JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind = 'm' AND has_table_privilege(s.nspname || '.' || c.relname, 'select') AND has_schema_privilege(s.nspname, 'usage') UNION SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND has_table_privilege(table_schema || '.' || table_name, 'select') AND has_schema_privilege(table_schema, 'usage');

-- columns: a | b
-- row: lightsail | {public}
select current_database() as a, current_schemas(false) as b;

-- columns: transaction_id
-- empty
select L.transactionid::varchar::bigint as transaction_id from pg_catalog.pg_locks L where L.transactionid is not null order by pg_catalog.age(L.transactionid) desc limit 1;

-- columns: current_txid
-- row: 1
select case when pg_catalog.pg_is_in_recovery() then null else (pg_catalog.txid_current() % 4294967296)::varchar::bigint end as current_txid;

-- columns: id | name | description | is_template | allow_connections | owner
-- row: * | lightsail | NULL | f | t | lightsail
select N.oid::bigint as id, datname as name, D.description, datistemplate as is_template, datallowconn as allow_connections, pg_catalog.pg_get_userbyid(N.datdba) as "owner" from pg_catalog.pg_database N left join pg_catalog.pg_shdescription D on N.oid = D.objoid order by case when datname = pg_catalog.current_database() then -1::bigint else N.oid::bigint end;

-- columns: pg_postmaster_start_time
-- row: *
SELECT pg_catalog.pg_postmaster_start_time();

-- columns: name | setting
-- row: DateStyle | ISO, MDY
SELECT name, setting FROM pg_settings WHERE name IN ('TimeZone','DateStyle','server_version');

-- columns: ?column?
-- row: 1600
SELECT current_setting('server_version_num')::int / 100;

-- columns: table_name | table_schema | obj_description
-- row: instances | public | Virtual private servers, one row each.
SELECT table_name, table_schema, (SELECT obj_description((quote_ident(table_schema)||'.'||quote_ident(table_name))::regclass)) FROM information_schema.tables WHERE table_schema='public';

-- columns: column_name | data_type | description
-- row: profile | text | NULL
SELECT c.column_name, c.data_type, pgd.description FROM pg_catalog.pg_statio_all_tables st INNER JOIN pg_catalog.pg_description pgd ON pgd.objoid = st.relid RIGHT JOIN information_schema.columns c ON pgd.objsubid = c.ordinal_position AND c.table_schema = st.schemaname AND c.table_name = st.relname WHERE c.table_schema = 'public';

-- columns: schemaname | relname | n_live_tup
-- empty
SELECT schemaname, relname, n_live_tup FROM pg_stat_user_tables ORDER BY n_live_tup DESC;

-- columns: column_name
-- empty
SELECT kcu.column_name FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu ON tc.constraint_name = kcu.constraint_name WHERE tc.constraint_type = 'PRIMARY KEY';

-- columns: exists
-- row: t
SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = 'instances');

-- columns: exists
-- row: t
SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'instances');

-- columns: pg_size_pretty
-- row: NULL
SELECT pg_size_pretty(pg_database_size(current_database()));

-- columns: datname
-- row: lightsail
SELECT datname FROM pg_database WHERE datistemplate = false ORDER BY datname;

-- columns: rolname
-- row: lightsail
SELECT rolname FROM pg_roles;

-- columns: usename
-- row: lightsail
-- row: app
SELECT usename FROM pg_user;

-- columns: usesuper
-- row: f
SELECT usesuper FROM pg_user WHERE usename = CURRENT_USER;

-- columns: oid | extname | extversion
-- row: * | plpgsql | 1.0
SELECT oid, extname, extversion FROM pg_extension;

-- columns: schemaname | tablename | tableowner | tablespace | hasindexes | hasrules | hastriggers | rowsecurity
-- row: public | instances | postgres | NULL | f | f | f | f
SELECT * FROM pg_catalog.pg_tables WHERE schemaname != 'pg_catalog' AND schemaname != 'information_schema';

-- columns: nspname | proname | pg_get_function_arguments
-- empty
SELECT n.nspname, p.proname, pg_get_function_arguments(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid=p.pronamespace WHERE n.nspname='public';

-- columns: table_schema | table_name | column_name | data_type | is_nullable | column_default | character_maximum_length
-- row: public | instances | profile | text | NO | NULL | NULL
SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default, character_maximum_length FROM information_schema.columns WHERE table_schema NOT IN ('information_schema','pg_catalog') ORDER BY 1,2, ordinal_position;

-- columns: schema_name
-- row: public
SELECT schema_name FROM information_schema.schemata WHERE schema_name !~ '^pg_' AND schema_name <> 'information_schema';

-- columns: user | version | db | inet_server_addr | inet_server_port | pg_backend_pid
-- row: app | * | lightsail | NULL | NULL
SELECT current_user AS user, version() AS version, current_database() AS db, inet_server_addr(), inet_server_port(), pg_backend_pid();

-- columns: pg_try_advisory_lock | pg_advisory_unlock
-- row: t | t
SELECT pg_try_advisory_lock(1), pg_advisory_unlock(1);

-- columns: pg_typeof
-- row: timestamp without time zone
SELECT pg_typeof(now());

-- columns: has_table_privilege
-- row: t
SELECT has_table_privilege('pg_class','select');

-- columns: pg_get_constraintdef
-- row: NULL
SELECT pg_get_constraintdef(oid) FROM pg_constraint LIMIT 1;

-- columns: typname
-- empty
SELECT t.typname FROM pg_type t WHERE t.typname = 'hstore';

-- columns: attnum | attname | typname
-- row: 1 | oid | int4
SELECT a.attnum, a.attname, t.typname FROM pg_class c, pg_attribute a, pg_type t WHERE c.relname = 'pg_class' AND a.attnum > 0 AND a.attrelid = c.oid AND a.atttypid = t.oid ORDER BY a.attnum;

-- columns: relname | nspname | relkind
-- row: instances | public | r
select relname, nspname, relkind from pg_catalog.pg_class c, pg_catalog.pg_namespace n where relkind in ('r', 'v', 'm', 'f', 'p') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pg_temp_1') and n.oid = relnamespace order by nspname, relname;

-- columns: ?column?
-- row: 1
SELECT 1 FROM pg_catalog.pg_class LIMIT 1;

-- columns: set_config
-- row: *
SELECT pg_catalog.set_config('search_path', '', false);
