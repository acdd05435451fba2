SELECT 1 AS one
SELECT * FROM carts WHERE id < 20 ORDER BY id
SELECT id, amount * 1.5 AS x, items DIV 2 AS half, items % 3 AS rest FROM carts WHERE country = 'it''s' ORDER BY id LIMIT 5 OFFSET 3
SELECT id, note FROM carts WHERE note LIKE 'note\_1%' OR note REGEXP '^note [0-4]$' ORDER BY id LIMIT 9
WITH a AS (SELECT * FROM carts WHERE id < 50), b AS (SELECT country, COUNT(*) AS n FROM a GROUP BY country) SELECT * FROM b ORDER BY n, country
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT SUM(n) AS s FROM t
SELECT id, ROW_NUMBER() OVER (PARTITION BY country ORDER BY id DESC) AS r, LAG(items, 1) OVER (ORDER BY id) AS l FROM carts WHERE id < 40 ORDER BY id
SELECT id, SUM(items) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM carts WHERE id < 30 ORDER BY id
SELECT country, COUNT(*) AS n, SUM(amount) AS s, AVG(amount) AS a, MIN(day) AS first, MAX(day) AS last FROM carts GROUP BY country ORDER BY country
SELECT DATE_FORMAT(wall, '%Y-%m-%d %H:%i') AS m, YEAR(day) AS y, WEEK(day, 3) AS w, DAYNAME(day) AS d FROM carts WHERE id < 9 ORDER BY id
SELECT DATE(created_at) AS d, COUNT(*) AS n FROM carts WHERE id < 99 GROUP BY DATE(created_at) ORDER BY d
SELECT day + INTERVAL 1 DAY AS a, DATE_SUB(wall, INTERVAL 90 MINUTE) AS b, TIMESTAMPDIFF(HOUR, wall, '2026-10-27') AS c FROM carts WHERE id < 4 ORDER BY id
SELECT CASE WHEN items > 2 THEN 'many' WHEN items = 0 THEN NULL ELSE 'some' END AS c, COALESCE(note, '–') AS n, NULLIF(items, 1) AS x, IF(recovered, 'y', 'n') AS r, IFNULL(country, '?') AS i FROM carts WHERE id < 9 ORDER BY id
SELECT JSON_EXTRACT(doc, '$.k') AS k, JSON_UNQUOTE(JSON_EXTRACT(doc, '$.list[0]')) AS l, JSON_LENGTH(doc, '$.list') AS n FROM carts WHERE id < 6 ORDER BY id
SELECT c.id, j.v FROM carts c, JSON_TABLE(c.doc, '$.list[*]' COLUMNS (v INT PATH '$')) AS j WHERE c.id < 4 ORDER BY c.id, j.v
SELECT GROUP_CONCAT(DISTINCT country ORDER BY country SEPARATOR '; ') AS c, COUNT(DISTINCT items) AS n FROM carts
SELECT c.id, k.amount FROM customers c LEFT JOIN carts k ON k.id = c.id AND k.id < 5 ORDER BY c.id
SELECT id FROM customers UNION SELECT id FROM carts WHERE id < 12 ORDER BY id
SELECT country FROM customers INTERSECT SELECT country FROM carts ORDER BY country
SELECT country, items, SUM(id) AS n FROM carts GROUP BY country, items WITH ROLLUP
SELECT id FROM carts k WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = k.id) AND (country, items) IN (('DE', 0), ('AT', 1)) ORDER BY id
SELECT CONCAT('a', 'b') AS a, CONCAT_WS('-', 'a', NULL, 'b') AS b, SUBSTRING_INDEX('a.b.c', '.', 2) AS c, LPAD('7', 3, '0') AS d, REPLACE('a%b', '%', '') AS e, TRIM('  x ') AS f, CHAR_LENGTH('ä') AS g
SELECT '10 %' AS `100 %`, 'it''s' AS `a "quoted" name`, "double" AS d, 'back\\slash' AS b
SELECT `Größe` AS g, id AS `select` FROM customers WHERE `Größe` > 3 ORDER BY id
SELECT CAST('12' AS SIGNED) AS a, CAST(amount AS CHAR) AS b, CAST(wall AS DATE) AS c, CONVERT(note USING utf8mb4) AS d, ROUND(amount, 1) AS e, TRUNCATE(amount, 0) AS f FROM carts WHERE id < 5 ORDER BY id
SELECT * FROM (SELECT id, items FROM carts ORDER BY amount DESC, id LIMIT 3) q ORDER BY id
SELECT STDDEV_SAMP(score) AS s, VARIANCE(score) AS v, BIT_OR(items) AS b, GREATEST(1, 3) AS g, LEAST(2, 1) AS l FROM carts
SELECT id <=> NULL AS a, NOT recovered AS b, id BETWEEN 1 AND 3 AS c, country IS NULL AS d, items XOR 1 AS e FROM carts WHERE id < 7 ORDER BY id
SELECT MD5('a') AS m, SHA2('a', 256) AS s, HEX('a') AS h, CRC32('a') AS c, UNIX_TIMESTAMP('2026-01-01') AS u, FROM_UNIXTIME(0) AS f
