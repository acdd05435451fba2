-- The company's own database, as the tests of datasets find it.
CREATE TABLE carts (
    id int PRIMARY KEY, created_at timestamptz, wall timestamp, day date, country text,
    amount numeric(10, 2), items int, score float8, recovered bool, note text, doc jsonb, tags text[]);
INSERT INTO carts SELECT n,
    timestamptz '2026-10-26 09:30:00+00' - n * interval '37 minutes',
    timestamp '2026-10-26 09:30:00' - n * interval '37 minutes',
    date '2026-10-26' - n / 30,
    (ARRAY['DE', 'AT', 'CH', NULL, 'it''s'])[n % 5 + 1],
    CASE WHEN n % 7 <> 0 THEN (n * 37 % 1000) / 7.0 END,
    n % 4, (n % 11) / 3.0,
    CASE WHEN n % 9 <> 0 THEN n % 2 = 0 END,
    CASE WHEN n % 3 <> 0 THEN 'note ' || n % 13 END,
    jsonb_build_object('k', n % 3, 'list', jsonb_build_array(n, n + 1)),
    ARRAY['a' || n % 2, 'b']
FROM generate_series(0, 5999) n;
CREATE TABLE customers (id int PRIMARY KEY, country text, name text, "Größe ""x""" int);
INSERT INTO customers
SELECT n, (ARRAY['DE', 'AT', 'FR'])[n % 3 + 1], 'c' || n, n FROM generate_series(1, 9) n;
CREATE SCHEMA secret_plans;
CREATE TABLE secret_plans.salaries (name text, salary int);
GRANT USAGE ON SCHEMA public TO tests_reader, tests_writer;
GRANT SELECT ON carts, customers TO tests_reader;
GRANT ALL ON ALL TABLES IN SCHEMA public TO tests_writer;
GRANT CREATE ON SCHEMA public TO tests_writer;
