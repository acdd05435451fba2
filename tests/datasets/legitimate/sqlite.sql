SELECT 1 AS one
SELECT * FROM carts WHERE id < 20 ORDER BY id
SELECT id, amount * 1.5 AS x, items % 3 AS rest FROM carts WHERE country = 'it''s' ORDER BY id LIMIT 5 OFFSET 3
SELECT id, note FROM carts WHERE note LIKE 'note 1%' AND note NOT LIKE '%2' OR note GLOB 'note [0-4]' ORDER BY id LIMIT 9
WITH a AS (SELECT * FROM carts WHERE id < 50), b AS (SELECT country, count(*) AS n FROM a GROUP BY 1) SELECT * FROM b ORDER BY n, country
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) AS s FROM t
SELECT id, row_number() OVER (PARTITION BY country ORDER BY id DESC) AS r, lag(items, 1, 0) OVER (ORDER BY id) AS l FROM carts WHERE id < 40 ORDER BY id
SELECT country, count(*) AS n, sum(amount) AS s, avg(amount) AS a, total(items) AS t, min(day) AS first FROM carts GROUP BY country ORDER BY country
SELECT strftime('%Y-%m', day) AS m, date(day, '+1 month', 'start of month') AS d, julianday(day) AS j FROM carts WHERE id < 9 ORDER BY id
SELECT datetime(wall, '-90 minutes') AS a, unixepoch(wall) AS u, time(wall) AS t FROM carts WHERE id < 4 ORDER BY id
SELECT CASE WHEN items > 2 THEN 'many' WHEN items = 0 THEN NULL ELSE 'some' END AS c, coalesce(note, '–') AS n, nullif(items, 1) AS x, iif(recovered, 'y', 'n') AS r FROM carts WHERE id < 9 ORDER BY id
SELECT json_extract(doc, '$.k') AS k, doc ->> '$.list[0]' AS l, json_array_length(doc, '$.list') AS n FROM carts WHERE id < 6 ORDER BY id
SELECT c.id, j.value AS v FROM carts c, json_each(c.doc, '$.list') AS j WHERE c.id < 4 ORDER BY c.id, j.value
SELECT t.key, t.atom FROM json_tree('{"a": [1, 2]}') AS t WHERE t.atom IS NOT NULL ORDER BY t.id
SELECT group_concat(country, '; ') AS c FROM (SELECT DISTINCT country FROM carts ORDER BY country)
SELECT c.id, k.amount FROM customers c LEFT JOIN carts k ON k.id = c.id AND k.id < 5 ORDER BY c.id
SELECT id FROM customers UNION SELECT id FROM carts WHERE id < 12 ORDER BY 1
SELECT country FROM customers EXCEPT SELECT country FROM carts WHERE id < 3 ORDER BY 1
SELECT id FROM carts k WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = k.id) AND id <> 2 ORDER BY id
SELECT substr('abcdef', 2, 3) AS a, instr('abc', 'c') AS b, trim('xax', 'x') AS c, upper('a') || lower('B') AS d, replace('a%b', '%', '') AS e, printf('%05.1f', 2.5) AS f, length('ä') AS g, hex('a') AS h
SELECT '10 %' AS "100 %", 'it''s' AS "a ""quoted"" name", [id] AS "select" FROM customers ORDER BY id LIMIT 1
SELECT cast('12' AS INTEGER) AS a, cast(amount AS TEXT) AS b, round(amount, 1) AS c, abs(-3) AS d, typeof(note) AS e, 7 / 2 AS f FROM carts WHERE id < 5 ORDER BY id
SELECT sum(items) FILTER (WHERE recovered) AS yes, count(*) FILTER (WHERE NOT recovered) AS no FROM carts
SELECT title FROM notes WHERE notes MATCH 'cart' ORDER BY title
