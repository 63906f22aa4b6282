#!/usr/bin/env python3
"""Statements over three workers, held to one process that asks the same profiles; and what goes wrong with workers.

usage: tests/cluster/check.py target/cluster/debug/lightsail-sql
"""

import sys
import time

import answers
import failures
import harness

CHECKS = [getattr(answers, name) for name in answers.CHECKS] + [getattr(failures, name) for name in failures.CHECKS]

begun = time.monotonic()
try:
    harness.begin()
    for check in CHECKS:
        at = time.monotonic()
        check()
        print(f"      {check.__name__}: {time.monotonic() - at:.1f} s", flush=True)
finally:
    for process in harness.processes:
        process.kill()
print(f"{time.monotonic() - begun:.0f} s, {len(harness.failures)} wrong")
sys.exit(bool(harness.failures))
