"""Rights of a user of MySQL or MariaDB: what its grants say, by a list of what is harmless."""

from __future__ import annotations

import re

HARMLESS = {"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES"}
GRANT = re.compile(r"^GRANT (?P<rights>.+?) ON (?P<on>.+?) TO .+?(?P<option> WITH .*)?$")
IN_BRACKETS = re.compile(r"\([^()]*\)")  # names of columns


def beyond_reading(cursor) -> tuple[list[str], bool]:
    """The rights besides reading, in words; and whether all databases may be read."""
    cursor.execute("SHOW GRANTS")
    lines = [row[0] if isinstance(row[0], str) else row[0].decode() for row in cursor.fetchall()]
    return wide(lines)


def wide(lines: list[str]) -> tuple[list[str], bool]:
    """As `beyond_reading`, of the lines of SHOW GRANTS."""
    found: list[str] = []
    everywhere = False
    for line in lines:
        grant = GRANT.match(line)
        if grant is None:
            if not re.match(r"^(GRANT [`'].+ TO |SET DEFAULT ROLE )", line):
                found.append("has a grant that is not understood")
            continue  # a role: what it may do stands in lines of its own while it is in force
        rights = {right.strip() for right in IN_BRACKETS.sub("", grant["rights"]).split(",")}
        more = sorted(rights - HARMLESS)
        if more:
            found.append(f"{', '.join(more)} on {grant['on']}")
        if "GRANT OPTION" in (grant["option"] or ""):
            found.append(f"may hand on its rights on {grant['on']}")
        everywhere |= grant["on"] == "*.*" and bool(rights - {"USAGE"})
    return found, everywhere
