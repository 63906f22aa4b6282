"""Do lightsail-sql and DuckDB give the same rows for random queries over the same tables?

usage: main.py BINARY [--queries N] [--seed S] [--tables all|NAME,…] [--vary] …; --help lists all

A shell of BINARY on the demo fleet exports its tables to Parquet for DuckDB, and then both answer N queries, which
follow from the seed. Queries that differ are made smaller and printed; the exit code is 1 if there are any.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from choices import Choices, reduce
from differences import LEFT_OUT, honest, of_duckdb
from engines import Ours, Theirs, same
from grammar import Generator
from settings import VARIED
from scope import Column, Links, Relation, quoted, render

TODAY = "2026-01-01"
# Tables of every kind of operation, small enough for joins of several.
TABLES = (
    "instances disks ports block_disks static_ips instance_snapshots disk_snapshots instance_port_states load_balancers "
    "load_balancer_instances certificates distributions domains domain_entries buckets bucket_access_grants container_services "
    "container_service_containers relational_databases relational_database_snapshots alarms contact_methods key_pairs "
    "bundles blueprints regions availability_zones export_snapshot_records tags add_ons unused all_disks"
)
# What a filter on them changes is what is asked for: without one, they have less than all.
ASKED = {"timestamp", "period", "unit", "start_time", "end_time", "time_period_start", "time_period_end"}
# What is a word of SQL, too.
RESERVED = {"group"}
LOGS = {"container_logs", "relational_database_log_events", "relational_database_events"}
KINDS = {"VARCHAR": "text", "INTEGER": "int", "BIGINT": "int", "SMALLINT": "int", "DOUBLE": "float", "FLOAT": "float",
         "BOOLEAN": "bool", "TIMESTAMP": "time", "VARCHAR[]": "list", "MAP(VARCHAR, VARCHAR)": "map"}  # fmt: skip
# How long a table may take to be exported, in seconds: metrics are a call for each item.
EXPORT = 600
# What became of a query that somebody has to look at.
FAILURES = ("DIFFERENT", "ERROR")
# How many of the values of a column stand in queries.
LITERALS = 12
# The largest share of queries, in percent, that DuckDB alone or both may refuse, so that the rest says something.
MOST_REFUSED = 6


def relations(theirs, names):
    """The tables as the generator sees them, with the values that they have."""
    made = []
    for name in names:
        columns = []
        rows = theirs.ask(f"SELECT count(*) FROM {name}")[0][0][0]
        for column, kind, *_ in theirs.ask(f"DESCRIBE {name}")[0]:
            asked = column in ASKED or column in RESERVED or (name in LOGS and column == "created_at")
            if not asked and kind in KINDS:
                columns.append(column_of(theirs, name, column, KINDS[kind]))
        made.append(Relation(name, tuple(columns), rows))
    return made


def column_of(theirs, table, column, kind):
    if kind == "map":
        return Column(column, kind)
    value = f"unnest({column})" if kind == "list" else column
    found, error = theirs.ask(f"SELECT v, count(*) FROM (SELECT {value} AS v FROM {table}) WHERE v IS NOT NULL GROUP BY v ORDER BY 2 DESC, 1")
    if error:
        sys.exit(f"{table}.{column}: {error}")
    values = [value for value, _ in found]
    chosen = values[: LITERALS // 2] + random.Random(column).sample(values[LITERALS // 2 :], min(LITERALS // 2, max(0, len(values) - LITERALS // 2)))
    write = {"text": quoted, "list": quoted, "bool": lambda value: str(value).lower(), "time": lambda value: f"TIMESTAMP '{value}'"}.get(kind, repr)
    counts = Counter(dict(found)) if kind in ("text", "int") else None
    return Column(column, kind, "", counts, tuple(write(value) for value in chosen))


class Oracle:
    def __init__(self, binary, arguments, directory):
        self.ours = Ours(binary, TODAY, [("lightsail.cache_ttl", "1h"), *(pair.split("=", 1) for pair in arguments.set)])
        self.refused_settings = set()
        self.is_varied = arguments.vary
        self.without = set(arguments.without.split(","))
        self.defaults = dict(self.ours.ask("SHOW ALL")[0])
        names = [self.fixed(name) for name in self.names(arguments.tables)]
        for name in names:
            if answer := self.ours.send(f"COPY (SELECT * FROM {name}) TO '{directory / name}.parquet'", EXPORT).strip():
                if not answer.startswith("{"):
                    sys.exit(f"{name} cannot be exported: {answer}")
        self.theirs = Theirs(directory)
        self.tables, self.links = relations(self.theirs, names), Links()
        self.counts, self.features, self.errors, self.settings = (Counter() for _ in range(4))

    def names(self, wanted):
        if wanted != "all":
            return (wanted or TABLES).replace(",", " ").split()
        return [row[0] for row in self.ours.ask("SELECT name FROM system.tables ORDER BY name")[0]]

    def fixed(self, name):
        """The table, or a view of those of its rows that do not depend on how they are asked for: without a range, metrics
        are those of the last 24 hours; without a name, estimates are of instances and disks, and logs of containers that run."""
        day = date.today() - timedelta(days=1)
        if name.endswith("_metrics"):
            rows = f"timestamp >= TIMESTAMP '{day} 00:00:00' AND timestamp < TIMESTAMP '{day} 03:00:00'"
        elif name == "cost_estimates":
            rows = "resource_type IN ('Instance', 'Disk')"
        elif name == "container_logs":
            rows = "container_name IN ('web', 'worker', 'cache')"
        else:
            return name
        self.ours.make(f"CREATE VIEW some_{name} AS SELECT * FROM {name} WHERE {rows}")
        return f"some_{name}"

    def query(self, choices):
        generator = Generator(choices, self.tables, self.links)
        sql, is_ordered = generator.top()
        return sql, is_ordered, generator.features

    def judge_varied(self, sql, is_ordered, random):
        """The same with a few settings changed; those of them that alone make a right answer wrong are counted."""
        varied = random.sample(VARIED, random.randint(1, 4))
        varied = [(name, random.choice(values)) for name, values in varied]
        outcome, detail = self.judge_with(varied, sql, is_ordered)
        if outcome in FAILURES and self.judge(sql, is_ordered)[0] not in FAILURES:
            alone = [pair for pair in varied if self.judge_with([pair], sql, is_ordered)[0] in FAILURES]
            setting = " and ".join(f"{name} = {value}" for name, value in alone or varied)
            self.settings[setting] += 1
            return "WRONG WHEN SET", f"{setting}: {outcome}: {detail}"
        return outcome, detail

    def judge_with(self, settings, sql, is_ordered):
        for name, value in settings:
            if refusal := self.ours.send(f"SET {name} = '{value}'").strip():
                # Other values would make answers wrong, says the refusal; anything else is a surprise.
                if " is " not in refusal or "otherwise" not in refusal:
                    sys.exit(f"SET {name} = '{value}': {refusal}")
                self.refused_settings.add(name)
        found = self.judge(sql, is_ordered)
        for name, _ in settings:
            self.ours.set(name, self.defaults[name])
        return found

    def judge(self, sql, is_ordered):
        """What became of a query, and what there is to say about it."""
        texts = [render(sql, is_theirs) for is_theirs in (0, 1)]
        rows, error = self.ours.ask(texts[0])
        expected, their_error = self.theirs.ask(texts[1])
        if error and their_error:
            return "both refuse", f"{error}\nDuckDB: {their_error}"
        if their_error:
            return "DuckDB refuses", their_error
        if error:
            return ("refused" if honest(error) else "ERROR"), error
        if same(rows, expected, is_ordered):
            return ("same" if rows else "same, no rows"), ""
        detail = f"{len(rows)} rows, DuckDB {len(expected)}: {str(rows[:3])[:300]} and {str([list(row) for row in expected[:3]])[:300]}"
        return ("DuckDB is wrong" if of_duckdb(texts[1]) else "DIFFERENT"), detail

    def compare(self, seed, tries):
        """Asks the query of a seed; gives what to print if it is answered wrongly."""
        choices = Choices(random.Random(seed))
        sql, is_ordered, features = self.query(choices)
        if features & self.without:
            return None, False
        if self.is_varied:
            outcome, detail = self.judge_varied(sql, is_ordered, random.Random(f"settings of {seed}"))
        else:
            outcome, detail = self.judge(sql, is_ordered)
        self.counts[outcome] += 1
        self.features.update(features)
        if outcome == "WRONG WHEN SET":
            return f"{outcome} ({seed}) {detail}\n  {render(sql, 0)}", True
        if outcome not in FAILURES:
            if outcome in ("both refuse", "DuckDB refuses", "refused"):
                return f"{outcome}: {detail[:300]}\n  {render(sql, 0)}", False
            return None, False

        if outcome == "ERROR":
            # One of a kind is enough to be looked at.
            self.errors[key_of(detail)] += 1
            if self.errors[key_of(detail)] > 1:
                return None, True

        def differs(made):
            again = Choices(made)
            sql, is_ordered, features = self.query(again)
            if features & self.without:
                return None
            found, found_detail = self.judge(sql, is_ordered)
            # An error that turns into another one is another query's.
            if found != outcome or (found == "ERROR" and key_of(found_detail) != key_of(detail)):
                return None
            return again.made, again.spans

        smallest = Choices(reduce(choices.made, choices.spans, differs, tries))
        sql, is_ordered, features = self.query(smallest)
        outcome, detail = self.judge(sql, is_ordered)
        return f"{outcome} ({seed}) [{', '.join(sorted(features))}]: {detail[:700]}\n  {render(sql, 0)}\n  {render(sql, 1)}\n", True


def key_of(error):
    """An error without the names in it."""
    return "".join(c for c in error.split("\n")[0] if c.isalpha())[:40]


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("binary")
    parser.add_argument("--queries", type=int, default=2000, help="how many are asked")
    parser.add_argument("--seed", default="1", help="what they follow from")
    parser.add_argument("--first", type=int, default=0, help="the number of the first of them")
    parser.add_argument("--tables", default="", help="all, or names; else a few dozen of them")
    parser.add_argument("--set", action="append", default=[], help="NAME=VALUE: a setting for all of them")
    parser.add_argument("--vary", action="store_true", help="other settings for each of them")
    parser.add_argument("--without", default=LEFT_OUT, help="features whose queries are not asked")
    parser.add_argument("--reduce", type=int, default=400, help="how many smaller queries are tried for one that differs")
    parser.add_argument("--most", type=int, default=10, help="after how many that differ to stop")
    parser.add_argument("--refusals", action="store_true", help="print what a side refuses, too")
    parser.add_argument("--sql", help="a query to ask both instead")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(HOME=directory, XDG_STATE_HOME=directory)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        begun = time.monotonic()
        oracle = Oracle(os.path.abspath(arguments.binary), arguments, Path(directory))
        print(f"{len(oracle.tables)} tables after {time.monotonic() - begun:.0f} s", flush=True)
        if arguments.sql:
            print(*oracle.judge(arguments.sql, False), sep="\n")
            return 0
        failures = 0
        index = arguments.first
        while sum(oracle.counts.values()) < arguments.queries:
            index += 1
            told, is_failure = oracle.compare(f"{arguments.seed}-{index}", arguments.reduce)
            failures += is_failure
            if told and (is_failure or arguments.refusals):
                print(told, flush=True)
            if failures >= arguments.most:
                break
        oracle.ours.stop()
        print(f"{sum(oracle.counts.values())} queries in {time.monotonic() - begun:.0f} s: {dict(oracle.counts.most_common())}")
        print(dict(oracle.features.most_common()), dict(oracle.errors.most_common()), dict(oracle.settings.most_common()), sep="\n")
        refused = sum(oracle.counts[name] for name in ("refused", "both refuse", "DuckDB refuses"))
        if refused * 100 > MOST_REFUSED * arguments.queries:
            sys.exit(f"{refused} of {arguments.queries} queries were refused: the rest says too little")
        return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
