"""Core: what a statement may not name, by engine and by class.

Where the whole of what is harmless can be listed, what is not listed is refused: tables and
functions of PostgreSQL whose names begin with pg_, table functions of DuckDB and SQLite, functions
of MySQL. Elsewhere the dangerous classes are listed: functions that run a text as SQL, read or list
files, reach other machines, write, wait, lock, or tell about other people's sessions. The tests
walk the catalogues of the real engines, so that a function which a new version brings is noticed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What one engine's statements may name. Names are compared in lower case."""

    functions: re.Pattern[str]  # refused
    known: re.Pattern[str] | None  # all others are refused, when not None
    in_from: frozenset[str] | None  # functions that may stand for a table; None: all
    tables: re.Pattern[str]  # refused, in any schema
    schemas: re.Pattern[str]  # refused
    described: frozenset[str]  # views of information_schema that may be read
    variables: bool = True  # whether @name may stand for a parameter

    def refuse_function(self, name: str) -> bool:
        name = name.lower()
        if self.functions.fullmatch(name):
            return True
        return self.known is not None and not self.known.fullmatch(name)

    def refuse_table(self, schema: str, name: str) -> bool:
        schema, name = schema.lower(), name.lower()
        if schema == "information_schema":
            return name not in self.described
        return bool(self.schemas.fullmatch(schema) or self.tables.fullmatch(name))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.VERBOSE | re.IGNORECASE)


NOTHING = _pattern(r"(?!)")
DESCRIBED = frozenset(
    {"tables", "columns", "views", "schemata", "table_constraints", "key_column_usage",
     "constraint_column_usage", "referential_constraints", "check_constraints"}
)  # fmt: skip
POSTGRES = Rules(
    functions=_pattern(
        r"""pg_(?!(
            typeof | size_(pretty|bytes) | (table|relation|total_relation|indexes|column)_size
            | database_size | get_(viewdef|constraintdef|indexdef|expr|userbyid|serial_sequence)
            | encoding_to_char | client_encoding | collation_for | is_in_recovery
            | postmaster_start_time | timezone_names | timezone_abbrevs | input_is_valid
            | partition_(tree|root|ancestors) | backend_pid | (table|type|function)_is_visible
        )$).*
        | lo_.* | loread | lowrite | dblink.* | postgres_fdw.* | https?(_.*)? | urlencode
        | .*_to_xml(schema|_and_xmlschema)? | .*_to_xmlschema | xpath_table
        | (query|table|schema|database|cursor)_to_xml.* | crosstab.* | connectby.*
        | ts_(stat|rewrite|debug|parse|token_type) | plpgsql_.* | plpython.* | plperl.* | plv8.*
        | set_config | set_limit | set_curcfg | current_setting | current_query
        | setval | nextval | lastval | currval | binary_upgrade.* | brin_.* | gin_clean.* | txid_.*
        | pgstat.* | has_.*_privilege | row_security_active | inet_(client|server)_.*
        | get_raw_page | page_header | heap_.* | bt_.* | currtid2? | lock_.* | sys_.* | exec(ute)?
        | load_extension | load_file | sleep | benchmark | get_lock | getenv | file_.* | cron_.*
        | aws_.* | copy_.* | mysql_.*
        """
    ),
    known=None,
    in_from=None,
    tables=_pattern(
        r"""pg_(?!(
            class | namespace | attribute | attrdef | type | index | indexes | constraint | enum
            | description | range | tables | views | matviews | inherits | partitioned_table | am
            | collation | timezone_names | timezone_abbrevs
        )$).*"""
    ),
    schemas=_pattern(r"pg_(?!catalog$).*"),
    described=DESCRIBED,
)
#: Built-in functions of MySQL and MariaDB without effects. A loaded function (UDF) needs no right
#: to be called and may do anything, so only these names are sent.
MYSQL_KNOWN = _pattern(
    r"""
    abs | acos | adddate | addtime | add_months | aes_(de|en)crypt | any_value | ascii | asin |
    atan2? | avg | bin | bin_to_uuid | bit_(and|count|length|or|xor) | cast | ceil(ing)? |
    char(_length)? | character_length | charset | chr | coalesce | coercibility | collation |
    column_(check|exists|get|json|list) | (un)?compress | uncompressed_length | concat(_ws)? |
    conv | convert(_tz)? | cosh? | cot | count | crc32c? | cume_dist | curdate |
    current_(date|role|time|user) | current_timestamp | curtime | database | date |
    date_(add|diff|format|sub) | datediff | day(name|ofmonth|ofweek|ofyear)? | decode | default
    | degrees | dense_rank | elt | encode | exp | export_set | extract(value)? | field |
    find_in_set | first_value | floor | format | found_rows | from_(base64|days|unixtime) |
    geom.* | get_format | greatest | group_concat | grouping | (un)?hex | hour | if | ifnull |
    inet6?_(aton|ntoa) | insert | instr | interval |
    is_(ipv4|ipv4_compat|ipv4_mapped|ipv6|uuid) | isnull | json_\w+ | lag | last_(day|value) |
    lcase | lead | least | left | length(b)? | line\w* | ln | locali?time(stamp)? | locate |
    log(2|10)? | lower | lpad | ltrim | make_set | make(date|time) | max | mbr\w+ | md5 |
    median | microsecond | mid | min | minute | mod | month(name)? | multi\w+ |
    natural_sort_key | now | nth_value | ntile | nullif | nvl2? | oct | octet_length | ord |
    percent_rank | percentile_(cont|disc) | period_(add|diff) | pi | point\w* | polygon\w* |
    position | pow(er)? | quarter | quote | radians | rand | random_bytes | rank |
    regexp_(instr|like|replace|substr) | repeat | replace | reverse | right | round | row |
    row_(count|number) | rpad | rtrim | schema | sec_to_time | second | session_user | sformat
    | sha[12]? | sign | sin | soundex | space | sqrt | st_\w+ | std | stddev(_pop|_samp)? |
    str_to_date | strcmp | subdate | substr(ing)?(_index)? | subtime | sum | sysdate |
    system_user | tan | time | time_(format|to_sec) | timediff | timestamp(add|diff)? |
    to_(base64|char|days|seconds) | trim | trunc(ate)? | ucase | unix_timestamp | unnest |
    updatexml | upper | user | utc_(date|time|timestamp) | uuid(_short|_to_bin)? | values? |
    var_(pop|samp) | variance | version | week(day|ofyear)? | weight_string | xor | year(week)?
    """
)
MYSQL = Rules(
    functions=_pattern(r"json_execute.*"),
    known=MYSQL_KNOWN,
    in_from=frozenset({"json_table"}),
    tables=NOTHING,
    schemas=_pattern(r"mysql | performance_schema | sys | ndbinfo | information_schema_.*"),
    described=DESCRIBED | {"statistics", "partitions", "collations", "character_sets"},
    variables=False,
)
SQLITE = Rules(
    functions=_pattern(
        r"""load_extension | fts3_tokenizer | fts5 | fts5_source_id | optimize | rtreecheck
        | sqlite_.* | pragma_.* | readfile | writefile | edit | lsdir | fsdir | zipfile | dbstat
        | sqlar_.* | sha3_query | eval | getenv | randomblob | zeroblob | fts3tokenize"""
    ),
    known=None,
    in_from=frozenset({"json_each", "json_tree", "generate_series"}),
    tables=_pattern(r"sqlite_.* | pragma_.* | dbstat"),
    schemas=_pattern(r"temp"),
    described=frozenset(),
    variables=False,
)
DUCKDB = Rules(
    functions=_pattern(
        r"""read_.* | parquet_.* | sniff_csv | glob | json_execute.* | json_(de)?serialize_.*
        | getenv | query | query_table | duckdb_.* | pragma_.* | sqlite_.* | postgres_.* |
        mysql_.* | iceberg_.* | delta_scan | st_(read|drivers).* | https?_.* | .*_scan |
        which_secret | current_(setting|query|query_id|connection_id|transaction_id) |
        set(val|_config|variable) | nextval | currval | getvariable | write_log | sleep.*
        | pg_(?!typeof$).* | txid_.* | stats | error | add_parquet_key | copy_.* |
        import_.* | .*(logging|logs) | load_.* | sys_.* | lo_.* | dblink.* |
        has_.*_privilege | python_.* | .*external_resource.* | read_duckdb"""
    ),
    known=None,
    in_from=frozenset(
        {"range", "generate_series", "unnest", "json_each", "json_tree", "repeat", "repeat_row"}
    ),
    tables=_pattern(r"duckdb_.* | pragma_.* | sqlite_.* | pg_.*"),
    schemas=_pattern(r"pg_.*"),
    described=DESCRIBED,
)
RULES = {"postgres": POSTGRES, "mysql": MYSQL, "sqlite": SQLITE, "duckdb": DUCKDB}
