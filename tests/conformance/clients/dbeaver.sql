-- What DBeaver 24 and 25 ask when they connect and when somebody opens a schema, a table and its tabs.
-- From dbeaver/dbeaver: plugins/org.jkiss.dbeaver.ext.postgresql/src/…/model/Postgre*.java, with the parameters that JDBC
-- sends.

-- tag: SET
SET extra_float_digits = 3;

-- tag: SET
SET application_name = 'DBeaver 25.1.5 - Main <postgres>';

-- row: public | app
SELECT current_schema(),session_user;

-- row: lightsail
SELECT current_database();

-- columns: search_path
-- row: public
SHOW search_path;

-- tag: SET
SET search_path = public,system;

-- row: PostgreSQL 1*
SELECT version();

-- columns: oid | oid | datname | **
-- row: * | * | lightsail
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE 1 = 1 AND datallowconn AND NOT datistemplate OR db.datname =$1
ORDER BY db.datname;
-- $1 varchar: 'lightsail'

-- columns: oid | oid | datname | **
-- row: * | * | lightsail
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE datname=$1;
-- $1 varchar: 'lightsail'

-- empty
select description from pg_shdescription join pg_database on objoid = pg_database.oid where datname = $1;
-- $1 varchar: 'lightsail'

-- columns: name | setting | **
-- row: standard_conforming_strings | on
select * from pg_catalog.pg_settings where name=$1;
-- $1 varchar: 'standard_conforming_strings'

-- columns: string_agg
-- rows: 1
SELECT string_agg(word, ',') from pg_catalog.pg_get_keywords() where word <> ALL ('{a,abs,absolute,action,ada,add,zone}'::text[]);

-- empty
SELECT * FROM pg_catalog.pg_enum WHERE 1<>1 LIMIT 1;

-- empty
SELECT reltype FROM pg_catalog.pg_class WHERE 1<>1 LIMIT 1;

-- empty
SELECT typcategory FROM pg_catalog.pg_type WHERE 1<>1 LIMIT 1;

-- columns: oid | oid | nspname | nspowner | nspacl | **
-- row: * | * | public
-- row: * | * | system
SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass
 ORDER BY nspname;

-- columns: schema_id
-- rows: 1
SELECT s.oid as schema_id
from pg_catalog.pg_namespace s
WHERE s.nspname =$1;
-- $1 varchar: 'public'

-- the types, all of them
-- columns: oid | oid | typname | **
-- row: 25 | 25 | text
-- row: 114 | 114 | json
-- row: 1184 | 1184 | timestamptz
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem 
LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.typname IS NOT NULL
AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C');

-- columns: oid | oid | typname | **
-- row: 25 | 25 | text
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem 
LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.typname IS NOT NULL
AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C')
AND t.typnamespace=$1 ;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')

-- columns: oid | oid | typname | **
-- row: 1009 | 1009 | _text
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.oid=$1 ;
-- $1 bigint: 1009

-- rows: 2
SELECT a.oid,a.*,pd.description FROM pg_catalog.pg_roles a 
left join pg_catalog.pg_shdescription pd on a.oid = pd.objoid
ORDER BY a.rolname;

-- columns: oid | oid | amname | **
-- row: 2 | 2 | heap
SELECT am.oid,am.* FROM pg_catalog.pg_am am 
ORDER BY am.oid;

-- columns: encid | encname
-- row: 6 | UTF8
SELECT c.contoencoding as encid,pg_catalog.pg_encoding_to_char(c.contoencoding) as encname
FROM pg_catalog.pg_conversion c
GROUP BY c.contoencoding
ORDER BY 2
;

-- columns: oid | oid | collname | **
-- row: * | * | C
SELECT c.oid,c.* FROM pg_catalog.pg_collation c 
ORDER BY c.oid;

-- columns: oid | oid | lanname | **
-- row: 14 | 14 | sql
SELECT l.oid,l.* FROM pg_catalog.pg_language l 
ORDER BY l.oid;

-- empty
SELECT l.oid,l.*,p.pronamespace as handler_schema_id 
FROM pg_catalog.pg_foreign_data_wrapper l
LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=l.fdwhandler 
ORDER BY l.fdwname;

-- empty
SELECT l.oid,l.* FROM pg_catalog.pg_foreign_server l
ORDER BY l.srvname;

-- columns: oid | oid | spcname | **
-- answered
SELECT t.oid,t.*,pg_tablespace_location(t.oid) loc
FROM pg_catalog.pg_tablespace t 
ORDER BY t.oid;

-- columns: name | default_version | installed_version | comment
-- empty
SELECT name,default_version,installed_version,comment FROM pg_catalog.pg_available_extensions ORDER BY name;

-- empty
SELECT pet.*, d.description FROM pg_catalog.pg_event_trigger pet
LEFT OUTER JOIN pg_catalog.pg_description d ON pet."oid" = d.objoid;

-- columns: oid | tbls | schema_name | **
-- answered
SELECT 
 e.oid,
 cfg.tbls,
  n.nspname as schema_name,
 e.* 
FROM 
 pg_catalog.pg_extension e 
 join pg_namespace n on n.oid =e.extnamespace
 left join  (
         select
            ARRAY_AGG(ns.nspname || '.' ||  cls.relname) tbls, oid_ext
          from
            (
            select
                unnest(e1.extconfig) oid , e1.oid oid_ext
            from
                pg_catalog.pg_extension e1 ) c 
                join    pg_class cls on cls.oid = c.oid 
                join pg_namespace ns on ns.oid = cls.relnamespace
            group by oid_ext        
         ) cfg on cfg.oid_ext = e.oid
ORDER BY e.oid;

-- empty
SELECT * FROM pg_catalog.pg_enum;

-- the tables of a schema
-- columns: oid | oid | relname | **
-- row: * | * | instances
-- row: * | * | open_ports
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,  pg_catalog.pg_get_partkeydef(c.oid) as partition_key 
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=$1 AND c.relkind not in ('i','I','c');
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- and one of them
-- columns: oid | oid | relname | **
-- row: * | * | instances
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,  pg_catalog.pg_get_partkeydef(c.oid) as partition_key 
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=$1 AND c.relkind not in ('i','I','c') AND relname=$2;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')
-- $2 varchar: 'instances'

-- columns: oid | total_rel_size | rel_size
-- row: *
select c.oid,pg_catalog.pg_total_relation_size(c.oid) as total_rel_size,pg_catalog.pg_relation_size(c.oid) as rel_size
FROM pg_class c
WHERE c.relnamespace=$1;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- empty
SELECT i.inhrelid relid, pc.relnamespace parent_ns, pc.oid parent_oid, i.inhseqno
FROM pg_catalog.pg_inherits i, pg_class rc, pg_class pc
WHERE rc.oid=i.inhrelid AND rc.relnamespace=$1 AND pc.oid=i.inhparent;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- empty
SELECT * FROM pg_default_acl WHERE defaclnamespace = $1;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- the columns of all tables of a schema
-- columns: relname | attrelid | attname | **
-- row: instances | * | name
-- row: open_ports | * | *
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.relnamespace=$1
ORDER BY a.attnum;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- those of one
-- columns: relname | attrelid | attname | atttypid | **
-- row: instances | * | name | 25
-- row: instances | * | tags | 114
-- row: instances | * | created_at | 1184
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.oid=$1
ORDER BY a.attnum;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- empty
SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description, case when c.contype='c' then "substring"(pg_get_constraintdef(c.oid), 7) else null end consrc_copy
FROM pg_catalog.pg_constraint c
INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid
LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass
WHERE c.conrelid=$1
ORDER BY c.oid;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- empty
SELECT DISTINCT connamespace FROM pg_catalog.pg_constraint WHERE confrelid=$1;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- empty
SELECT i.*,i.indkey as keys,c.relname,c.relnamespace,c.relam,c.reltablespace,tc.relname as tabrelname,dsc.description,pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr,pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr,pg_catalog.pg_relation_size(i.indexrelid) as index_rel_size,pg_catalog.pg_stat_get_numscans(i.indexrelid) as index_num_scans
FROM pg_catalog.pg_index i
INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid
INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid
LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid=dsc.objoid
WHERE i.indrelid=$1 ORDER BY tabrelname, c.relname;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- empty
SELECT i.*,c.relnamespace FROM pg_catalog.pg_inherits i,pg_catalog.pg_class c WHERE i.inhrelid=$1 AND c.oid=i.inhparent ORDER BY i.inhseqno;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- columns: total_rel_size | rel_size
-- rows: 1
select pg_catalog.pg_total_relation_size($1) as total_rel_size,pg_catalog.pg_relation_size($2) as rel_size;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')
-- $2 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- empty
SELECT x.oid,x.*,p.pronamespace as func_schema_id,d.description
FROM pg_catalog.pg_trigger x
LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=x.tgfoid 
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=x.oid AND d.objsubid=0 
WHERE x.tgrelid = $1 AND NOT x.tgisinternal;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'instances')

-- empty
SELECT r.oid,r.*, pg_get_ruledef(r.oid) AS definition
FROM pg_rewrite r
WHERE r.ev_class=16385 AND r.rulename <> '_RETURN'::name;

-- empty
select * from pg_catalog.pg_policies where schemaname=$1 and tablename=$2;
-- $1 varchar: 'public'
-- $2 varchar: 'instances'

-- the text of a view, of which there is none here
-- rows: 1
SELECT pg_get_viewdef($1, true);
-- $1 oid: (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'open_ports')

-- the functions and aggregates of a schema
-- columns: poid | **
-- empty
SELECT p.oid as poid,p.*,pg_catalog.pg_get_expr(p.proargdefaults, 0) as arg_defaults,d.description
FROM pg_catalog.pg_proc p
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=p.oid and d.classoid='pg_proc'::regclass  AND d.objsubid = 0
WHERE p.pronamespace=$1
ORDER BY p.proname;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- columns: proc_oid | proc_name | **
-- empty
SELECT p.oid AS proc_oid,p.proname AS proc_name,a.*
FROM pg_catalog.pg_aggregate a,pg_catalog.pg_proc p
WHERE p.oid=a.aggfnoid AND p.pronamespace=$1
ORDER BY p.proname;
-- $1 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- the search for a name
-- columns: oid | relname | relnamespace | relkind
-- row: * | instances | * | r
SELECT pc.oid,pc.relname,pc.relnamespace,pc.relkind FROM pg_catalog.pg_class pc WHERE pc.relkind in('r','v','m','f','p') AND (pc.relname ILIKE $1 OR obj_description(pc.oid, 'pg_class') ILIKE $2)AND pc.relnamespace IN ($3) ORDER BY pc.relname LIMIT 100;
-- $1 varchar: 'instanc%'
-- $2 varchar: 'instanc%'
-- $3 bigint: (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'public')

-- the description of a table
-- columns: description
-- row: ?*
select description from pg_catalog.pg_description
join pg_catalog.pg_class on pg_description.objoid = pg_class.oid
join pg_catalog.pg_namespace on pg_class.relnamespace = pg_namespace.oid
where pg_class.relname = $1 and pg_namespace.nspname=$2;
-- $1 varchar: 'instances'
-- $2 varchar: 'public'

-- empty
SELECT * FROM pg_catalog.pg_auth_members WHERE roleid=$1;
-- $1 bigint: 10

-- the rows of a table
-- columns: profile | account_id | region | name | **
-- row: *
select * from public.instances limit 200;
