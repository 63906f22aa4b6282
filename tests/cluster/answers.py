"""The same rows, calls and notes as one process that asks the same profiles."""

import itertools
import os
import pty
import re
import select
import signal
import time
from collections import Counter

import harness as cluster
from harness import LETTERS, ROOT, WORKERS, holds, many, one, rows, worker

# Each by itself; all of them together are one run below.
QUERIES = """
backup/unprotected health/unhealthy_targets inventory/everything_by_region network/dangling_dns_entries
security/certificates_pending
""".split()
STATEMENTS = [
    "SELECT profile, region, count(*), sum(cpu_count), avg(ram_size_in_gb) FROM instances GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT count(DISTINCT bundle_id), max(created_at) FROM instances WHERE state = 'running'",
    "SELECT profile, name, cpu_count FROM instances ORDER BY cpu_count DESC, profile, name LIMIT 7 OFFSET 3",
    "SELECT i.profile, i.name, d.name FROM instances AS i JOIN disks AS d ON d.attached_to = i.name"
    " AND d.region = i.region AND d.profile = i.profile ORDER BY 1, 2, 3",
    "SELECT a.name, count(*) FROM instances AS a JOIN instances AS b ON a.name = b.name GROUP BY 1 ORDER BY 1",
    "SELECT profile, name FROM instances WHERE cpu_count = (SELECT max(cpu_count) FROM instances) ORDER BY 1, 2",
    "SELECT kind, count(*) FROM (SELECT 'instance' AS kind, profile FROM instances"
    " UNION ALL SELECT 'disk', profile FROM disks) GROUP BY kind ORDER BY kind",
    "SELECT profile, row_number() OVER (PARTITION BY profile ORDER BY name) AS n, name FROM disks ORDER BY 1, 2",
    "SELECT name FROM instances WHERE profile = 'w2b' AND name = 'web-prod-0001'",
    "SELECT i.account_id, i.name, s.name FROM instances AS i LEFT JOIN instance_snapshots AS s"
    " ON s.from_instance_arn = i.arn ORDER BY 1, 2, 3",
]


def same(name, first, second, is_ordered=lambda file: True):
    """Whether two runs gave the same files, made the same calls and said the same."""
    found = []
    for run, asked, mark, path in first, second:
        if run.end().code != 0:
            return holds(False, f"{name}: an answer", run.err)
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        tables = [(file.stem, rows(file) if is_ordered(file.stem) else sorted(rows(file))) for file in files]
        notes = [re.sub("taken from .* on", "", note) for note in run.notes]
        found.append((tables, asked.since(mark), notes))
    (tables, calls, _), (others, *_) = found
    # One file is called as its side is.
    unlike = [f"{name}: {pair}" for (name, table), (_, other) in zip(tables, others)
              for pair in itertools.zip_longest(table, other) if pair[0] != pair[1]]
    if first[3].is_dir():
        unlike += [f"only one has {name}" for name in {name for name, _ in tables} ^ {name for name, _ in others}]
    differ = ["rows"] * bool(unlike) + [what for what, one, many in zip(["calls", "notes"], *(side[1:] for side in found)) if one != many]
    details = "\n".join(unlike[:20] + [f"{one}\n{many}" for one, many in zip(*(side[1:] for side in found)) if one != many])
    count = sum(len(table) - 1 for _, table in tables)
    holds(not differ, f"{count} rows, {sum(calls.values())} calls: {name[:90]} {', '.join(differ)}", details[:2000])


def both(name, *args, is_ordered=lambda file: True, folder=False):
    end = "" if folder else ".csv"
    sides = [(run, asked, asked.mark(), cluster.folder / f"{number}{len(os.listdir(cluster.folder))}{end}")
             for number, (run, asked) in enumerate([(one, cluster.alone), (many, cluster.endpoint)])]
    runs = [(run("--format", "csv", "-o", f"{path}/" if folder else str(path), *args), asked, mark, path)
            for run, asked, mark, path in sides]
    same(name, *runs, is_ordered=is_ordered)


def queries():
    for name in QUERIES:
        text = (ROOT / "queries" / f"{name}.sql").read_text()
        both(name, str(ROOT / "queries" / f"{name}.sql"), is_ordered=lambda _: "ORDER BY" in text)


def statements():
    for statement in STATEMENTS:
        both(statement, "-c", statement, is_ordered=lambda _: "ORDER BY" in statement)


def run_of_all():
    """The saved queries as one run, which reads one snapshot; without those whose pages are more than it keeps, and those
    that tell ages, which change between two runs.
    """
    texts = {path: path.read_text() for path in sorted((ROOT / "queries").glob("*/*.sql"))}
    files = {path.stem: path for path, text in texts.items() if "metric" not in text and "'day'" not in text}
    both(f"{len(files)} saved queries in one run", *map(str, files.values()), folder=True,
         is_ordered=lambda file: file in files and "ORDER BY" in files[file].read_text())


NOTED = [
    ["all", "SELECT count(*) FROM instances WHERE region = 'xx-east-1'"],
    ["us-*,!us-east-2", "SELECT count(*) FROM instances WHERE region = 'us-east-2'"],
    ["us-east-1", "SELECT count(*) FROM instances WHERE account_id = '000000000000'"],
    ["us-east-1", "SELECT count(*) FROM domains WHERE region = 'us-east-1'"],
    ["all", "SELECT count(*) FROM domains AS d JOIN instances AS i ON d.profile = i.profile AND d.region = i.region"],
    ["all", "SELECT count(*) FROM instances WHERE region IN ('eu-west-1', 'ap-south-1')"],
]


def notes():
    """What a person is told of targets that are named and not asked."""
    for regions, statement in NOTED:
        alone, over = [run("--region", regions, "--format", "csv", "-c", statement).end() for run in (one, many)]
        holds(alone.notes and alone.notes == over.notes and alone.out == over.out, f"the same warning: {statement}",
              alone.err + over.err)


def nearness():
    """Two workers with the same profiles, each asking the regions that it is near to."""
    profiles, east, far = cluster.of(1), cluster.Endpoint(*cluster.behind), cluster.Endpoint(*cluster.behind)
    here = worker(7, "--region", "us-*", profiles=profiles, at=east)
    there = worker(8, "--region", "eu-*,ap-*", profiles=profiles, at=far)
    statement = "SELECT region, count(*), count(DISTINCT profile) FROM instances GROUP BY region ORDER BY region"
    domains = "SELECT profile, name FROM domains ORDER BY profile, name"
    alone, ports = [], [here[1], there[1]]
    for what in statement, domains:
        args = ["--region", "all", "--format", "csv", "-c", what]
        alone.append(one(*args, profile="w1*").end().out)
        ended = many("--near", *args, ports=ports).end()
        holds(ended.code == 0 and ended.out == alone[-1], f"the same rows with --near: {what}", ended.out + ended.err)
    calls = [Counter((region[:2], operation) for _, region, operation in asked.since(0).elements() if operation != "GetRegions")
             for asked in (east, far)]
    holds({region for region, _ in calls[0]} == {"us", "ca"} and {region for region, _ in calls[1]} == {"eu", "ap"}
          and ("us", "GetDomains") in calls[0], "each worker asks the regions that it is near to", f"{calls}")
    ended = many("--near", "--region", "all", "--format", "csv", "-c", NOTED[-1][1], ports=ports).end()
    holds(ended.notes == one("--region", "all", "-c", NOTED[-1][1], profile="w1*").end().notes, "with the same words", ended.err)
    mark = [asked.mark() for asked in (east, far)]
    ended = many("--allow-partial", "--near", "--region", "all", "-c", statement, ports=ports)
    cluster.wait_for(lambda: len(far.calls) > mark[1] + 3)
    there[0].send_signal(signal.SIGKILL)
    ended.end()
    holds(ended.code == 3 and "w1a/us" not in ended.err and f":{there[1]}" in ended.err and "eu-*" in ended.err,
          "and one that is gone is missing with its own regions", f"{ended.code} {ended.err}")
    file = cluster.folder / "config.toml"
    file.write_text(f'workers = "127.0.0.1:{here[1]}"\nnear = true\nregions = "us-east-1"\n')
    ended = cluster.Run(["--format", "csv", "-c", "SELECT count(DISTINCT profile) FROM instances"],
                        {"LIGHTSAIL_SQL_CONFIG": str(file)}).end()
    holds(ended.code == 0 and ended.out.split()[-1] == str(len(LETTERS)), "the configuration file says the same", ended.err)


def accounts():
    """Two profiles of one account at two workers, at home in other regions."""
    _, again = worker(9, profiles=[("again", "w1a")], region="us-west-2")
    ports = [cluster.workers[0][1], again]
    alone = cluster.credentials("twice", [*cluster.of(1), ("again", "w1a")])
    alone = ["--endpoint-url", f"http://127.0.0.1:{cluster.alone.port}", "--profile", "*", "--region", "us-east-1,us-west-2"], alone
    joins = [
        "SELECT count(*) FROM instances AS i JOIN instance_snapshots AS s ON s.from_instance_arn = i.arn",
        "SELECT count(*) FROM instances AS i JOIN instance_snapshots AS s ON i.account_id = s.account_id"
        " WHERE i.region = 'us-west-2' AND s.region = 'us-east-1' AND i.profile = 'again'",
        "SELECT i.profile, count(*) FROM instances AS i JOIN static_ips AS d ON i.account_id = d.account_id"
        " GROUP BY i.profile HAVING i.profile = 'again' LIMIT 1",
    ]
    for join in joins:
        whole = cluster.Run([*alone[0], "--format", "csv", "-c", join], alone[1]).end()
        ended = many("--region", "us-east-1,us-west-2", "--format", "csv", "-c", join, ports=ports).end()
        holds(ended.code == 0 and ended.out == whole.out, f"an account that two workers ask is joined whole: {join}",
              f"{whole.out}{ended.out}{ended.err}")
    ended = many("-c", "EXPLAIN " + joins[0], "-c", "SELECT DISTINCT account_id FROM instances", "-c", "EXPLAIN " + joins[0]).end()
    before, _, after = ended.out.partition("account_id")
    at_worker = "ReportExec.*HashJoinExec"
    holds(not re.search(at_worker, before, re.S) and re.search(at_worker, after, re.S),
          "once all accounts are known to be apart workers join by them", ended.out)


def limit():
    mark = cluster.endpoint.mark()
    ended = many("-c", "SELECT name FROM instances LIMIT 5", "--format", "csv").end()
    calls = cluster.endpoint.since(mark)
    worst = max(sum(count for (profile, _, _), count in calls.items() if profile[1] == str(number + 1))
                for number in range(WORKERS))
    holds(ended.code == 0 and ended.out.count("\n") == 6, "LIMIT 5 has five rows", ended.err)
    holds(set(calls.values()) == {1} and worst <= len(LETTERS), f"LIMIT 5 asks no target for a second page: {dict(calls)}")


def explain():
    ended = many("-c", "EXPLAIN SELECT count(*) FROM instances").end()
    names = [f"127.0.0.1:{port} asks [w{number + 1}a/us-east-1" for number, (_, port) in enumerate(cluster.workers)]
    holds(all(name in ended.out for name in names), "EXPLAIN says which worker asks which targets", ended.out)


def records():
    mark = cluster.endpoint.mark()
    ended = many("--format", "csv", "-c", "SELECT count(*) FROM instances",
                 "-c", "SELECT count(DISTINCT profile), bool_and(complete), sum(pages) FROM system.scans",
                 "-c", "SELECT count(*), count(DISTINCT profile) FROM system.api_calls").end()
    calls = sum(cluster.endpoint.since(mark).values())
    found = [line for line in ended.out.splitlines() if line][1::2]
    holds(found[1:] == [f"12,true,{calls}", f"{calls},12"],
          "system.scans and system.api_calls have what the workers read", ended.out + ended.err)


class Shell:
    """The interactive shell over all workers, at a terminal."""

    def __init__(self, *args, ports=None):
        self.screen, end = pty.openpty()
        environment = {"TERM": "dumb", "HOME": str(cluster.folder)}
        self.run = many(*args, ports=ports, environment=environment, stdin=end, stdout=end, stderr=end, text=False)
        os.close(end)
        self.shown = ""
        self.until("> $")

    def until(self, pattern, within=20):
        end = time.monotonic() + within
        while not re.search(pattern, self.shown):
            if time.monotonic() > end or not select.select([self.screen], [], [], 1)[0] and self.run.process.poll() is not None:
                raise SystemExit(f"the shell does not say {pattern}: {self.shown}")
            if select.select([self.screen], [], [], 0)[0]:
                self.shown += os.read(self.screen, 1 << 16).decode()

    def ask(self, line):
        self.shown = ""
        os.write(self.screen, f"{line}\n".encode())
        self.until(r"(?s)\n.*> $")
        return self.shown

    def leave(self):
        os.write(self.screen, b"\\q\n")
        self.run.process.wait(20)
        os.close(self.screen)


def session():
    """A shell reads the pages again that workers keep for it, until it asks anew; a worker that was started again is found."""
    shell = Shell()
    statement = "SELECT count(*) AS many FROM instances;"
    calls = []
    for line in statement, statement, "\\refresh", statement:
        mark = cluster.endpoint.mark()
        shown = shell.ask(line)
        calls.append(sum(cluster.endpoint.since(mark).values()))
    holds(calls[0] == calls[3] > 0 and calls[1:3] == [0, 0], f"a shell reads what its workers keep: {calls} calls", shown)
    process, port = cluster.workers[1]
    process.kill()
    process.wait()
    lost = shell.ask(statement)
    cluster.workers[1] = worker(2, port=port)
    found = shell.ask(statement)
    holds(f"127.0.0.1:{port}" in lost and "many" in found, "a worker that is started again is asked again", lost + found)
    shell.leave()
    # With another one's keys it asks another account, which is found out before rows are joined by what was known.
    _, (process, port) = cluster.workers[0], worker(11, profiles=[("turncoat", "w3a")])
    shell = Shell(ports=[cluster.workers[0][1], port])
    join = "SELECT count(*) AS pairs FROM instances AS i JOIN instances AS j ON i.arn = j.arn WHERE i.profile = 'w1a' AND j.profile = 'turncoat';"
    shell.ask("SELECT DISTINCT account_id FROM instances;")
    apart = shell.ask(join)
    process.kill()
    process.wait()
    worker(11, profiles=[("turncoat", "w1a")], port=port)
    shell.ask("\\refresh")
    shell.ask(join)
    found = shell.ask(join)
    count = lambda shown: int(re.search(r"│ +(\d+) │", shown).group(1))
    holds(count(apart) == 0 and count(found) > 0, "a worker that has other keys now asks another account", apart + found)
    shell.leave()


CHECKS = ["queries", "statements", "run_of_all", "notes", "nearness", "accounts", "limit", "explain", "records", "session"]
