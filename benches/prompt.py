#!/usr/bin/env python3
"""What a person waits for at the prompt: from the start to the prompt, and from a key to its echo.

    benches/prompt.py target/release/lightsail-sql

A pseudo-terminal of 120x40 and the demo fleet. Keys are typed at the end of a statement of 2,000 characters, with colours
and suggestions; Tab is pressed where all tables, all columns and the join conditions are offered. Milliseconds.
"""

import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time

STARTS, KEYS = 10, 200
COLUMNS = ", ".join(f"round(avg(i.cpu_count * {k}), 2) AS column_{k:03}" for k in range(50))
STATEMENT = f"SELECT i.name, count(*) FILTER (WHERE i.state = 'running') AS n, {COLUMNS}"[: 2000 - KEYS]
TABS = [
    "SELECT * FROM ",
    "SELECT ",
    "SELECT s",
    "SELECT i.name FROM instances i JOIN disks d ON ",
    "SELECT * FROM instances WHERE region = 'us-",
]


class Shell:
    def __init__(self, program, state):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LIGHTSAIL_SQL_CONFIG=os.devnull, XDG_STATE_HOME=state)
            os.execv(program, [program, "--demo"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read(self, quiet):
        """Reads until nothing has come for so many seconds; says when the last came."""
        last = None
        while select.select([self.terminal], [], [], quiet)[0]:
            os.read(self.terminal, 1 << 16)
            last = time.perf_counter()
        return last

    def until_prompt(self):
        text = b""
        while b"> " not in text.split(b"\n")[-1]:
            text += os.read(self.terminal, 1 << 16)

    def key(self, key):
        begun = time.perf_counter()
        os.write(self.terminal, key)
        seen = self.read(0.1)
        return None if seen is None else (seen - begun) * 1000

    def clear(self):
        # A list may be in the way of the first.
        for _ in range(2):
            os.write(self.terminal, b"\x03")
            self.read(0.2)

    def end(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def show(what, times):
    times = sorted(time for time in times if time is not None)
    high = times[min(len(times) - 1, len(times) * 95 // 100)]
    print(f"{what:58} median {statistics.median(times):6.1f}  p95 {high:6.1f}  n {len(times)}")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as state:
        starts = []
        for _ in range(STARTS):
            begun = time.perf_counter()
            shell = Shell(program, state)
            shell.until_prompt()
            starts.append((time.perf_counter() - begun) * 1000)
            shell.end()
        show("start to prompt", starts)
        shell = Shell(program, state)
        shell.until_prompt()
        shell.read(1.0)
        os.write(shell.terminal, STATEMENT.encode())
        shell.read(1.0)
        show("a key behind 2,000 characters", [shell.key(b"x") for _ in range(KEYS)])
        shell.clear()
        for text in TABS:
            times = []
            for _ in range(5):
                os.write(shell.terminal, text.encode())
                shell.read(0.3)
                times += [shell.key(b"\t"), shell.key(b"\t")]
                shell.clear()
            show(f"Tab behind {text!r}", times)
        shell.end()


if __name__ == "__main__":
    main()
