-- ddl
CREATE TABLE stolen (a int)
CREATE TABLE stolen AS SELECT 1 AS a
CREATE TEMP TABLE stolen (a int)
CREATE MATERIALIZED VIEW stolen AS SELECT 1 AS a
CREATE FUNCTION stolen() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE EXTENSION dblink
CREATE ROLE stolen SUPERUSER LOGIN
ALTER TABLE carts ADD COLUMN stolen int
ALTER ROLE tests_reader SUPERUSER
ALTER SYSTEM SET log_statement = 'all'
DROP TABLE carts
TRUNCATE carts
COMMENT ON TABLE carts IS 'stolen'
GRANT ALL ON carts TO PUBLIC
REFRESH MATERIALIZED VIEW stolen
VACUUM carts
REINDEX TABLE carts
-- dml
INSERT INTO customers VALUES (99)
UPDATE carts SET amount = 0
DELETE FROM carts
MERGE INTO customers c USING carts k ON k.id = c.id WHEN MATCHED THEN DELETE
WITH gone AS (DELETE FROM carts RETURNING *) SELECT * FROM gone
WITH made AS (INSERT INTO customers VALUES (99) RETURNING *) SELECT * FROM made
WITH RECURSIVE a AS (SELECT 1 AS n), b AS (UPDATE carts SET amount = 0 RETURNING id) SELECT * FROM a, b
SELECT * FROM (WITH gone AS (DELETE FROM carts RETURNING *) SELECT * FROM gone) q
SELECT (WITH gone AS (DELETE FROM carts RETURNING id) SELECT max(id) FROM gone)
TABLE carts; DELETE FROM carts
-- into
SELECT * INTO stolen FROM carts
SELECT 1 AS a INTO TEMP stolen
WITH a AS (SELECT 1 AS n) SELECT * INTO stolen FROM a
SELECT * INTO UNLOGGED stolen FROM carts UNION SELECT * FROM carts
-- copy
COPY carts TO '{folder}/stolen.csv'
COPY (SELECT 1) TO PROGRAM 'touch {folder}/stolen'
COPY carts FROM '{secret}'
SELECT 1) TO '{folder}/stolen.csv' --
SELECT 1) q) TO PROGRAM 'touch {folder}/stolen' --
SELECT 1 AS a) q LIMIT 1) TO '{folder}/stolen.csv' (FORMAT csv) --
-- code
EXPLAIN ANALYZE CREATE TABLE stolen AS SELECT 1
EXPLAIN ANALYZE DELETE FROM carts
EXPLAIN (ANALYZE, BUFFERS) INSERT INTO customers VALUES (99)
EXPLAIN SELECT 1
DO $$ BEGIN DELETE FROM carts; END $$
DO LANGUAGE plpgsql 'BEGIN PERFORM pg_sleep(9); END'
CALL stolen()
PREPARE p AS DELETE FROM carts
EXECUTE p
DECLARE c CURSOR FOR SELECT 1
FETCH ALL FROM c
LOAD 'dblink'
-- session
SET statement_timeout = 0
SET ROLE portal
SET SESSION AUTHORIZATION portal
SET default_transaction_read_only = off
SET LOCAL lock_timeout = 0
RESET ALL
DISCARD ALL
BEGIN
COMMIT
ROLLBACK
SHOW ALL
SELECT set_config('statement_timeout', '0', false)
SELECT pg_catalog.set_config('transaction_read_only', 'off', true)
SELECT set_config('role', 'portal', false)
SELECT current_setting('data_directory')
SELECT current_setting(U&'\0070ath')
-- statements
SELECT 1; SELECT 2
SELECT 1; DROP TABLE carts
SELECT 1;; DELETE FROM carts
SELECT 1; COMMIT; DELETE FROM carts
COMMIT; DELETE FROM carts; BEGIN; SELECT 1
SELECT 1{nul}; DROP TABLE carts
SELECT 'a{nul}b'
SELECT 1 /* ; */; DROP TABLE carts --
SELECT $a$ ; $a$; DROP TABLE carts
-- names
SELECT U&"pg_\0073leep"(9)
SELECT u&"\0070g_read_file"('{secret}')
SELECT * FROM U&"pg\005fshadow"
SELECT "pg_read_file"('{secret}')
SELECT PG_CATALOG . PG_READ_FILE ('{secret}')
SELECT pg_read_file/**/('{secret}')
SELECT db.pg_catalog.pg_read_file('{secret}')
SELECT x.pg_read_file FROM (SELECT '{secret}'::text AS a) x
SELECT (x).pg_sleep FROM (SELECT 9::float8 AS a) x
SELECT ({folder}).pg_ls_dir
SELECT "PG_SLEEP"(9)
SELECT ｐｇ_sleep(9)
-- sql in text
SELECT query_to_xml('SELECT * FROM secret_plans.salaries', true, false, '')
SELECT query_to_xml_and_xmlschema('DELETE FROM carts RETURNING 1', true, false, '')
SELECT query_to_xmlschema('SELECT 1', true, false, '')
SELECT table_to_xml('secret_plans.salaries', true, false, '')
SELECT table_to_xmlschema('carts', true, false, '')
SELECT schema_to_xml('secret_plans', true, false, '')
SELECT database_to_xml(true, false, '')
SELECT cursor_to_xml('c', 1, true, false, '')
SELECT ts_stat('SELECT note::tsvector FROM carts')
SELECT * FROM ts_stat('SELECT to_tsvector(name) FROM secret_plans.salaries')
SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')
SELECT * FROM crosstab('SELECT 1, 2, 3') AS c(a int, b int)
SELECT * FROM connectby('carts', 'id', 'id', '1', 0) AS c(a int, b int, c int)
SELECT xpath_table('id', 'note', 'carts', '/', 'true')
-- files
SELECT pg_read_file('{secret}')
SELECT pg_read_binary_file('{secret}')
SELECT convert_from(pg_read_binary_file('{secret}'), 'UTF8')
SELECT pg_ls_dir('/')
SELECT * FROM pg_ls_dir('{folder}') AS f
SELECT * FROM pg_ls_logdir()
SELECT * FROM pg_ls_waldir()
SELECT * FROM pg_ls_tmpdir()
SELECT pg_stat_file('{secret}')
SELECT pg_file_write('{folder}/stolen', 'x', false)
SELECT pg_current_logfile()
SELECT pg_relation_filepath('carts')
SELECT * FROM ROWS FROM (generate_series(1, 2), pg_ls_dir('/')) AS f
SELECT 1 LIMIT length(pg_read_file('{secret}'))
SELECT count(*) FILTER (WHERE pg_read_file('{secret}') <> '') FROM carts
SELECT id FROM carts ORDER BY pg_read_file('{secret}')
SELECT sum(1) OVER (ORDER BY pg_read_file('{secret}'))
SELECT VARIADIC pg_read_file('{secret}')
-- large objects
SELECT lo_create(4711)
SELECT lo_creat(-1)
SELECT lo_from_bytea(4711, 'x')
SELECT lo_import('{secret}')
SELECT lo_export(4711, '{folder}/stolen')
SELECT lo_put(4711, 0, 'x')
SELECT lo_unlink(4711)
SELECT loread(lo_open(4711, 262144), 100)
SELECT lowrite(lo_open(4711, 131072), 'x')
SELECT * FROM pg_largeobject
-- network
SELECT * FROM dblink('host=127.0.0.1 port={port}', 'SELECT 1') AS t(a int)
SELECT dblink_connect('host=127.0.0.1 port={port}')
SELECT dblink_exec('host=127.0.0.1 port={port}', 'DELETE FROM carts')
SELECT http_get('http://127.0.0.1:{port}/')
SELECT * FROM http(('GET', 'http://127.0.0.1:{port}/', NULL, NULL, NULL))
SELECT postgres_fdw_get_connections()
SELECT inet_server_addr()
-- waiting
SELECT pg_sleep(9)
SELECT pg_sleep_for('9 s')
SELECT pg_sleep_until(now() + interval '9 s')
SELECT * FROM carts WHERE pg_sleep(9) IS NULL
SELECT CASE WHEN true THEN pg_sleep(9)::text END
-- locks
SELECT * FROM carts FOR UPDATE
SELECT * FROM carts FOR KEY SHARE SKIP LOCKED
LOCK TABLE carts
SELECT pg_advisory_lock(1)
SELECT pg_try_advisory_lock(1)
SELECT pg_advisory_xact_lock(1, 2)
SELECT pg_advisory_unlock_all()
-- messages
NOTIFY stolen
LISTEN stolen
SELECT pg_notify('stolen', 'x')
SELECT pg_logical_emit_message(true, 'x', 'y')
-- server
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
SELECT pg_cancel_backend(1)
SELECT pg_reload_conf()
SELECT pg_rotate_logfile()
SELECT pg_switch_wal()
SELECT pg_promote()
SELECT pg_stat_reset()
SELECT pg_stat_clear_snapshot()
SELECT pg_create_physical_replication_slot('stolen')
SELECT pg_copy_logical_replication_slot('a', 'b')
SELECT pg_sync_replication_slots()
SELECT pg_export_snapshot()
SELECT txid_current()
SELECT pg_current_xact_id()
SELECT pg_log_backend_memory_contexts(1)
SELECT brin_summarize_new_values('carts')
SELECT gin_clean_pending_list('carts')
SELECT binary_upgrade_set_next_pg_type_oid(1)
-- sequences
SELECT nextval('numbers')
SELECT setval('numbers', 99)
SELECT currval('numbers')
SELECT lastval()
SELECT id, nextval('numbers') FROM carts
-- system tables
SELECT * FROM pg_shadow
SELECT * FROM pg_catalog.pg_authid
SELECT passwd FROM pg_user
TABLE pg_stat_activity
SELECT query FROM pg_stat_activity
SELECT * FROM pg_stat_get_activity(NULL)
SELECT pg_stat_get_backend_activity(1)
SELECT * FROM pg_stat_statements
SELECT * FROM public.pg_stat_statements
SELECT * FROM pg_prepared_statements
SELECT * FROM pg_settings
SELECT * FROM pg_file_settings
SELECT * FROM pg_hba_file_rules
SELECT * FROM pg_user_mappings
SELECT * FROM information_schema.user_mapping_options
SELECT * FROM information_schema.foreign_server_options
SELECT * FROM pg_subscription
SELECT * FROM pg_statistic
SELECT most_common_vals FROM pg_stats
SELECT * FROM pg_toast.pg_toast_1262
SELECT prosrc FROM pg_proc
SELECT * FROM pg_locks
SELECT has_table_privilege('secret_plans.salaries', 'SELECT')
SELECT * FROM secret_plans.salaries
-- bombs
SELECT count(*) FROM generate_series(1, 400000) a, generate_series(1, 400000) b
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t
SELECT repeat('x', 300000000)
SELECT n, repeat('x', 100000) FROM generate_series(1, 100000) n
SELECT lpad('', 2000000000, 'x')
SELECT a.id FROM carts a, carts b, carts c ORDER BY random()
SELECT factorial(1000000)
SELECT 10::numeric ^ 100000 ^ 10
-- answered without harm
SELECT regexp_replace(repeat('a', 30000), '(a+)+$', 'b', 'g') ~ '^(a|a)*b$'
SELECT 1 AS a /* ; DROP TABLE carts */
SELECT 1 AS a -- ) TO '{folder}/stolen.csv'
SELECT 'pg_sleep(9)' AS a, $$; DROP TABLE carts; $$ AS b
SELECT "pg_sleep" FROM (SELECT 1 AS pg_sleep) q
SELECT /*+ SeqScan(carts) */ 1 AS a
{deep}
{wide}
