"""Random queries over two workers: the oracle of tests/conformance, whose shell asks through workers. Each has a profile of its
own, or with LIGHTSAIL_ORACLE_NEAR both have both, each near to other regions.

usage: oracle.py BINARY [what tests/conformance/oracle/main.py takes]
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance" / "oracle"))
import engines  # noqa: E402
import main  # noqa: E402

# The prompt of who asks through workers names no demo.
engines.PROMPT = re.compile(rb"\d+ profiles/[^\n>]*> $")
# What a statement over workers may say, beside what any statement may.
REFUSED = ("of several workers", "does not run at workers", "workers do not hear of it")
main.honest = lambda error, honest=main.honest: honest(error) or any(words in error for words in REFUSED)


def started(arguments, environment):
    process = subprocess.Popen(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split(",")[0].strip().removeprefix("listening on ")


binary = Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as name:
    folder, processes, workers = Path(name), [], []
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIGHTSAIL_"))}
    environment |= {"LIGHTSAIL_SQL_CONFIG": "/dev/null", "AWS_CONFIG_FILE": "/dev/null", "AWS_REGION": "us-east-1"}
    try:
        demo, url = started(
            [binary, "demo", "--listen", "127.0.0.1:0", "--today", main.TODAY, "--instances", "60", "--regions", "2"], environment
        )
        processes.append(demo)
        near = ["--near"] if os.environ.get("LIGHTSAIL_ORACLE_NEAR") else []
        for letter, region in ("a", "us-east-1"), ("b", "us-east-2"):
            file = folder / letter
            profiles = "ab" if near else letter
            file.write_text("".join(
                f"[{name}]\naws_access_key_id=AKIACLUSTERORACLE{name.upper()}\naws_secret_access_key=demo\n" for name in profiles
            ))
            worker, address = started(
                [binary, "worker", "--listen", "127.0.0.1:0", "--endpoint-url", url, "--region", region],
                environment | {"AWS_SHARED_CREDENTIALS_FILE": str(file)},
            )
            processes.append(worker)
            workers.append(address)
        shell = folder / "shell"
        # It is called as a shell of the demo fleet is, with three arguments that say which day it is there.
        shell.write_text(
            '#!/bin/sh\nshift 3\nexport LIGHTSAIL_SQL_CONFIG=/dev/null AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null\n'
            f'exec "{binary}" --workers {",".join(workers)} {" ".join(near)} --region all "$@"\n'
        )
        shell.chmod(0o755)
        sys.argv[1] = str(shell)
        sys.exit(main.main())
    finally:
        for process in processes:
            process.kill()
