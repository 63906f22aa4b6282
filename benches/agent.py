#!/usr/bin/env python3
"""What an agent waits for: from the start of the MCP server to its hello, and to the first answer of list_tables.

    benches/agent.py target/release/lightsail-sql [FLAGS OF mcp]

The handshake and one call, each in a process of its own; with --demo unless flags say otherwise. Milliseconds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

STARTS = 20
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


def start(binary, flags, home):
    env = {"HOME": home, "PATH": os.environ["PATH"], "LIGHTSAIL_SQL_CONFIG": os.devnull}
    begun = time.perf_counter()
    server = subprocess.Popen([binary, "mcp", *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True)

    def ask(method, parameters, number=None):
        message = {"jsonrpc": "2.0", "method": method, "params": parameters}
        server.stdin.write(json.dumps(message if number is None else {**message, "id": number}) + "\n")
        server.stdin.flush()
        answer = None if number is None else json.loads(server.stdout.readline())
        return answer, 1000 * (time.perf_counter() - begun)

    _, hello = ask("initialize", HELLO, 1)
    ask("notifications/initialized", {})
    answer, listed = ask("tools/call", {"name": "list_tables", "arguments": {}}, 2)
    assert answer["result"]["structuredContent"]["row_count"] > 70, answer
    server.stdin.close()
    assert server.wait() == 0
    return hello, listed


def main():
    binary, flags = os.path.abspath(sys.argv[1]), sys.argv[2:] or ["--demo"]
    with tempfile.TemporaryDirectory() as home:
        times = [start(binary, flags, home) for _ in range(STARTS)]
    for what, found in zip(("hello", "list_tables"), zip(*times)):
        print(f"{what}: median {statistics.median(found):.0f}, worst {max(found):.0f} ms")


main()
