-- ddl
CREATE TABLE stolen (a int)
CREATE TABLE stolen AS SELECT 1 AS a
CREATE TEMPORARY TABLE stolen (a int)
CREATE USER stolen IDENTIFIED BY 'x'
CREATE FUNCTION sys_exec RETURNS int SONAME 'udf.so'
ALTER TABLE carts ADD COLUMN stolen int
DROP TABLE carts
TRUNCATE carts
RENAME TABLE carts TO stolen
GRANT ALL ON *.* TO tests_reader
SET PASSWORD = PASSWORD('x')
INSTALL PLUGIN x SONAME 'x.so'
FLUSH TABLES WITH READ LOCK
OPTIMIZE TABLE carts
-- dml
INSERT INTO carts (id) VALUES (99)
REPLACE INTO carts (id) VALUES (99)
UPDATE carts SET amount = 0
DELETE FROM carts
DELETE FROM carts RETURNING id
INSERT INTO carts (id) VALUES (99) RETURNING id
LOAD DATA INFILE '{secret}' INTO TABLE carts
LOAD DATA LOCAL INFILE '{secret}' INTO TABLE carts
LOAD XML LOCAL INFILE '{secret}' INTO TABLE carts
WITH a AS (SELECT 1) DELETE FROM carts
HANDLER carts OPEN
-- into
SELECT 1 INTO OUTFILE '{folder}/stolen'
SELECT 1 INTO DUMPFILE '{folder}/stolen'
SELECT * FROM carts INTO OUTFILE '{folder}/stolen'
SELECT id INTO @a FROM carts LIMIT 1
SELECT 1 UNION SELECT 2 INTO OUTFILE '{folder}/stolen'
(SELECT 1 INTO OUTFILE '{folder}/stolen')
SELECT 1) AS q INTO OUTFILE '{folder}/stolen' #
SELECT 1) AS a UNION SELECT * INTO OUTFILE '{folder}/stolen' FROM (SELECT 2
-- version comments
SELECT 1 /*!50000 INTO OUTFILE '{folder}/stolen' */
SELECT 1 /*! INTO DUMPFILE '{folder}/stolen' */
SELECT 1 /*M! INTO OUTFILE '{folder}/stolen' */
SELECT 1 /*M!100000 INTO OUTFILE '{folder}/stolen' */
SELECT /*!sleep(9)*/ 1
SELECT 1 /*!99999 ; DROP TABLE carts */
-- hints
SELECT /*+ SET_VAR(max_execution_time = 0) */ 1
SELECT /*+ SET_VAR(sql_mode = 'ANSI_QUOTES') */ 1
SELECT /*+ MAX_EXECUTION_TIME(0) */ 1
SELECT SQL_CALC_FOUND_ROWS SLEEP(9)
-- code
EXPLAIN ANALYZE DELETE FROM carts
ANALYZE DELETE FROM carts
ANALYZE FORMAT=JSON UPDATE carts SET amount = 0
EXPLAIN SELECT 1
DO SLEEP(9)
DO RELEASE_ALL_LOCKS()
CALL stolen()
EXECUTE IMMEDIATE 'DELETE FROM carts'
PREPARE p FROM 'DELETE FROM carts'
BEGIN NOT ATOMIC DELETE FROM carts; END
IF 1 THEN DELETE FROM carts; END IF
SELECT 1 FROM carts PROCEDURE ANALYSE()
-- session
SET STATEMENT max_statement_time = 0 FOR SELECT SLEEP(9)
SET SESSION TRANSACTION READ WRITE
SET GLOBAL general_log = 1
SET @@session.max_statement_time = 0
SET ROLE x
START TRANSACTION READ WRITE
COMMIT
XA START 'x'
USE mysql
SHOW GRANTS
SHOW FULL PROCESSLIST
SHOW VARIABLES
KILL 1
SHUTDOWN
CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}
-- variables
SELECT @@datadir
SELECT @@global.secure_file_priv
SELECT @a := 1
SELECT @@session.max_statement_time := 0
SELECT @@hostname, id FROM carts
-- statements
SELECT 1; SELECT 2
SELECT 1; DROP TABLE carts
SELECT 1;DELETE FROM carts#
SELECT 1{nul}; DROP TABLE carts
DELIMITER // SELECT 1 //
SELECT "a" "; DROP TABLE carts
-- files
SELECT LOAD_FILE('{secret}')
SELECT load_file /**/ ('{secret}')
SELECT `load_file`('{secret}')
SELECT HEX(LOAD_FILE('{secret}'))
SELECT id FROM carts ORDER BY LOAD_FILE('{secret}')
SELECT * FROM JSON_TABLE(LOAD_FILE('{secret}'), '$' COLUMNS (a INT PATH '$')) t
-- waiting
SELECT SLEEP(9)
SELECT sleep/**/(9)
SELECT `SLEEP`(9)
SELECT BENCHMARK(1000000000, MD5('a'))
SELECT id FROM carts WHERE SLEEP(9) = 0
SELECT MASTER_POS_WAIT('x', 1, 9)
SELECT MASTER_GTID_WAIT('0-1-1', 9)
SELECT WAIT_FOR_EXECUTED_GTID_SET('x', 9)
SELECT wsrep_sync_wait_upto_gtid('x', 9)
-- locks
SELECT GET_LOCK('x', 9)
SELECT RELEASE_LOCK('x')
SELECT IS_USED_LOCK('x')
SELECT * FROM carts FOR UPDATE
SELECT * FROM carts LOCK IN SHARE MODE
LOCK TABLES carts WRITE
-- sequences
SELECT NEXT VALUE FOR numbers
SELECT NEXTVAL(numbers)
SELECT SETVAL(numbers, 99)
SELECT LASTVAL(numbers)
-- functions of others
SELECT sys_exec('touch {folder}/stolen')
SELECT sys_eval('id')
SELECT lib_mysqludf_sys_info()
SELECT stolen()
SELECT shop.stolen(1)
SELECT spider_direct_sql('DELETE FROM carts', '', 'port "{port}"')
SELECT http_get('http://127.0.0.1:{port}/')
SELECT DES_DECRYPT('x')
SELECT JSON_EXECUTE('x')
-- system tables
SELECT * FROM mysql.user
SELECT * FROM mysql.global_priv
SELECT * FROM `mysql`.`user`
SELECT authentication_string FROM mysql . user
SELECT * FROM performance_schema.threads
SELECT * FROM performance_schema.events_statements_history
SELECT * FROM sys.session
SELECT * FROM information_schema.processlist
SELECT info FROM INFORMATION_SCHEMA.PROCESSLIST
SELECT * FROM information_schema.user_privileges
SELECT * FROM information_schema.system_variables
SELECT * FROM information_schema.routines
SELECT * FROM information_schema.innodb_trx
SELECT * FROM information_schema.files
SELECT * FROM secret_plans.salaries
-- bombs
WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) AS n FROM t a, t b, t c, t d
SELECT COUNT(*) AS n FROM carts a, carts b, carts c, carts d
SELECT a.id AS x, REPEAT('x', 100000) AS y FROM carts a, carts b
SELECT a.id AS x FROM carts a, carts b, carts c ORDER BY RAND()
{wide}
-- answered without harm
SELECT 'a\'; DROP TABLE carts; -- '
SELECT REPEAT('x', 1000000000) AS x
SELECT RPAD('', 2000000000, 'x') AS x
SELECT REPEAT('a', 100000) REGEXP '(a+)+b' AS x
SELECT 1 AS a /* INTO OUTFILE '{folder}/stolen' */
SELECT 1 AS a -- INTO OUTFILE '{folder}/stolen'
SELECT 1 AS a # INTO OUTFILE '{folder}/stolen'
SELECT /*+ NO_MERGE */ 1 AS a
SELECT 'load_file' AS sleep, "DROP TABLE carts" AS a
{deep}
