"""Records what runs ask of the file system, and cuts the power, or kills the run, after every call.

usage: power.py lightsail-sql

A disk may have lost all that was not synced when the power went, and of what was not synced may have kept the entries of any
folder. So after each call the folders are looked at in every mixture that can be the worst: all as they were when they were
synced last; all as they are now; all but one of one kind and that one of the other. Of a file there is what was synced, and
nothing else of it. Each name that matters must then be the file that it was before the run, whole, or one that the run
wrote, whole; what relies on others (a capture's manifest) must find them; and after the exit code 0 nothing may come back.

The recordings are replayed without their syncs too: the replay must find fault with them, or it would find fault with nothing.
"""

import copy
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir"
LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(<.*>)?(?: \w+ \(.*\))?$", re.S)
# A call that another thread's cut in two.
BEGUN = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")


def recorded(binary, arguments, folder):
    """Runs the program in a folder; gives its calls as (name, paths, what they did)."""
    log = folder.parent / "calls"
    command = ["strace", "-f", "-y", "-s", "0", "-e", f"trace={CALLS}", "-o", str(log), binary, *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, (arguments, run.stderr)
    calls, halves = [], {}
    for line in log.read_text().splitlines():
        if match := BEGUN.match(line):
            halves[match[1]] = match[2]
            continue
        if match := RESUMED.match(line):
            line = f"{match[1]} {halves.pop(match[1])}{match[2]}"
        if (match := LINE.match(line)) and int(match[4]) >= 0:
            calls += call(match[2], match[3], int(match[4]), match[5], folder)
    return calls


def call(name, arguments, result, opened, folder):
    """A call that changed something in the folder, as (name, paths, result); nothing of any other."""
    shown = re.findall(r"<([^<>]*)>|\"([^\"]*)\"", arguments)
    if name == "openat":
        if "O_CREAT" not in arguments and "O_TRUNC" not in arguments:
            return []
        paths = [opened[1:-1]]
    elif name in ("write", "pwrite64", "ftruncate", "fsync", "fdatasync"):
        paths = [shown[0][0]]
    else:
        # Of a path there is its text, and before it the folder that it is relative to, if one is named.
        base, paths = str(folder), []
        for of_folder, path in shown:
            if of_folder:
                base = of_folder
            else:
                paths.append(os.path.normpath(os.path.join(base, path)))
    inside = [path for path in paths if Path(path) == folder or folder in Path(path).parents]
    return [(name + (" O_TRUNC" if "O_TRUNC" in arguments else ""), paths, result)] if inside else []


class Disk:
    """Folders as entries of names: as they are (`now`), and as they were when each was synced last (`synced`)."""

    def __init__(self, folder):
        self.root, self.now, self.synced = str(folder), {}, {}
        # Of each file: how many bytes it has, how many of them are synced.
        self.size, self.safe = [], []
        for path, folders, files in os.walk(folder):
            self.now[path] = {name: os.path.join(path, name) for name in folders}
            self.now[path] |= {name: self.file(os.stat(os.path.join(path, name)).st_size) for name in files}
        self.old = len(self.size)
        self.safe = list(self.size)
        self.synced = {path: dict(entries) for path, entries in self.now.items()}
        # A folder is known by the path at which it was made: what it is called changes with its parent's entries.
        self.made = 0
        self.ignores = ()

    def deaf_for(self, kind):
        """Has syncs of files or of folders do nothing."""
        self.ignores = {"files": int, "folders": str}[kind]
        return self

    def file(self, size=0):
        self.size.append(size)
        self.safe.append(0)
        return len(self.size) - 1

    def place(self, path):
        """The folder that has an entry for a path, and the entry's name."""
        return self.at(os.path.dirname(path)), os.path.basename(path)

    def at(self, path):
        """The folder or file that is at a path now."""
        at = self.root
        for name in Path(path).relative_to(self.root).parts:
            at = self.now[at][name]
        return at

    def apply(self, name, paths, result):
        if name in ("fsync", "fdatasync"):
            found = self.at(paths[0])
            if isinstance(found, self.ignores):
                return
            if isinstance(found, str):
                self.synced[found] = dict(self.now[found])
            else:
                self.safe[found] = self.size[found]
            return
        folder, entry = self.place(paths[0])
        entries = self.now[folder]
        if name.startswith("openat"):
            if entry not in entries:
                entries[entry] = self.file()
            elif "O_TRUNC" in name:
                # The old bytes are gone with the call or some time after it.
                self.size[entries[entry]] = self.safe[entries[entry]] = 0
        elif name in ("write", "pwrite64"):
            self.size[entries[entry]] += result
        elif name == "ftruncate":
            self.size[entries[entry]] = 0
        elif name.startswith("mkdir"):
            self.made += 1
            made = f"{paths[0]}#{self.made}"
            entries[entry], self.now[made], self.synced[made] = made, {}, {}
        elif name.startswith("rename"):
            target, called = self.place(paths[1])
            self.now[target][called] = entries.pop(entry)
        elif name.startswith("link"):
            target, called = self.place(paths[1])
            self.now[target][called] = entries[entry]
        else:
            del entries[entry]

    def mixtures(self):
        """The folders as a cut may leave them: which of them as they are now, the others as they were synced."""
        unsynced = [path for path in self.now if self.now[path] != self.synced[path]]
        yield from ([], unsynced)
        if len(unsynced) > 2:
            yield from ([one] for one in unsynced)
            yield from ([path for path in unsynced if path != one] for one in unsynced)

    def tree(self, kept):
        """What is there after a cut: the files by their paths."""
        files = {}

        def walk(folder, path):
            for name, entry in (self.now if folder in kept else self.synced)[folder].items():
                at = f"{path}/{name}" if path else name
                if isinstance(entry, str):
                    walk(entry, at)
                else:
                    files[at] = entry

        walk(self.root, "")
        return files


def fault(calls, disk, check):
    """Kills the run and cuts the power after every call; gives how many states of the disk were looked at, and the first fault."""
    end = copy.deepcopy(disk)
    for what in calls:
        end.apply(*what)
    final, cuts = end.tree(end.now), 0
    for number in range(len(calls) + 1):
        # What a killed run leaves is all that there is now.
        for kept, bytes_ in [(disk.now, disk.size), *((kept, disk.safe) for kept in disk.mixtures())]:
            there = disk.tree(kept)
            is_whole = lambda file: bytes_[file] == end.size[file]  # noqa: E731
            whole = {path: "old" if file < disk.old else "new" for path, file in there.items() if is_whole(file)}
            cuts += 1
            if said := check(whole, there, final, number == len(calls)):
                return cuts, f"after call {number} of {len(calls)}, {calls[number - 1][:2]}: {said}"
        if number < len(calls):
            disk.apply(*calls[number])
    return cuts, None


def old_or_new(*names):
    """Each name is the old file or the new one, whole, if it is there at all; at the end it is the new one."""

    def check(whole, there, final, is_over):
        for name in names:
            if name in there and name not in whole:
                return f"{name} is not whole"
            if is_over and whole.get(name) != "new":
                return f"{name} is not the new one"
        return None

    return check


def folder_of(name):
    """If the folder is there it has all its files, whole; at the end it is there."""

    def check(whole, there, final, is_over):
        files = {path for path in final if path.startswith(f"{name}/")}
        found = files.intersection(whole)
        return f"{name} lacks {files - found}" if found != files and (is_over or found or files & set(there)) else None

    return check


def captures(folder):
    """Each manifest that is there is whole and finds its tables; at the end there is one, and it is the run's own."""

    def check(whole, there, final, is_over):
        manifests = [path for path in there if path.startswith(f"{folder}/captures/2")]
        for manifest in manifests:
            time = os.path.basename(manifest).removesuffix(".json")
            parts = [manifest, *(f"{folder}/{table}/captured_at={time}/data.parquet" for table in TABLES)]
            if lost := [part for part in parts if part not in whole]:
                return f"{manifest} is there without {lost}"
        if is_over and [whole[manifest] for manifest in manifests] != ["new"]:
            return f"at the end there are {manifests}"
        return None

    return check


TABLES = ["disks", "instances", "tags"]
QUERY = "SELECT name, region FROM instances"
CAPTURE = ["capture", "fleet", "--tables", ",".join(TABLES), "--demo-today"]
# What is done before, what is recorded, and what must hold whenever the power goes.
RUNS = {
    "a new file": ([], ["-o", "x.csv", "-c", QUERY], old_or_new("x.csv")),
    "an old file": ([["-o", "x.parquet", "-c", "SELECT 1 AS a"]], ["-o", "x.parquet", "-c", QUERY], old_or_new("x.parquet")),
    "a compressed file": ([["-o", "x.csv.gz", "-c", "SELECT 1 AS a"]], ["-o", "x.csv.gz", "-c", QUERY], old_or_new("x.csv.gz")),
    "a batch of files": ([], ["a.sql", "b.sql", "--format", "csv", "-o", "."], old_or_new("a.csv", "b.csv")),
    "COPY": ([["-o", "x.csv", "-c", "SELECT 1"]], ["-c", f"COPY ({QUERY}) TO 'x.csv'"], old_or_new("x.csv")),
    "\\o": ([], ["-c", f"\\o x.json\n{QUERY};\n\\o\n"], old_or_new("x.json")),
    "\\once": ([], ["-c", f"\\once x.html\n{QUERY};\n"], old_or_new("x.html")),
    "sheets": ([["-o", "x.xlsx", "-c", "SELECT 1"]], ["a.sql", "b.sql", "-o", "x.xlsx"], old_or_new("x.xlsx")),
    "a page of a report": ([], ["report", "-o", "x.html"], old_or_new("x.html")),
    "a folder of partitions": ([], ["--partition-by", "region", "-o", "x", "--format", "parquet", "-c", QUERY], folder_of("x")),
    "the first capture": ([], [*CAPTURE, "2026-01-01"], captures("fleet")),
    "a capture that removes an older one": (
        [[*CAPTURE, "2026-01-01"]],
        [*CAPTURE, "2026-02-01", "--keep", "1d"],
        captures("fleet"),
    ),
}


def main(binary):
    binary, kills, states = os.path.realpath(binary), 0, 0
    for name, (before, arguments, check) in RUNS.items():
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(os.path.realpath(directory)) / "files"
            folder.mkdir()
            for query in "ab":
                (folder / f"{query}.sql").write_text(f"{QUERY};\n")
            flags = ["--demo", "-q"]
            for earlier in before:
                subprocess.run([binary, *earlier, *flags], cwd=folder, check=True)
            disk = Disk(folder)
            calls = recorded(binary, [*arguments, *flags], folder)
        cuts, said = fault(calls, copy.deepcopy(disk), check)
        assert said is None, f"{name}: {said}"
        for deaf in ("files", "folders"):
            _, said = fault(calls, copy.deepcopy(disk).deaf_for(deaf), check)
            assert said, f"{name}: nobody misses the syncs of {deaf}"
        print(f"{name}: {len(calls)} calls, {cuts} states")
        kills, states = kills + len(calls) + 1, states + cuts
    print(f"{len(RUNS)} runs, killed and cut off at {kills} points: {states} states of the disk, nothing lost or half there")


if __name__ == "__main__":
    main(*sys.argv[1:])
