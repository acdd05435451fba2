"""The child process of `datasets.jail`: one engine, one statement, then it ends.

Walls, besides those of the engines: no file can be written and no core dumped (RLIMIT_FSIZE,
RLIMIT_CORE); once a database's file is open no other file or socket can be opened (RLIMIT_NOFILE);
the address space ends (RLIMIT_AS); nothing of the portal's environment is there; the parent kills
it at its time limit."""

MEMORY = 512  # MiB that an engine may use
ADDRESS_SPACE = 4 * 2**30  # bytes; DuckDB reserves far more than it uses
# Exit codes of a child that says why on its error output.
REFUSED, UNAVAILABLE, TOO_MUCH = 3, 4, 5


class Refused(Exception):
    """The statement is none that we run, or its values cannot be kept."""


class Unavailable(Exception):
    """The file cannot be read."""


class TooMuch(Exception):
    """Longer or larger than it may be."""
