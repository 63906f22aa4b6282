"""What goes wrong with workers is said, and nothing is left behind."""

import signal
import socket
import subprocess
import time

import harness as cluster
from harness import LETTERS, Run, has_asked, holds, is_silent, many, one, rows, wait_for, worker


def killed():
    """A worker that dies fails the statement by its name, and leaves an older file as it was."""
    path = cluster.folder / "old.csv"
    path.write_text("as it was\n")
    mark = cluster.endpoint.mark()
    run = many("--region", "all", "--format", "csv", "-o", str(path), "-c", "SELECT * FROM instances")
    process, port = cluster.workers[1]
    has_asked(mark, 2)
    process.send_signal(signal.SIGKILL)
    died = time.monotonic()
    run.end()
    names = f"127.0.0.1:{port} (profiles w2a, w2b, w2c, w2d)"
    took = run.begun + run.took - died
    holds(run.code == 254 and names in run.err and took < 2,
          f"kill -9 fails the statement with 254, the worker and its profiles, after {took:.1f} s",
          f"{run.code}: {run.err}")
    holds(path.read_text() == "as it was\n", "and leaves the file as it was")
    holds(is_silent(max(died, run.begun + run.took)), "and nobody asks a second later")
    run = many("-c", "SELECT count(*) FROM instances").end()
    holds(run.code == 254 and f"127.0.0.1:{port}" in run.err, "a worker that is not there is named", run.err)
    cluster.workers[1] = worker(2)


def partial():
    mark = cluster.endpoint.mark()
    path = cluster.folder / "partial.csv"
    run = many("--allow-partial", "--region", "all", "--format", "csv", "-o", str(path), "-c",
               "SELECT profile, count(*) FROM instances GROUP BY profile ORDER BY profile")
    has_asked(mark, 3)
    cluster.workers[2][0].send_signal(signal.SIGKILL)
    run.end()
    found = [row[0] for row in rows(path)[1:]] if path.exists() else []
    expected = [f"w{number}{letter}" for number in (1, 2) for letter in LETTERS]
    holds(run.code == 3 and found == expected, "--allow-partial has the rows of the others and exit code 3",
          f"{run.code}: {found} {run.err}")
    named = [f"w{number}{letter}" for number in (1, 2, 3) for letter in LETTERS
             if f"w{number}{letter}/" in run.err or f"w{number}{letter} " in run.err]
    holds("PARTIAL" in run.err.upper() and "is gone" in run.err and not [name for name in named if name[1] != "3"],
          "and says that those of this worker are missing, and no others", run.err)
    cluster.workers[2] = worker(3)


def partial_twice():
    """A worker that dies before a second part of the plan wants its rows."""
    for statement in ("SELECT count(*) AS n FROM (SELECT name FROM instances UNION ALL SELECT name FROM static_ips)",
                      "SELECT count(*) AS n FROM instances AS a JOIN static_ips AS b ON b.attached_to = a.name"):
        mark = cluster.endpoint.mark()
        run = many("--allow-partial", "--region", "us-east-1,eu-west-1", "--format", "csv", "-c", statement)
        has_asked(mark, 2, calls=1)
        process, port = cluster.workers[1]
        process.send_signal(signal.SIGKILL)
        run.end(within=30)
        holds(run.code == 3 and run.out.startswith("n\n") and f":{port}" in run.err, f"it is missing from both: {statement}",
              f"{run.code} {run.err}")
        named = {f"w2{letter}/{region}" for letter in LETTERS for region in ("us-east-1", "eu-west-1")}
        holds(all(name in run.err for name in named) and "w1a/" not in run.err and f"{len(named)} of {3 * len(named)} targets" in run.err,
              "and exactly its targets are", run.err)
        cluster.workers[1] = worker(2)


def partial_run():
    """A worker that is gone is missing from each statement of a run, and of a run that begins with it."""
    process, port = cluster.workers[1]
    statement = "SELECT count(*) AS n FROM instances"
    mark = cluster.endpoint.mark()
    run = many("--allow-partial", "--format", "csv", "-c", statement, "-c", f"{statement} WHERE profile <> 'w1a'", "-c",
               "SELECT max(name) FROM disks")
    has_asked(mark, 2, calls=1)
    process.send_signal(signal.SIGKILL)
    run.end(within=40)
    holds(run.code == 3 and run.out.count("n\n") == 2 and "max" in run.out, "it is missing from each statement of a run",
          f"{run.code} {run.out} {run.err}")
    cluster.workers[1] = worker(2)


def restarted():
    """A worker that is started again in the middle of a run has not got the pages that it has read before."""
    process, port = cluster.workers[1]
    statements = ["SELECT count(*) FROM instances", "SELECT count(*) FROM cost_estimates WHERE profile = 'w1a'",
                  "SELECT max(name) FROM instances"]
    mark = cluster.endpoint.mark()
    run = many(*[arg for statement in statements for arg in ("-c", statement)])
    costs = lambda: [call for call in cluster.endpoint.calls[mark:] if call.operation == "GetCostEstimate"]
    wait_for(lambda: len(costs()) > 5)
    process.kill()
    process.wait()
    cluster.workers[1] = worker(2, port=port)
    run.end()
    holds(run.code == 254 and "started anew" in run.err and "\\n" not in run.err, "what was read is of another time then",
          f"{run.code} {run.err}")


def unreadable():
    """What is wrong with a statement is said once, and not of targets."""
    for args in [], ["--allow-partial"]:
        run = many(*args, "-c", "SELECT count(*) FROM instances WHERE name::int > 3").end()
        holds(run.code == 1 and "had not failed" not in run.err, "a statement that cannot be run is no worker's fault", run.err)


def absent():
    """A worker that is not there from the beginning."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()[1]
    ports = [cluster.workers[0][1], nobody]
    statement = ["--format", "csv", "-c", "SELECT DISTINCT profile FROM instances ORDER BY profile"]
    run = many(*statement, ports=ports).end()
    holds(run.code == 254 and f":{nobody}" in run.err and not run.out, "a worker that is not there fails the run", run.err)
    run = many("--allow-partial", *statement, ports=ports).end()
    holds(run.code == 3 and f":{nobody}" in run.err and run.out.split() == ["profile", "w1a", "w1b", "w1c", "w1d"],
          "with --allow-partial it is missing by its name", f"{run.code} {run.out} {run.err}")
    run = many("--allow-partial", *statement, ports=[nobody]).end()
    holds(run.code == 254, "and without any other there is no answer", f"{run.code} {run.out}")


def denied():
    """What failed at a worker is missing, unless a LIMIT had enough of the others."""
    cluster.endpoint.denied, cluster.alone.denied = {"w3a"}, {"w3a"}
    for statement, code in (("SELECT name FROM instances LIMIT 3", 0), ("SELECT count(*) FROM instances", 3)):
        runs = [run("--allow-partial", "--format", "csv", "-c", statement).end() for run in (one, many)]
        holds([run.code for run in runs] == [code, code], f"exit code {code} in one process and over workers: {statement}",
              "".join(f"{run.code} {run.err}" for run in runs))
    holds(runs[0].notes == runs[1].notes and runs[0].out == runs[1].out, "with the same words",
          f"{runs[0].err}{runs[1].err}")
    run = many("-c", "SELECT count(*) FROM instances").end()
    holds(run.code == 254 and "w3a" in run.err and "AccessDenied" in run.err, "without it that is an error", run.err)
    cluster.endpoint.denied, cluster.alone.denied = set(), set()


def stopped():
    """A worker that vanishes without a word."""
    mark = cluster.endpoint.mark()
    run = many("--region", "all", "-c", "SELECT count(*) FROM instances")
    process, port = cluster.workers[0]
    has_asked(mark, 1)
    process.send_signal(signal.SIGSTOP)
    at = time.monotonic()
    run.end()
    took = time.monotonic() - at
    holds(run.code == 254 and f"127.0.0.1:{port}" in run.err and took < 25,
          f"a worker that vanishes is an error after {took:.0f} s", f"{run.code}: {run.err}")
    process.send_signal(signal.SIGCONT)


def interrupted():
    mark = cluster.endpoint.mark()
    run = many("--region", "all", "-c", "SELECT * FROM instances")
    wait_for(lambda: len(cluster.endpoint.calls) > mark + 20)
    run.process.send_signal(signal.SIGINT)
    at = time.monotonic()
    run.end()
    holds(run.code == 130 and is_silent(at), "Ctrl-C ends all workers' calls within a second", f"{run.code} {run.err}")


def refused():
    """What does not match, or is not known, is refused."""
    other = cluster.folder / "other-build"
    text = cluster.PROGRAM.read_bytes()
    own = b"(debug build)" if b"(debug build)" in text else b"(commit "
    other.write_bytes(text.replace(own, own.swapcase()))
    other.chmod(0o755)
    addresses = ",".join(f"127.0.0.1:{port}" for _, port in cluster.workers)
    run = subprocess.run([other, "--workers", addresses, "-c", "SELECT count(*) FROM instances"], env=cluster.ENVIRONMENT,
                         capture_output=True, text=True, timeout=30)
    holds(run.returncode == 2 and "same build" in run.stderr, "another build is refused", run.stderr)
    run = many("--profile", "nobody", "-c", "SELECT count(*) FROM instances").end()
    holds(run.code == 253 and "nobody" in run.err, "a profile that no worker has is named", run.err)
    run = Run(["worker", "--listen", "0.0.0.0:0"], {"AWS_SHARED_CREDENTIALS_FILE": str(cluster.folder / "credentials1")}).end()
    holds(run.code == 2 and "--tls-cert" in run.err, "no worker listens to other machines in the clear", run.err)
    run = Run(["--workers", "192.0.2.1:7447", "-c", "SELECT 1"]).end()
    holds(run.code == 2 and "--workers-ca" in run.err, "no other machine is asked in the clear", run.err)
    run = many("--max-items", "5", "-c", "SELECT name FROM instances").end()
    holds(run.code == 2, "--max-items is refused", run.err)


def authority(name):
    """An authority and a certificate of this machine's that it has signed."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=cluster.folder)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
            f"{name}-ca.key", "-out", f"{name}-ca.pem", "-subj", f"/CN={name} authority")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", f"/CN={name}")
    (cluster.folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{name}-ca.pem", "-CAkey", f"{name}-ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    return [str(cluster.folder / f"{name}{end}") for end in ("-ca.pem", ".pem", ".key")]


def encrypted():
    ours, strange = authority("ours"), authority("strange")
    _, port = worker(1, "--tls-cert", ours[1], "--tls-key", ours[2], "--client-ca", ours[0])
    statement = ["-c", "SELECT count(*) FROM regions", "--format", "csv"]
    asked = lambda ca, cert, key: many("--workers-ca", ca, "--workers-cert", cert, "--workers-key", key, *statement, ports=[port]).end()
    run = asked(*ours)
    holds(run.code == 0 and run.out.count("\n") == 2, "with certificates of each other's authority they talk", run.err)
    run = asked(ours[0], strange[1], strange[2])
    holds(run.code == 254 and not run.out, "a coordinator with a strange certificate is refused", f"{run.code} {run.err}")
    run = asked(strange[0], ours[1], ours[2])
    holds(run.code == 254 and not run.out, "a worker with a strange certificate is not trusted", f"{run.code} {run.err}")
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    for connection in silent:
        connection.send(b"\x16")
    wait_for(lambda: asked(*ours).code == 0, within=20)
    holds(True, "strangers that say nothing more are let go")
    for connection in silent:
        connection.close()
    run = many(*statement, ports=[port]).end()
    holds(run.code == 254 and not run.out, "plaintext is refused", f"{run.code} {run.err}")


CHECKS = ["interrupted", "killed", "partial", "partial_twice", "partial_run", "restarted", "unreadable", "absent", "denied", "stopped", "refused", "encrypted"]
