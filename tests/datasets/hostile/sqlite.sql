-- ddl
CREATE TABLE stolen (a int)
CREATE TEMP TABLE stolen AS SELECT 1
CREATE TRIGGER t AFTER INSERT ON carts BEGIN SELECT 1; END
CREATE VIRTUAL TABLE stolen USING fts5(a)
ALTER TABLE carts ADD COLUMN stolen
DROP TABLE carts
REINDEX carts
ANALYZE
VACUUM
VACUUM INTO '{folder}/stolen.db'
-- dml
INSERT INTO carts (id) VALUES (99)
REPLACE INTO carts (id) VALUES (99)
UPDATE carts SET amount = 0
DELETE FROM carts
DELETE FROM carts RETURNING id
WITH a AS (SELECT 1) DELETE FROM carts
WITH a AS (SELECT 1) INSERT INTO carts (id) SELECT 99
INSERT INTO carts (id) VALUES (99) RETURNING id
UPDATE sqlite_master SET sql = 'x'
INSERT INTO notes(notes) VALUES ('optimize')
-- code
EXPLAIN DELETE FROM carts
EXPLAIN QUERY PLAN SELECT 1
PRAGMA writable_schema = ON
PRAGMA journal_mode = WAL
PRAGMA query_only = OFF
PRAGMA database_list
PRAGMA temp_store_directory = '{folder}'
BEGIN EXCLUSIVE
COMMIT
SAVEPOINT a
-- attach
ATTACH '{folder}/stolen.db' AS stolen
ATTACH DATABASE '{other}' AS other
ATTACH 'file:{other}?mode=rw' AS other
DETACH main
SELECT * FROM other.secrets
-- statements
SELECT 1; SELECT 2
SELECT 1; DROP TABLE carts
SELECT 1);DELETE FROM carts --
SELECT 1{nul}; DROP TABLE carts
SELECT 1 AS a) LIMIT 1 --
SELECT 1 /*! ; DELETE FROM carts */; SELECT 2
-- functions
SELECT load_extension('{folder}/x.so')
SELECT "load_extension"('{folder}/x.so', 'y')
SELECT readfile('{secret}')
SELECT writefile('{folder}/stolen', 'x')
SELECT edit('x')
SELECT fts3_tokenizer('simple', x'41')
SELECT fts3_tokenizer('simple')
SELECT sqlite_log(1, 'x')
SELECT sqlite_compileoption_get(0)
SELECT sqlite_source_id()
SELECT optimize(notes) FROM notes
SELECT rtreecheck('main', 'carts')
SELECT eval('DELETE FROM carts')
SELECT zeroblob(2000000000)
SELECT hex(randomblob(1000000000))
SELECT my_function(1)
-- table functions
SELECT * FROM pragma_database_list
SELECT * FROM pragma_database_list()
SELECT * FROM pragma_table_info('carts')
SELECT * FROM pragma_function_list
SELECT * FROM pragma_compile_options
SELECT * FROM pragma_journal_mode('wal')
SELECT * FROM pragma_query_only(0)
SELECT * FROM fsdir('/')
SELECT * FROM zipfile('{secret}')
SELECT * FROM dbstat
SELECT * FROM sqlite_dbpage
SELECT * FROM csv('{secret}')
SELECT value FROM json_each(readfile('{secret}'))
-- system tables
SELECT * FROM sqlite_master
SELECT sql FROM sqlite_schema
SELECT * FROM "sqlite_master"
SELECT * FROM main.sqlite_master
SELECT rowid FROM sqlite_master
SELECT * FROM sqlite_temp_master
SELECT * FROM temp.portal_shape
SELECT * FROM sqlite_sequence
SELECT * FROM sqlite_stmt
-- bombs
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t
SELECT count(*) FROM carts a, carts b, carts c, carts d
SELECT replace(replace(replace(hex(printf('%.1000000c', 'x')), '7', hex(printf('%.10000c', 'x'))), '8', 'y'), 'y', 'zz')
WITH RECURSIVE t(n) AS (SELECT 'x' UNION ALL SELECT n || n FROM t) SELECT length(n) FROM t
{wide}
