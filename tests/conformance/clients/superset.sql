-- What Superset asks to add a database, to list its schemas and tables, to make a dataset of one, and in SQL Lab.
-- From apache/superset: superset/db_engine_specs/postgres.py; the reflection is that of SQLAlchemy 1.4.54's Postgres dialect
-- with psycopg2 2.9, as it went over the wire to PostgreSQL 18.

-- row: PostgreSQL 1*
select pg_catalog.version();

-- row: public
select current_schema();

-- columns: standard_conforming_strings
-- row: on
show standard_conforming_strings;

-- columns: datname
-- row: lightsail
SELECT datname FROM pg_database WHERE datistemplate = false;

-- columns: nspname
-- row: public
-- row: system
SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%' ORDER BY nspname;

-- tag: SET
set search_path = "public";

-- columns: relname
-- row: instances
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind in ('r', 'p');

-- columns: relname
-- empty
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'f';

-- columns: relname
-- row: open_ports
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('v', 'm');

-- columns: relname
-- empty
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('m');

-- columns: relname
-- row: instances
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='public' and relname='instances';

-- columns: relname
-- empty
select relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname='public' and relname='nothing';

-- columns: oid
-- rows: 1
            SELECT c.oid
            FROM pg_catalog.pg_class c
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE (n.nspname = 'public')
            AND c.relname = 'instances' AND c.relkind in
            ('r', 'v', 'm', 'f', 'p')
        ;

-- columns: attname | format_type | default | attnotnull | table_oid | comment | generated | identity_options
-- row: name | text | NULL | * | * | ?*
-- row: created_at | timestamp with time zone | NULL
-- row: tags | json | NULL
-- row: ipv6_addresses | text[[]] | NULL
            SELECT a.attname,
              pg_catalog.format_type(a.atttypid, a.atttypmod),
              (
                SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                FROM pg_catalog.pg_attrdef d
                WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
                AND a.atthasdef
              ) AS DEFAULT,
              a.attnotnull,
              a.attrelid as table_oid,
              pgd.description as comment,
              a.attgenerated as generated,
                              (SELECT json_build_object(
                    'always', a.attidentity = 'a',
                    'start', s.seqstart,
                    'increment', s.seqincrement,
                    'minvalue', s.seqmin,
                    'maxvalue', s.seqmax,
                    'cache', s.seqcache,
                    'cycle', s.seqcycle)
                FROM pg_catalog.pg_sequence s
                JOIN pg_catalog.pg_class c on s.seqrelid = c."oid"
                WHERE c.relkind = 'S'
                AND a.attidentity != ''
                AND s.seqrelid = pg_catalog.pg_get_serial_sequence(
                    a.attrelid::regclass::text, a.attname
                )::regclass::oid
                ) as identity_options                
            FROM pg_catalog.pg_attribute a
            LEFT JOIN pg_catalog.pg_description pgd ON (
                pgd.objoid = a.attrelid AND pgd.objsubid = a.attnum)
            WHERE a.attrelid = $1
            AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
        ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: name | attype | nullable | default | visible | schema
-- answered
            SELECT t.typname as "name",
               pg_catalog.format_type(t.typbasetype, t.typtypmod) as "attype",
               not t.typnotnull as "nullable",
               t.typdefault as "default",
               pg_catalog.pg_type_is_visible(t.oid) as "visible",
               n.nspname as "schema"
            FROM pg_catalog.pg_type t
               LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE t.typtype = 'd'
        ;

-- columns: name | visible | schema | label
-- empty
            SELECT t.typname as "name",
               -- no enum defaults in 8.4 at least
               -- t.typdefault as "default",
               pg_catalog.pg_type_is_visible(t.oid) as "visible",
               n.nspname as "schema",
               e.enumlabel as "label"
            FROM pg_catalog.pg_type t
                 LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                 LEFT JOIN pg_catalog.pg_enum e ON t.oid = e.enumtypid
            WHERE t.typtype = 'e'
        ORDER BY "schema", "name", e.oid;

-- columns: attname
-- empty
                SELECT a.attname
                FROM pg_attribute a JOIN (
                    SELECT unnest(ix.indkey) attnum,
                           generate_subscripts(ix.indkey, 1) ord
                    FROM pg_index ix
                    WHERE ix.indrelid = $1 AND ix.indisprimary
                    ) k ON a.attnum=k.attnum
                WHERE a.attrelid = $1
                ORDER BY k.ord
            ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: conname
-- empty
        SELECT conname
           FROM  pg_catalog.pg_constraint r
           WHERE r.conrelid = $1 AND r.contype = 'p'
           ORDER BY 1
        ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: conname | condef | conschema
-- empty
          SELECT r.conname,
                pg_catalog.pg_get_constraintdef(r.oid, true) as condef,
                n.nspname as conschema
          FROM  pg_catalog.pg_constraint r,
                pg_namespace n,
                pg_class c

          WHERE r.conrelid = $1 AND
                r.contype = 'f' AND
                c.oid = confrelid AND
                n.oid = c.relnamespace
          ORDER BY 1
        ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: relname | indisunique | indexprs | attname | attnum | conrelid | indkey | indoption | reloptions | amname | pg_get_expr | indnkeyatts
-- empty
              SELECT
                  i.relname as relname,
                  ix.indisunique, ix.indexprs,
                  a.attname, a.attnum, c.conrelid, ix.indkey::varchar,
                  ix.indoption::varchar, i.reloptions, am.amname,
                  pg_get_expr(ix.indpred, ix.indrelid),
                  ix.indnkeyatts as indnkeyatts
              FROM
                  pg_class t
                        join pg_index ix on t.oid = ix.indrelid
                        join pg_class i on i.oid = ix.indexrelid
                        left outer join
                            pg_attribute a
                            on t.oid = a.attrelid and a.attnum = ANY(ix.indkey)
                        left outer join
                            pg_constraint c
                            on (ix.indrelid = c.conrelid and
                                ix.indexrelid = c.conindid and
                                c.contype in ('p', 'u', 'x'))
                        left outer join
                            pg_am am
                            on i.relam = am.oid
              WHERE
                  t.relkind IN ('r', 'v', 'f', 'm', 'p')
                  and t.oid = $1
                  and ix.indisprimary = 'f'
              ORDER BY
                  t.relname,
                  i.relname
            ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: name | key | col_num | col_name
-- empty
            SELECT
                cons.conname as name,
                cons.conkey as key,
                a.attnum as col_num,
                a.attname as col_name
            FROM
                pg_catalog.pg_constraint cons
                join pg_attribute a
                  on cons.conrelid = a.attrelid AND
                    a.attnum = ANY(cons.conkey)
            WHERE
                cons.conrelid = $1 AND
                cons.contype = 'u'
        ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: name | src
-- empty
            SELECT
                cons.conname as name,
                pg_get_constraintdef(cons.oid) as src
            FROM
                pg_catalog.pg_constraint cons
            WHERE
                cons.conrelid = $1 AND
                cons.contype = 'c'
        ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: table_comment
-- row: ?*
            SELECT
                pgd.description as table_comment
            FROM
                pg_catalog.pg_description pgd
            WHERE
                pgd.objsubid = 0 AND
                pgd.objoid = $1
        ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- who runs it, for the button that stops it
-- columns: pg_backend_pid
-- rows: 1
SELECT pg_backend_pid();

-- and the button, here of a statement that has ended
-- columns: pg_terminate_backend
-- empty
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid='0';

-- what a statement would cost
-- row: *
EXPLAIN SELECT name FROM instances;

-- a chart over time
-- columns: __timestamp | count
-- row: * | *
SELECT DATE_TRUNC('month', created_at) AS __timestamp, COUNT(*) AS count
FROM public.instances
WHERE created_at >= TO_TIMESTAMP('2020-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND created_at < TO_TIMESTAMP('2026-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('month', created_at) ORDER BY count DESC
LIMIT 10000;
