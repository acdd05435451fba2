import importlib
import json
import resource
import sys

from datasets.jailed import (
    ADDRESS_SPACE,
    REFUSED,
    TOO_MUCH,
    UNAVAILABLE,
    Refused,
    TooMuch,
    Unavailable,
)

ENGINES = {"files": "files", "duckdb": "database", "sqlite": "sqlite"}
CODES = {Refused: REFUSED, Unavailable: UNAVAILABLE, TooMuch: TOO_MUCH, MemoryError: TOO_MUCH}


def main() -> None:
    request = json.load(sys.stdin)
    engine = importlib.import_module(f"datasets.jailed.{ENGINES[request.get('engine', 'files')]}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    try:
        engine.answer(request, sys.stdout.buffer)
    except tuple(CODES) as error:
        sys.stderr.write(str(error) or "The query used more memory than it may.")
        sys.exit(CODES[type(error)])


if __name__ == "__main__":
    main()
