SELECT 1 AS one
SELECT * FROM carts WHERE id < 20 ORDER BY id
TABLE customers
SELECT id, amount::text, items * 1.5 AS x FROM carts WHERE country = 'it''s' ORDER BY id LIMIT 5 OFFSET 3
WITH a AS (SELECT * FROM carts WHERE id < 50), b AS (SELECT country, count(*) AS n FROM a GROUP BY 1) SELECT * FROM b ORDER BY n, country NULLS LAST
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) AS s FROM t
WITH a AS MATERIALIZED (SELECT id FROM carts WHERE id < 3) SELECT * FROM a ORDER BY 1
SELECT id, row_number() OVER (PARTITION BY country ORDER BY id DESC) AS r, lag(items, 1, 0) OVER w AS l FROM carts WHERE id < 40 WINDOW w AS (ORDER BY id) ORDER BY id
SELECT id, sum(items) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS s FROM carts WHERE id < 30 ORDER BY id
SELECT id, first_value(id) OVER (ORDER BY id RANGE UNBOUNDED PRECEDING) AS f FROM carts WHERE id < 5 ORDER BY id
SELECT c.id, x.n FROM customers c CROSS JOIN LATERAL (SELECT count(*) AS n FROM carts k WHERE k.country = c.country AND k.id < 90) x ORDER BY 1
SELECT c.id, x.n FROM customers c LEFT JOIN LATERAL (SELECT 1 AS n WHERE c.id > 4) x ON true ORDER BY 1
SELECT count(*) FILTER (WHERE recovered) AS yes, count(*) FILTER (WHERE NOT recovered) AS no, count(*) AS n FROM carts
SELECT country, percentile_cont(0.5) WITHIN GROUP (ORDER BY score) AS p FROM carts GROUP BY country ORDER BY country NULLS LAST
SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY items) AS p, mode() WITHIN GROUP (ORDER BY items) AS m FROM carts
SELECT doc->'k' AS k, doc->>'k' AS t, doc#>>'{list,0}' AS p, doc @> '{"k": 1}' AS has, doc ? 'k' AS q FROM carts WHERE id < 6 ORDER BY id
SELECT e.value, e.ordinality FROM carts, jsonb_array_elements_text(doc->'list') WITH ORDINALITY AS e WHERE id < 4 ORDER BY id, e.ordinality
SELECT jsonb_agg(id ORDER BY id) AS ids, jsonb_object_agg(id, items) AS o, string_agg(note, ', ' ORDER BY id) AS s FROM carts WHERE id < 9
SELECT jsonb_path_query_array(doc, '$.list[*] ? (@ > 3)') AS p FROM carts WHERE id < 5 ORDER BY id
SELECT n, n * n AS q FROM generate_series(1, 9, 2) AS n
SELECT d::date AS d FROM generate_series(timestamp '2026-01-01', '2026-01-05', interval '1 day') AS d
SELECT a.x, b.y FROM (VALUES (1, 'a'), (2, 'b')) AS a(x, k) JOIN (VALUES ('a', 10)) AS b(k, y) USING (k)
SELECT id FROM customers UNION SELECT id FROM carts WHERE id < 12 ORDER BY 1
SELECT country FROM customers INTERSECT SELECT country FROM carts ORDER BY 1
SELECT country FROM customers EXCEPT ALL SELECT country FROM carts WHERE id < 3 ORDER BY 1
SELECT DISTINCT ON (country) country, id FROM carts WHERE id < 30 ORDER BY country, id DESC
SELECT country, items, count(*) AS n, grouping(country, items) AS g FROM carts GROUP BY ROLLUP (country, items) ORDER BY 1, 2, 3
SELECT country, items, sum(id) AS n FROM carts GROUP BY GROUPING SETS ((country), (items), ()) ORDER BY 1, 2, 3
SELECT country, recovered, count(*) AS n FROM carts GROUP BY CUBE (1, 2) HAVING count(*) > 100 ORDER BY 1, 2, 3
SELECT created_at - interval '1 day 02:30' AS a, created_at + '90 minutes'::interval AS b FROM carts WHERE id < 4 ORDER BY id
SELECT date_trunc('day', created_at AT TIME ZONE 'Europe/Berlin') AS d, count(*) AS n FROM carts WHERE id < 99 GROUP BY 1 ORDER BY 1
SELECT extract(dow FROM created_at) AS d, date_part('hour', created_at) AS h, to_char(created_at, 'YYYY-MM-DD HH24:MI') AS c FROM carts WHERE id < 9 ORDER BY id
SELECT age(timestamp '2026-03-01', timestamp '2026-01-31') AS a, make_interval(days => 3) AS b, make_date(2026, 2, 28) AS c
SELECT CASE WHEN items > 2 THEN 'many' WHEN items = 0 THEN NULL ELSE 'some' END AS c, coalesce(note, '–') AS n, nullif(items, 1) AS x FROM carts WHERE id < 9 ORDER BY id
SELECT id FROM carts WHERE (country, items) IN (('DE', 0), ('AT', 1)) AND id < 50 ORDER BY id
SELECT id FROM carts WHERE country IS NOT DISTINCT FROM NULL AND note LIKE 'note 1%' AND note NOT ILIKE '%2' AND id % 2 = 1 ORDER BY id LIMIT 9
SELECT id FROM carts WHERE note ~ '^note [0-4]$' AND note !~* 'NOTE 3' AND id < 60 ORDER BY id
SELECT id FROM carts k WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = k.id) AND id <> ALL (ARRAY[2, 3]) AND id = ANY ('{1,2,3,4}'::int[]) ORDER BY id
SELECT tags[1] AS a, tags || ARRAY['z'] AS b, cardinality(tags) AS c, tags && ARRAY['b'] AS d, array_to_string(tags, '-') AS e FROM carts WHERE id < 4 ORDER BY id
SELECT unnest(ARRAY[1, 2]) AS a, unnest(ARRAY['x', 'y']) AS b
SELECT width_bucket(score, 0, 4, 4) AS w, round(amount, 1) AS r, 7 / 2 AS i, 7 % 4 AS m, 2 ^ 3 AS p, |/ 16.0 AS s, abs(-3) AS a, 5 # 3 AS x, 1 << 4 AS l FROM carts WHERE id < 5 ORDER BY id
SELECT substring('abcdef' FROM 2 FOR 3) AS a, position('c' IN 'abc') AS b, trim(both 'x' from 'xax') AS c, overlay('abcd' placing 'X' from 2 for 1) AS d, split_part('a,b', ',', 2) AS e
SELECT regexp_replace('a1b22', '[0-9]+', '#', 'g') AS a, format('%s of %I', 1, 'x y') AS b, 'a' || NULL AS c, concat('a', NULL) AS d, left('abc', -1) AS e, md5('a') AS f
SELECT '10%' AS "100 %", 'it''s' AS "a ""quoted"" name", E'tab\there' AS t, $$dollar 'quoted'$$ AS q
SELECT "Größe ""x""" AS "Größe", id AS "select" FROM customers WHERE "Größe ""x""" > 3 ORDER BY 1
SELECT c.*, k.amount FROM customers AS c NATURAL JOIN (SELECT id, amount FROM carts) AS k ORDER BY c.id
SELECT c.id FROM customers c FULL OUTER JOIN carts k ON k.id = c.id AND k.id < 5 WHERE k.id IS NULL OR c.id IS NOT NULL ORDER BY 1
SELECT corr(score, items) AS c, stddev_samp(score) AS s, regr_slope(score, items) AS r, bool_and(recovered) AS b, every(id >= 0) AS e FROM carts
SELECT ntile(4) OVER (ORDER BY id) AS n, cume_dist() OVER (ORDER BY id) AS c, dense_rank() OVER (ORDER BY items) AS d FROM carts WHERE id < 12 ORDER BY id
SELECT * FROM carts TABLESAMPLE BERNOULLI (100) WHERE id < 2 ORDER BY id
SELECT id FROM carts ORDER BY amount DESC NULLS LAST, id FETCH FIRST 3 ROWS ONLY
SELECT '2026-01-01'::date + 1 AS a, date '2026-03-01' - date '2026-02-01' AS b, timestamptz '2026-01-01 00:00+02' AS c, (DATE '2026-01-01', DATE '2026-02-01') OVERLAPS (DATE '2026-01-15', DATE '2026-03-01') AS d
SELECT GREATEST(1, NULL, 3) AS g, LEAST(2, 1) AS l, num_nonnulls(1, NULL) AS n, 1 IN (1, NULL) AS i, NOT NULL::bool AS x
