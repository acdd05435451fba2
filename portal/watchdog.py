"""Does refresh work get done? Asked in PostgreSQL, where the truth about it is.

A Celery worker can lose its broker and go on living without a word (celery #8030, #8091, #10205).
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any

# A run whose lease is alive is long, not stuck.
PROGRESS = """
select count(*) filter (where next_run_at < now() - interval '2 minutes'),
       (select max(finished_at) from datasets_refreshrun),
       exists (select from datasets_refreshrun where state = 'running' and lease_until > now())
from datasets_dataset where enabled
"""


class Watchdog:
    """Compares two looks: a backlog, e.g. after a night switched off, that gets shorter is fine."""

    def __init__(self, database: dict[str, Any]):
        self.database = database
        self.last_finish: object = None
        self.was_overdue = False

    def stuck(self, say: Callable[[str], None]) -> bool:
        """Whether work was overdue at this look and the last one, and nothing ended in between."""
        overdue, last_finish, running = self._progress(say)
        is_overdue = overdue > 0 and not running
        stuck = is_overdue and self.was_overdue and last_finish == self.last_finish
        # After a restart the new worker gets the time of two looks as well.
        self.was_overdue = is_overdue and not stuck
        self.last_finish = last_finish
        return stuck

    def _progress(self, say: Callable[[str], None]) -> tuple[int, object, bool]:
        import psycopg2
        from psycopg2.errors import UndefinedColumn, UndefinedTable

        try:
            with closing(psycopg2.connect(**_parameters(self.database))) as connection:
                cursor = connection.cursor()
                cursor.execute(PROGRESS)
                overdue, last_finish, running = cursor.fetchone() or (0, None, False)
        except (UndefinedTable, UndefinedColumn):
            return 0, None, False  # migrations of another release: nothing to say about them
        except psycopg2.OperationalError as error:
            # Not the worker's fault, and an embedded server is restarted on its own account.
            say(f"The watchdog cannot ask the database: {str(error).strip()}")
            return 0, None, False
        return overdue, last_finish, running


def _parameters(database: dict[str, Any]) -> dict[str, Any]:
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    names["port"] = "PORT"
    given = {name: database.get(key) for name, key in names.items()}
    # The one who looks after all processes must not wait for a database that does not answer.
    given |= {"connect_timeout": 5, "options": "-c statement_timeout=5000"}
    given |= database.get("OPTIONS", {})
    return {name: value for name, value in given.items() if value}
