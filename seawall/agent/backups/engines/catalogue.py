"""What a Postgres database holds, asked from its own catalogue (Postgres 14 or newer).

Every question answers with JSON rows `[part, name, what stands there]`. Nothing depends on the
order of columns or rows, on numbers that a restore gives anew (oid), or on who asks.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Tuple

from seawall.agent.backups.engines.psql import Session
from seawall.agent.backups.manifest import Parts

OURS = """n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"""
"""Schemas that are somebody's data."""
NOT_OF_AN_EXTENSION = """NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
  WHERE e.classid = '{kind}'::pg_catalog.regclass AND e.objid = {oid} AND e.deptype = 'e')"""
"""What an extension brings is made by CREATE EXTENSION, not restored."""
HASHABLE = re.split(
    " ",
    "bool int2 int4 int8 float4 float8 numeric text varchar bpchar name char date time timetz "
    "timestamp timestamptz interval uuid bytea jsonb oid inet cidr macaddr",
)
"""Types whose own hash is of the value alone. Every other (json has none; that of an enum is its
number in the catalogue) is compared as the text that is dumped."""


def _own(kind: str, oid: str) -> str:
    return NOT_OF_AN_EXTENSION.format(kind=f"pg_catalog.{kind}", oid=oid)


TABLES = f"""
SELECT pg_catalog.json_build_array(n.nspname, c.relname,
  (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, t.typname, s.nspname)
      ORDER BY a.attname)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_namespace s ON s.oid = t.typnamespace
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND {OURS}
  AND (c.relkind = 'r' OR c.relispopulated)
  AND ({_own("pg_class", "c.oid")} OR EXISTS (SELECT FROM pg_catalog.pg_extension x
    WHERE c.oid = ANY (x.extconfig)))
ORDER BY c.relpages
"""

OBJECTS = f"""
WITH own AS (SELECT c.*, n.nspname, pg_catalog.format('%I.%I', n.nspname, c.relname) AS full_name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE {OURS} AND c.relpersistence <> 't' AND {_own("pg_class", "c.oid")})
SELECT pg_catalog.json_build_array(part, name, what) FROM (
  SELECT 'schema' part, n.nspname::text name, pg_catalog.pg_get_userbyid(n.nspowner)::text what
    FROM pg_catalog.pg_namespace n WHERE {OURS} AND {_own("pg_namespace", "n.oid")}
  UNION ALL
  SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
      WHEN 'S' THEN 'sequence of' WHEN 'f' THEN 'foreign table' ELSE 'table of' END, full_name,
    pg_catalog.concat_ws(' ', pg_catalog.pg_get_userbyid(relowner), relpersistence,
      CASE WHEN relrowsecurity THEN 'row security' END,
      CASE WHEN relforcerowsecurity THEN 'forced' END, reloptions::text,
      CASE WHEN relispartition THEN pg_catalog.pg_get_expr(relpartbound, oid) END,
      CASE WHEN relkind = 'p' THEN pg_catalog.pg_get_partkeydef(oid) END,
      CASE WHEN relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(oid) END,
      CASE WHEN relkind = 'm' AND NOT relispopulated THEN 'not populated' END)
    FROM own WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'access to', full_name, (SELECT pg_catalog.string_agg(a::text, ' ' ORDER BY a::text)
      FROM pg_catalog.unnest(relacl) a) FROM own WHERE relacl IS NOT NULL
  UNION ALL
  SELECT 'column', full_name || '.' || a.attname, pg_catalog.concat_ws(' ',
      pg_catalog.format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
      a.attidentity::text, a.attgenerated::text, pg_catalog.pg_get_expr(d.adbin, d.adrelid),
      (SELECT l.collname FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation),
      a.attacl::text)
    FROM own JOIN pg_catalog.pg_attribute a ON a.attrelid = own.oid
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = own.oid AND d.adnum = a.attnum
    WHERE own.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT 'constraint', full_name || '.' || k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    FROM own JOIN pg_catalog.pg_constraint k ON k.conrelid = own.oid
  UNION ALL
  SELECT 'index', full_name, pg_catalog.concat_ws(' ', pg_catalog.pg_get_indexdef(i.indexrelid),
      CASE WHEN NOT i.indisvalid THEN 'invalid' END)
    FROM own JOIN pg_catalog.pg_index i ON i.indexrelid = own.oid
  UNION ALL
  SELECT 'trigger', full_name || '.' || t.tgname,
      pg_catalog.concat_ws(' ', pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled)
    FROM own JOIN pg_catalog.pg_trigger t ON t.tgrelid = own.oid WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'policy', full_name || '.' || p.polname, pg_catalog.concat_ws(' ', p.polcmd,
      p.polpermissive, pg_catalog.pg_get_expr(p.polqual, p.polrelid),
      pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    FROM own JOIN pg_catalog.pg_policy p ON p.polrelid = own.oid
  UNION ALL
  SELECT 'rule', full_name || '.' || r.rulename, pg_catalog.pg_get_ruledef(r.oid)
    FROM own JOIN pg_catalog.pg_rewrite r ON r.ev_class = own.oid WHERE r.rulename <> '_RETURN'
  UNION ALL
  SELECT 'function', p.oid::pg_catalog.regprocedure::text,
      pg_catalog.pg_get_userbyid(p.proowner) || ' ' || CASE WHEN p.prokind IN ('f', 'p', 'w')
        THEN pg_catalog.pg_get_functiondef(p.oid) ELSE 'aggregate' END
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE {OURS} AND {_own("pg_proc", "p.oid")}
  UNION ALL
  SELECT 'type', pg_catalog.format('%I.%I', n.nspname, t.typname), pg_catalog.concat_ws(' ',
      t.typtype, pg_catalog.pg_get_userbyid(t.typowner),
      (SELECT pg_catalog.string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
      (SELECT pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname)
        FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid),
      CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END)
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE {OURS} AND {_own("pg_type", "t.oid")} AND t.typtype IN ('e', 'd', 'r', 'c')
      AND (t.typtype <> 'c' OR c.relkind = 'c')
  UNION ALL
  SELECT 'extension', extname::text, extversion FROM pg_catalog.pg_extension
  UNION ALL
  SELECT 'event trigger', evtname::text, evtevent || ' ' || evtfoid::pg_catalog.regproc::text
    FROM pg_catalog.pg_event_trigger
  UNION ALL
  SELECT 'publication', pubname::text, puballtables::text FROM pg_catalog.pg_publication
  UNION ALL
  SELECT 'setting of', CASE WHEN s.setrole = 0 THEN 'the database'
      ELSE pg_catalog.pg_get_userbyid(s.setrole) END, s.setconfig::text
    FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
    WHERE d.datname = pg_catalog.current_database()
  UNION ALL
  SELECT 'database', 'owner and encoding', pg_catalog.concat_ws(' ',
      pg_catalog.pg_get_userbyid(datdba), pg_catalog.pg_encoding_to_char(encoding), datcollate,
      datctype) FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
  UNION ALL
  SELECT 'comment on', pg_catalog.pg_describe_object(d.classoid, d.objoid, d.objsubid),
      d.description FROM pg_catalog.pg_description d
    WHERE d.objoid IN (SELECT oid FROM own)
) everything
"""

LARGE_OBJECTS = """
SELECT pg_catalog.json_build_array('large objects', 'all', pg_catalog.concat(
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata), ' with checksum ',
  (SELECT COALESCE(pg_catalog.sum(
      pg_catalog.hash_record_extended(ROW(loid, pageno, data), 0)), 0)
    FROM pg_catalog.pg_largeobject)))
"""

SEQUENCES = f"""
SELECT pg_catalog.json_build_array(pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.pg_sequence_last_value(c.oid))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {OURS} AND {_own("pg_class", "c.oid")}
"""
"""Where each sequence stands, null before its first use."""


ROWS = """
SELECT pg_catalog.to_json(pg_catalog.concat(pg_catalog.count(*), ' with checksum ',
  COALESCE(pg_catalog.sum(pg_catalog.hash_record_extended({row}, 0)), 0))) FROM ONLY {name}
"""
"""The sum is the same in any order of the rows."""


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def measure(session: Session) -> Parts:
    """Everything that is compared, in the session's own snapshot."""
    parts: Parts = {}
    for part, name, what in [*session.ask(OBJECTS), *session.ask(LARGE_OBJECTS)]:
        parts.setdefault(part, {})[name] = what
    for name, question in _contents(session.ask(TABLES)):
        parts.setdefault("rows of", {})[name] = session.ask(question)[0]
    return parts


def _contents(tables: List[Any]) -> Iterator[Tuple[str, str]]:
    """For each table its name, and the question for its rows and their checksum."""
    for schema, table, columns in tables:
        row = f"ROW({', '.join(_value(*column) for column in columns or [])})"
        yield f"{schema}.{table}", ROWS.format(row=row, name=f"{quoted(schema)}.{quoted(table)}")


def _value(column: str, kind: str, schema: str) -> str:
    direct = schema == "pg_catalog" and kind in HASHABLE
    return quoted(column) if direct else f"{quoted(column)}::pg_catalog.text"


def sequences(session: Session) -> Parts:
    """Where every sequence stands."""
    return {"sequence": dict(session.ask(SEQUENCES))}


def views(parts: Parts) -> List[str]:
    """The views that a restored copy has to be able to answer."""
    return [*parts.get("view", {}), *parts.get("materialized view", {})]
