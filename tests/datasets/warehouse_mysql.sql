CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
SET time_zone = '+00:00';
CREATE TABLE carts (
    id INT PRIMARY KEY, created_at TIMESTAMP NULL, wall DATETIME(3), day DATE, country VARCHAR(9),
    amount DECIMAL(10, 2), items INT, score DOUBLE, recovered BOOLEAN, note TEXT, doc JSON);
INSERT INTO carts SELECT seq,
    TIMESTAMP '2026-10-26 09:30:00' - INTERVAL seq * 37 MINUTE,
    TIMESTAMP '2026-10-26 09:30:00.123' - INTERVAL seq * 37 MINUTE,
    DATE '2026-10-26' - INTERVAL seq DIV 30 DAY,
    ELT(seq % 5 + 1, 'DE', 'AT', 'CH', NULL, 'it''s'),
    IF(seq % 7 <> 0, (seq * 37 % 1000) / 7.0, NULL),
    seq % 4, (seq % 11) / 3.0,
    IF(seq % 9 <> 0, seq % 2 = 0, NULL),
    IF(seq % 3 <> 0, CONCAT('note ', seq % 13), NULL),
    JSON_OBJECT('k', seq % 3, 'list', JSON_ARRAY(seq, seq + 1))
FROM seq_0_to_1999;
CREATE TABLE customers (id INT PRIMARY KEY, country VARCHAR(9), name TEXT, `Größe` INT);
INSERT INTO customers
SELECT seq, ELT(seq % 3 + 1, 'DE', 'AT', 'FR'), CONCAT('c', seq), seq FROM seq_1_to_9;
CREATE SEQUENCE numbers;
CREATE DATABASE secret_plans;
CREATE TABLE secret_plans.salaries (name TEXT, salary INT);
INSERT INTO secret_plans.salaries VALUES ('canary-1d5c7', 1);
