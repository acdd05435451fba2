"""The small shop of the tests: 3,000 carts that ended 30 hours ago."""

import time

import psycopg2
from django.conf import settings

from portal import embedded
from portal.demo import load, server, story

NOW = int(time.time()) // 60 * 60
END = NOW - 30 * story.HOUR
CARTS, DAYS = 3_000, 30


def build(seed=story.SEED):
    load.load(carts=CARTS, days=DAYS, seed=seed, end=END, say=lambda line: None)


def run(sql, **credentials):
    with connection(**credentials) as opened, opened.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def connection(*, reader=False, database=server.DATABASE):
    if not reader:
        return server.connect(database)
    opened = psycopg2.connect(
        host="127.0.0.1",
        port=embedded.postgres_port(settings.DATA_FOLDER),
        dbname=database,
        user=server.READER,
        password=embedded.secret(settings.DATA_FOLDER, server.READER_KEY),
    )
    opened.autocommit = True
    return opened
