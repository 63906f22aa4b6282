"""Are lightsail-sql's tables what boto3 says, row by row and column by column?"""

import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from asks import CHILDREN, DAY, LISTED, MEASURED, METRICS, TOGETHER, WEEK, name_of
from mapping import Columns, chains, levels, normal, snake, times
from tables import ASKED, BY_NAME, HOW_MUCH, KEY, KINDS, OF_HOME, RENAMED, TIMES, item_shape, omitted

# What the AWS SDKs call the profile where nobody names one.
PROFILE = "default"


class Source:
    """What feeds a table: the answers to one operation, in the region that is asked or in us-east-1."""

    def __init__(self, table, region, home):
        self.table, self.region = table, home if table.operation in OF_HOME else region
        shape, _ = item_shape(region.model, table.operation)
        self.levels, self.columns, path = levels(shape, table.path), [], ()
        for way, shape in self.levels:
            path += way
            renamed = {} if path else RENAMED.get(table.operation, {})
            self.columns.append(Columns(shape, omitted(table.operation, path), renamed))
        # Columns of which two members of one row say different things.
        self.torn = set()

    def shapes(self):
        """The shapes of the columns: the members of the row itself, and of what it lies in."""
        outer = {column: shape for columns in self.columns[:-1] for column, shape in columns.shapes.items()}
        keys = {column: outer.get(source) for column, source in self.table.keys.items()}
        return keys | self.columns[-1].shapes

    def rows(self):
        operation, seen = self.table.operation, set()
        shows_request = self.table.shows_request and operation not in LISTED
        for arguments, about in self.region.requests(operation, self.table.named):
            asked = {ASKED.get(key, snake(key)): value for key, value in arguments.items() if key not in HOW_MUCH}
            place = {"account_id": account(about), "region": self.region.name}
            for item in self.region.read(operation, arguments):
                item = normal(self.levels[0][1], item)
                # Of listings that are complete only together one repeats what another one says.
                if operation in TOGETHER:
                    text = canonical(item)
                    if text in seen:
                        continue
                    seen.add(text)
                yield from self._of_item(item, asked if shows_request else {}, place)

    def _of_item(self, item, asked, place):
        for chain, key in chains(item, [way for way, _ in self.levels[1:]]):
            outer, around = {KEY: key}, place
            for columns, value in zip(self.columns, chain[:-1]):
                outer |= self._row(columns, value, {})
                around = placed(outer, around)
            outer["resource_type"] = outer.get("resource_type") or KINDS.get(self.table.operation)
            keys = {column: outer[among(outer, source)] for column, source in self.table.keys.items()}
            row = self._row(self.columns[-1], chain[-1], asked | keys)
            yield row | placed(row, around)

    def _row(self, columns, value, given):
        """The row of a structure, and what is given besides."""
        row, torn = columns.row(value)
        torn |= {column for column in given if row.get(column) not in (None, given[column])}
        self.torn |= {f"{self.table.operation}: {column}" for column in torn}
        return row | given

    def statement(self, name):
        """The query for the same rows."""
        operation, bounds = self.table.operation, []
        for column, sign, argument in TIMES.get(operation, []):
            bounds.append(f"\"{column}\" {sign} '{WEEK[argument].isoformat()}'")
        for _, parents, member, _ in (entry for entry in METRICS if entry[0] == operation):
            bounds += [f"period = {DAY}", *names(member, self.region.things(parents)[:MEASURED])]
        plain = statement = f"SELECT * FROM {name}" + " WHERE " * bool(bounds) + " AND ".join(bounds)
        for asked, parents, member, _ in CHILDREN:
            if asked == operation and parents in BY_NAME.get(operation, ()):
                for bound in names(member, self.region.things(parents)):
                    statement += f" UNION ALL {plain} AND {bound}"
        return statement


def names(member, things):
    """The predicate for some things, if there are any."""
    texts = ", ".join(f"'{name_of(thing)}'" for thing in things)
    return [f"{ASKED.get(member, snake(member))} IN ({texts})"] if texts else []


def among(row, source):
    """The column of the row that is called so, or by one of several names."""
    return source if isinstance(source, str) else next(name for name in source if name in row)


def account(thing):
    arn = (thing or {}).get("arn")
    return arn.split(":")[4] if arn else None


def placed(row, place):
    """The account and the region of a row: its own, or those of what it lies in."""
    return {"account_id": account(row) or place["account_id"], "region": row.get("region") or place["region"]}


def canonical(row):
    """Text that is equal for equal rows: 8 and 8.0 are one number, true is none, and order means nothing."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(value[key]) for key in sorted(value)}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    return json.dumps(plain(row), ensure_ascii=False)


def differences(expected, found):
    """The first rows that are on one side only, with the columns in which a row of the same arn or name differs."""
    missing = list((expected - found).elements())
    extra = list((found - expected).elements())
    lines = [f"{len(missing)} rows missing, {len(extra)} too many"]
    if missing and extra:
        one = json.loads(missing[0])

        def likeness(text):
            return sum(one.get(key, one) == value for key, value in json.loads(text).items())

        other = json.loads(max(extra, key=likeness))
        for key in sorted(one.keys() | other.keys()):
            sides = [side.get(key, "no such column") for side in (one, other)]
            if repr(sides[0]) != repr(sides[1]):
                lines.append(f"  {key}: boto3 {sides[0]!r}, lightsail-sql {sides[1]!r}")
    else:
        lines += [f"  {row}" for row in (missing + extra)[:1]]
    return "\n".join(lines)


def check_repeated(check, region):
    """Whether what is left out of the tables because another operation tells it is told by that one."""
    disks = {disk["arn"]: disk for disk in region.read("GetDisks", {})}
    attached = [disk for instance in region.things("GetInstances") for disk in instance["hardware"]["disks"]]
    for key in ("addOns", "tags"):
        lost = [disk for disk in attached if disk.get(key) and disk[key] != disks.get(disk.get("arn"), {}).get(key)]
        check(f"{region.name}: GetDisks tells the {key} of attached disks", not lost, lost[:1])
    for service in region.things("GetContainerServices"):
        there = region.read("GetContainerServiceDeployments", {"serviceName": service["containerServiceName"]})
        told = [service[key] for key in ("currentDeployment", "nextDeployment") if key in service]
        lost = [deployment for deployment in told if deployment not in there]
        check(f"{region.name}: the deployments of {service['containerServiceName']} are listed", not lost, lost)


def answers(binary, url, region, statements):
    """The rows of each statement that one run of the binary has an answer to, and what it said on standard error."""
    with tempfile.TemporaryDirectory() as directory:
        queries, results = Path(directory, "queries"), Path(directory, "results")
        queries.mkdir()
        for name, statement in statements.items():
            (queries / f"{name}.sql").write_text(statement, encoding="utf-8")
        files = [str(queries / f"{name}.sql") for name in statements]
        command = [binary, "--endpoint-url", url, "--region", region, "--format", "json", "-o", f"{results}/", *files]
        run = subprocess.run(command, capture_output=True, text=True)
        found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in results.glob("*.json")}
        return found, f"exit code {run.returncode}: {run.stderr.strip()}"


def check_tables(check, binary, url, region, home, tables):
    """Compares tables, given by name with what feeds them, in one region; gives how many rows each one has."""
    sources = {name: [Source(table, region, home) for table in feeds] for name, feeds in tables.items()}
    statements = {name: feeds[0].statement(name) for name, feeds in sources.items()}
    found, said = answers(binary, url, region.name, statements)
    sizes = {}
    for name, feeds in sources.items():
        expected = Counter(canonical(row) for feed in feeds for row in feed.rows())
        sizes[name] = expected.total()
        torn = {column for feed in feeds for column in feed.torn}
        check(f"{region.name}: {name} has one truth in each column", not torn, torn)
        if name not in found:
            check(f"{region.name}: {name} can be read", False, said)
            continue
        shapes = {column: shape for feed in feeds for column, shape in feed.shapes().items()}
        profiles = {row.pop("profile", None) for row in found[name]}
        check(f"{region.name}: {name} says the profile", profiles <= {PROFILE}, profiles)
        rows = Counter(canonical({key: times(shapes.get(key), row[key]) for key in row}) for row in found[name])
        check(f"{region.name}: {name} is what boto3 says", rows == expected, differences(expected, rows))
    return sizes
