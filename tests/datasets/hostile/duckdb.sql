-- ddl
CREATE TABLE stolen (a int)
CREATE OR REPLACE TABLE carts AS SELECT 1 AS a
CREATE TEMP TABLE stolen AS SELECT 1 AS a
CREATE MACRO stolen() AS 1
CREATE SECRET stolen (TYPE s3, KEY_ID 'x', SECRET 'y')
CREATE SEQUENCE stolen
ALTER TABLE carts ADD COLUMN stolen int
DROP TABLE carts
TRUNCATE carts
COMMENT ON TABLE carts IS 'stolen'
VACUUM
CHECKPOINT
-- dml
INSERT INTO carts (id) VALUES (99)
INSERT OR REPLACE INTO carts (id) VALUES (99)
UPDATE carts SET amount = 0
DELETE FROM carts
DELETE FROM carts RETURNING id
MERGE INTO carts USING carts AS b ON false WHEN NOT MATCHED THEN INSERT (id) VALUES (99)
WITH gone AS (DELETE FROM carts RETURNING id) SELECT * FROM gone
-- copy
COPY carts TO '{folder}/stolen.csv'
COPY (SELECT 1) TO '{folder}/stolen.parquet' (FORMAT parquet)
COPY carts FROM '{secret}'
COPY FROM DATABASE x TO y
EXPORT DATABASE '{folder}/stolen'
IMPORT DATABASE '{folder}'
SELECT 1) q; COPY carts TO '{folder}/stolen.csv' --
SELECT 1 AS a) q LIMIT 1; COPY carts TO '{folder}/stolen.csv'; --
-- attach
ATTACH '{other}' AS other
ATTACH '{folder}/stolen.db' (TYPE sqlite)
ATTACH 'host=127.0.0.1 port={port}' AS p (TYPE postgres)
ATTACH 'http://127.0.0.1:{port}/x.duckdb' AS x
ATTACH ':memory:' AS m
DETACH carts
USE other
SELECT * FROM other.secrets
-- code
EXPLAIN ANALYZE INSERT INTO carts (id) VALUES (99)
EXPLAIN ANALYZE SELECT 1
EXPLAIN SELECT 1
PREPARE p AS DELETE FROM carts
EXECUTE p
CALL pragma_version()
CALL enable_logging('QueryLog', storage = 'file', storage_path = '{folder}')
LOAD httpfs
INSTALL httpfs
FORCE INSTALL httpfs FROM 'http://127.0.0.1:{port}/'
UPDATE EXTENSIONS
DESCRIBE carts
SUMMARIZE carts
SHOW ALL TABLES
-- session
SET enable_external_access = true
SET memory_limit = '100GB'
SET GLOBAL threads = 100
SET lock_configuration = false
SET temp_directory = '{folder}'
SET VARIABLE x = 1
RESET memory_limit
PRAGMA enable_external_access
PRAGMA memory_limit = '100GB'
PRAGMA enable_profiling
BEGIN
COMMIT
-- statements
SELECT 1; SELECT 2
SELECT 1; DROP TABLE carts
SELECT 1;; DELETE FROM carts
SELECT 1{nul}; DROP TABLE carts
SELECT U&"\0067lob"('/')
-- files
SELECT * FROM read_text('{secret}')
SELECT content FROM read_blob('{secret}')
FROM read_csv('{secret}')
FROM read_csv_auto('{secret}')
SELECT * FROM read_json('{secret}')
SELECT * FROM read_ndjson_objects('{secret}')
SELECT * FROM read_parquet('{secret}')
SELECT * FROM parquet_scan('{secret}')
SELECT * FROM parquet_metadata('{secret}')
SELECT * FROM parquet_kv_metadata('{secret}')
SELECT * FROM read_duckdb('{other}')
SELECT * FROM sniff_csv('{secret}')
SELECT * FROM glob('/etc/*')
FROM '{secret}'
SELECT * FROM '{folder}/*.csv'
SELECT * FROM "{secret}"
SELECT * FROM sqlite_scan('{other}', 'secrets')
SELECT * FROM READ_TEXT('{secret}')
SELECT * FROM "read_text"('{secret}')
SELECT * FROM main.read_text('{secret}')
SELECT * FROM system.main.read_text('{secret}')
SELECT (SELECT content FROM read_text('{secret}'))
SELECT getenv('HOME')
SELECT * FROM reaches_out
SELECT * FROM macro_reads()
-- sql in text
SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')
SELECT * FROM query_table('carts')
SELECT json_execute_serialized_sql(json_serialize_sql('SELECT 1'))
FROM json_execute_serialized_sql('x')
SELECT json_serialize_plan('SELECT 1')
PIVOT carts ON country USING sum(amount)
-- network
SELECT * FROM 'http://127.0.0.1:{port}/x.csv'
SELECT * FROM read_csv('http://127.0.0.1:{port}/x.csv')
SELECT * FROM read_parquet('s3://127.0.0.1:{port}/x.parquet')
SELECT * FROM postgres_scan('host=127.0.0.1 port={port}', 'public', 'x')
SELECT * FROM mysql_scan('host=127.0.0.1 port={port}', 'x')
SELECT * FROM iceberg_scan('http://127.0.0.1:{port}/')
SELECT * FROM delta_scan('http://127.0.0.1:{port}/')
SELECT * FROM st_read('{secret}')
SELECT http_get('http://127.0.0.1:{port}/')
SELECT * FROM read_json('http://127.0.0.1:{port}/')
-- system tables
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_settings
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_extensions()
SELECT * FROM duckdb_databases()
SELECT path FROM duckdb_databases
SELECT * FROM duckdb_logs
SELECT * FROM duckdb_temporary_files()
SELECT * FROM pragma_database_list
SELECT * FROM pragma_storage_info('carts')
SELECT * FROM sqlite_master
SELECT * FROM pg_catalog.pg_settings
SELECT * FROM which_secret('s3://x', 's3')
SELECT current_setting('temp_directory')
SELECT getvariable('x')
SELECT current_query()
SELECT write_log('x')
SELECT nextval('numbers')
-- python
SELECT * FROM request
SELECT * FROM connection, sys, pa
-- waiting
SELECT sleep_ms(9000)
SELECT pg_sleep(9)
-- bombs
SELECT sum(a.range * b.range) AS s FROM range(10000000000) a, range(1000) b
SELECT list(a.range || repeat('y', 1000)) AS a FROM range(100000000) a
SELECT repeat('x', 4000000000) AS a
SELECT range AS n, repeat('x', 100000) AS x FROM range(100000)
SELECT list_reduce(range(100000000 + id), lambda a, b: a + b) AS x FROM carts
{wide}
