"""The two sides: lightsail-sql's shell, which goes on after an error, and DuckDB over what the shell exported."""

import json
import os
import pty
import re
import select
import subprocess
import time
import tty
from datetime import date, datetime
from decimal import Decimal

import duckdb

# Behind the name stands what is asked where that is not the whole fleet.
PROMPT = re.compile(rb"demo[^\n>]*> $")
LONGEST_PROMPT = 200


class Ours:
    """A shell that is asked one statement at a time. Standard error goes where the rows go, so that nothing is lost."""

    def __init__(self, binary, today, settings, patience=60):
        self.command = [binary, "--demo", "--demo-today", today, "-q", "--format", "ndjson"]
        self.settings, self.patience, self.process, self.views = settings, patience, None, []
        self.start()

    def start(self):
        # The shell wants a terminal to read from, and a dumb one to read lines as they come.
        terminal, far_end = pty.openpty()
        tty.setraw(far_end)
        self.terminal = terminal
        environment = {**os.environ, "TERM": "dumb"}
        self.process = subprocess.Popen(
            self.command, stdin=far_end, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
        os.close(far_end)
        self.until_prompt()
        for name, value in self.settings:
            self.set(name, value)
        for view in self.views:
            self.send(view)

    def make(self, view):
        """Makes a view of the session, and makes it again should the shell have to be started anew."""
        self.views.append(view)
        if answer := self.send(view).strip():
            raise SystemExit(f"{view}: {answer}")

    def set(self, name, value):
        if answer := self.send(f"SET {name} = '{value}'").strip():
            raise SystemExit(f"SET {name} = '{value}': {answer}")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.close(self.terminal)

    def until_prompt(self, patience=None):
        """What is printed up to the next prompt; None if it does not come in time, or never will."""
        printed, end = bytearray(), time.monotonic() + (patience or self.patience)
        # The prompt is at the end: to look through all of a large answer for each piece of it would take minutes.
        while not (prompt := PROMPT.search(printed, max(0, len(printed) - LONGEST_PROMPT))):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                return None
            printed += more
        return printed[: prompt.start()].decode()

    def send(self, sql, patience=None):
        line = " ".join(sql.split("\n")).encode() + b";\n"
        while line:
            line = line[os.write(self.terminal, line[:2048]) :]
        answer = self.until_prompt(patience)
        if answer is None:
            gone = self.process.poll()
            self.stop()
            self.start()
            return "error: it hangs" if gone is None else f"error: it is gone with {gone}"
        return answer

    def ask(self, sql):
        """Rows as lists of values, or an error as text."""
        answer = self.send(sql)
        # What is said beside the rows, such as that a random name is of no region that is asked.
        lines = [line for line in answer.split("\n") if line and not line.startswith(("warning: ", "note: "))]
        wrong = next((index for index, line in enumerate(lines) if not line.startswith("{")), None)
        if wrong is not None:
            return None, "\n".join(lines[wrong:])
        return [list(json.loads(line).values()) for line in lines], None


class Theirs:
    """DuckDB, whose tables are the files that were exported."""

    def __init__(self, directory):
        self.database = duckdb.connect(config={"threads": 2, "memory_limit": "2GB"})
        self.database.execute("SET TimeZone = 'UTC'; SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
        for file in sorted(directory.glob("*.parquet")):
            columns = self.database.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
            # Times without a zone, which is UTC in all of them.
            items = [f'"{name}"::TIMESTAMP AS "{name}"' if kind.startswith("TIMESTAMP") else f'"{name}"' for name, kind, *_ in columns]
            self.database.execute(f"CREATE TABLE {file.stem} AS SELECT {', '.join(items)} FROM '{file}'")

    def ask(self, sql):
        try:
            return self.database.execute(sql).fetchall(), None
        except duckdb.Error as error:
            return None, str(error)


TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)Z?")


def normal(value):
    """A value in the one form that those of both sides are compared in."""
    match value:
        case None | bool():
            return value
        case int() | float() | Decimal():
            return ("number", float(value))
        case datetime():
            return normal(value.isoformat())
        case date():
            return normal(f"{value.isoformat()}T00:00:00")
        case str():
            found = TIME.fullmatch(value)
            if not found:
                return value
            return f"{found[1]}T{found[2]}".rstrip("0").rstrip(".") if "." in found[2] else f"{found[1]}T{found[2]}"
        case dict():
            return tuple(sorted((key, normal(item)) for key, item in value.items()))
        case list() | tuple():
            return tuple(normal(item) for item in value)
    return repr(value)


def is_close(one, other):
    """Numbers may differ in their last digits: the order of a sum is nobody's."""
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        if len(one) == 2 and one[0] == other[0] == "number":
            return abs(one[1] - other[1]) <= 1e-9 * max(1.0, abs(one[1]), abs(other[1]))
        return all(is_close(*pair) for pair in zip(one, other))
    return one == other


def same(ours, theirs, is_ordered):
    """Whether two answers are the same rows, in the same order if there is one; None: as many."""
    if len(ours) != len(theirs) or is_ordered is None:
        return len(ours) == len(theirs)
    sides = [[normal(row) for row in rows] for rows in (ours, theirs)]
    if not is_ordered:
        sides = [sorted(rows, key=repr) for rows in sides]
    return all(is_close(*rows) for rows in zip(*sides))
