SELECT 1 AS one
SELECT * FROM carts WHERE id < 20 ORDER BY id
FROM customers
FROM carts SELECT country, count(*) AS n GROUP BY ALL ORDER BY ALL
SELECT * EXCLUDE (doc) FROM carts WHERE id < 5 ORDER BY id
SELECT id, COLUMNS('amount|items') FROM carts WHERE id < 5 ORDER BY id
WITH a AS (SELECT * FROM carts WHERE id < 50), b AS (SELECT country, count(*) AS n FROM a GROUP BY 1) SELECT * FROM b ORDER BY n, country
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) AS s FROM t
SELECT id, row_number() OVER (PARTITION BY country ORDER BY id DESC) AS r FROM carts WHERE id < 40 QUALIFY r = 1 ORDER BY id
SELECT country, count(*) AS n, sum(amount) AS s, median(score) AS m, quantile_cont(score, 0.9) AS q, arg_max(id, amount) AS g FROM carts GROUP BY country ORDER BY country
SELECT date_trunc('month', created_at) AS m, date_diff('hour', created_at, TIMESTAMPTZ '2026-10-27 00:00+00') AS h, strftime(wall, '%Y-%m-%d') AS d, dayname(day) AS n FROM carts WHERE id < 9 ORDER BY id
SELECT created_at - INTERVAL '90 minutes' AS a, day + 1 AS b, extract(dow FROM created_at) AS c FROM carts WHERE id < 4 ORDER BY id
SELECT CASE WHEN items > 2 THEN 'many' WHEN items = 0 THEN NULL ELSE 'some' END AS c, coalesce(note, '–') AS n, nullif(items, 1) AS x, if(recovered, 'y', 'n') AS r FROM carts WHERE id < 9 ORDER BY id
SELECT doc ->> '$.k' AS k, json_extract(doc, '$.list[0]')::int AS l, json_array_length(doc, '$.list') AS n FROM carts WHERE id < 6 ORDER BY id
SELECT id, unnest([id, id + 1]) AS v FROM carts WHERE id < 4 ORDER BY id, v
SELECT range AS n, n * n AS q FROM range(1, 9, 2)
SELECT d::date AS d FROM generate_series(DATE '2026-01-01', DATE '2026-01-05', INTERVAL 1 DAY) AS g(d)
SELECT list_transform([1, 2, 3], lambda x: x + 1) AS a, struct_pack(a := 1).a AS b, map {'k': 2}['k'] AS c, [1, 2, 3][1:2] AS d
SELECT string_agg(country, '; ' ORDER BY country) AS c FROM (SELECT DISTINCT country FROM carts)
SELECT c.id, k.amount FROM customers c LEFT JOIN carts k ON k.id = c.id AND k.id < 5 ORDER BY c.id
SELECT c.id, k.id AS k FROM customers c ASOF JOIN carts k ON c.id >= k.id ORDER BY c.id
SELECT * FROM (PIVOT (SELECT country, items, id FROM carts) ON items IN (0, 1) USING count(id) GROUP BY country) ORDER BY country
SELECT * FROM (UNPIVOT (SELECT id, items AS a, items + 1 AS b FROM carts WHERE id < 3) ON a, b INTO NAME k VALUE v) ORDER BY id, k
SELECT id FROM customers UNION BY NAME SELECT id FROM carts WHERE id < 12 ORDER BY id
SELECT country, items, count(*) AS n FROM carts GROUP BY ROLLUP (country, items) ORDER BY ALL
SELECT regexp_extract('a1b22', '([0-9]+)', 1) AS a, 'a' || 'b' AS b, split_part('a,b', ',', 2) AS c, lpad('7', 3, '0') AS d, format('{:.1f}', 2.5) AS e, '10 %' AS "100 %"
SELECT id FROM carts WHERE note SIMILAR TO 'note [0-4]' AND id NOT IN (SELECT id FROM customers) ORDER BY id LIMIT 5
SELECT count(*) FILTER (WHERE recovered) AS yes, count_if(NOT recovered) AS no, approx_count_distinct(items) > 0 AS some FROM carts
