"""What an agent sees of `lightsail-sql mcp`: tools, answers, refusals, limits, progress, cancellation, no secret."""

import asyncio
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

from mcp import Client, ClientSession, MCPError, StdioServerParameters, stdio_client

BINARY = sys.argv[1]
TODAY = "2026-01-01"
CANARY = "canary-c4f1e7"
ENVIRONMENT = {"LIGHTSAIL_SQL_CONFIG": "/dev/null", "HOME": "/nonexistent", "PATH": os.environ["PATH"]}
checks = 0


def check(holds, *said):
    global checks
    checks += 1
    if not holds:
        raise SystemExit(f"not so: {said}")


def server(*flags, env=None):
    return StdioServerParameters(command=BINARY, args=["mcp", *flags], env={**ENVIRONMENT, **(env or {})})


def demo(*flags):
    return server("--demo", "--demo-today", TODAY, *flags)


def text(result):
    return "\n".join(block.text for block in result.content)


async def ask(client, sql, **more):
    result = await client.call_tool("query", {"sql": sql, **more})
    check(not result.is_error, sql, text(result))
    return result.structured_content


async def refused(client, tool, arguments, *words):
    result = await client.call_tool(tool, arguments)
    check(result.is_error, arguments, text(result))
    for word in words:
        check(word in text(result), word, text(result))


async def tools():
    begun = time.monotonic()
    async with Client(demo()) as client:
        check(client.server_info.name == "lightsail-sql", client.server_info)
        check(len(client.instructions.splitlines()) <= 16, client.instructions)
        listed = (await client.list_tools()).tools
        check({tool.name for tool in listed} == {"list_tables", "describe_table", "explain", "query"}, listed)
        check(all(tool.annotations.read_only_hint for tool in listed), listed)
        check(all(tool.description and tool.input_schema for tool in listed), listed)

        tables = (await client.call_tool("list_tables", {})).structured_content
        print(f"list_tables after {time.monotonic() - begun:.2f} s, {len(json.dumps(tables))} bytes")
        check(tables["columns"] == ["name", "description", "calls"] and tables["row_count"] > 71, tables["row_count"])
        check(tables["api_calls"] == 0 and not tables["truncated"], tables["api_calls"])
        some = (await client.call_tool("list_tables", {"like": "snapshot"})).structured_content
        check(0 < some["row_count"] < tables["row_count"], some)

        about = text(await client.call_tool("describe_table", {"name": "instances"}))
        for word in ["cpu_count", "joins", "example", "lightsail:GetInstances"]:
            check(word in about, word, about)
        await refused(client, "describe_table", {"name": "instanses"}, "did you mean instances?")

        answer = await ask(client, "SELECT name, region, cpu_count, created_at, tags FROM instances ORDER BY name", max_rows=3)
        check(answer["columns"] == ["name", "region", "cpu_count", "created_at", "tags"], answer)
        check(answer["row_count"] == 3 and len(answer["rows"]) == 3 and answer["truncated"], answer)
        check(answer["complete"] and answer["missing"] == [] and answer["as_of"] and answer["api_calls"] > 0, answer)
        check(isinstance(answer["rows"][0][2], int) and isinstance(answer["rows"][0][4], dict), answer)
        whole = await ask(client, "SELECT count(*) AS n FROM instances")
        check(whole["rows"] == [[400]] and not whole["truncated"] and whole["api_calls"] == 0, "from the cache", whole)
        few = await ask(client, "SELECT name FROM instances LIMIT 2")
        check(few["row_count"] == 2 and not few["truncated"], few)
        none = await ask(client, "SELECT name FROM instances WHERE name = 'nobody'")
        check(none["rows"] == [] and none["complete"] and none["columns"] == ["name"], none)

        odd = await ask(client, "SELECT 9007199254740993 AS a, 9007199254740992 AS b, NULL AS c, 0.1::double AS d, 'x\u001b[2J' AS e")
        check(odd["rows"] == [["9007199254740993", 9007199254740992, None, 0.1, "x\x1b[2J"]], odd)
        given = await ask(client, "SELECT count(*) AS n FROM instances WHERE cpu_count >= $cpus AND region = $region",
                          parameters={"cpus": 2, "region": "us-east-1"})
        ours = subprocess.run(
            [BINARY, "--demo", "--demo-today", TODAY, "-q", "--format", "csv", "--no-header", "-c",
             "SELECT count(*) FROM instances WHERE cpu_count >= 2 AND region = 'us-east-1'"],
            env=ENVIRONMENT, capture_output=True, text=True, check=True)
        check(given["rows"] == [[int(ours.stdout)]], given, ours.stdout)
        quoted = await ask(client, "SELECT $x AS x", parameters={"x": "it's"})
        check(quoted["rows"] == [["it's"]], quoted)
        elsewhere = await ask(client, "SELECT count(*) AS n FROM instances WHERE region = 'us-esat-1'")
        check(any("us-east-1" in note for note in elsewhere["notes"]), elsewhere)

        await refused(client, "query", {"sql": "SELECT nme FROM instances"}, "did you mean name?")
        await refused(client, "query", {"sql": "SELECT 1; SELECT 2"}, "one statement at a time")
        await refused(client, "query", {"sql": "SELEC 1"}, "did you mean SELECT?")
        await refused(client, "query", {}, "sql")
        await refused(client, "query", {"sql": "SELECT $x", "parameters": {"x": [1]}}, "neither a text nor a number")


async def only_reads():
    """Nothing makes, changes or reads a file, and no setting is touched."""
    with tempfile.TemporaryDirectory() as folder:
        made, there = pathlib.Path(folder, "made.csv"), pathlib.Path(folder, "there.csv")
        there.write_text(f"secret\n{CANARY}\n")
        async with Client(demo()) as client:
            for sql in [
                f"COPY (SELECT 1) TO '{made}'",
                f"CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{there}'",
                "CREATE TABLE t AS SELECT 1", "CREATE VIEW v AS SELECT 1", "SELECT 1 INTO t", "DROP TABLE instances",
                "INSERT INTO instances VALUES (1)", "DELETE FROM instances", "UPDATE instances SET name = 'x'",
                "TRUNCATE instances", "SET lightsail.regions = 'all'", "RESET lightsail.regions",
                "SET datafusion.execution.batch_size = 1", "PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p",
                "BEGIN", "CREATE SCHEMA s", "CREATE FUNCTION f() RETURNS INT RETURN 1", "USE x", "GRANT ALL ON t TO x",
                f"EXPLAIN COPY (SELECT 1) TO '{made}'", "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
                f"EXPLAIN ANALYZE COPY (SELECT 1) TO '{made}'", "\\! touch made", f"\\o {made}", f"\\i {there}",
            ]:
                for tool in ["query", "explain"]:
                    await refused(client, tool, {"sql": sql})
            for sql in [f"SELECT * FROM '{there}'", f"SELECT * FROM \"{there}\"", f"WITH a AS (SELECT * FROM '{there}') SELECT * FROM a",
                        f"SELECT * FROM read_csv('{there}')"]:
                result = await client.call_tool("query", {"sql": sql})
                check(result.is_error and CANARY not in text(result), sql, text(result))
            check(not made.exists() and os.listdir(folder) == ["there.csv"], os.listdir(folder))
            check((await ask(client, "SELECT 1 AS x"))["rows"] == [[1]])


async def limits():
    async with Client(demo("--max-rows", "7", "--max-bytes", "900", "--max-calls", "100")) as client:
        most = await ask(client, "SELECT region FROM instances", max_rows=1000)
        check(most["row_count"] == 7 and most["truncated"], most)
        wide = await ask(client, "SELECT name, repeat('x', 400) AS wide FROM instances", max_rows=5)
        check(wide["row_count"] == 2 and wide["truncated"] and any("wide" in note for note in wide["notes"]), wide)
        metrics = {"sql": "SELECT * FROM instance_metrics WHERE timestamp > now() - INTERVAL '1 hour'"}
        await refused(client, "query", metrics, "--max-calls", "metric_name")
        explained = (await client.call_tool("explain", metrics)).structured_content
        check(explained["calls"] > 100 and "metric_name" in explained["cheaper"], explained)
    async with Client(demo("--timeout", "0.001")) as client:
        await refused(client, "query", {"sql": "SELECT count(*) FROM instances a, instances b, instances c, instances d"}, "query_timeout")
    # No call is needed to explain: nobody listens there.
    async with Client(server("--endpoint-url", "http://127.0.0.1:1", "--region", "us-east-1", env=keys("x"))) as client:
        explained = (await client.call_tool("explain", {"sql": "SELECT name FROM instances WHERE region = 'eu-west-1'"})).structured_content
        check("instances" in explained["plan"] and any("eu-west-1" in note for note in explained["notes"]), explained)
        await refused(client, "query", {"sql": "SELECT name FROM instances"}, "GetInstances", "us-east-1")


class Slow(http.server.BaseHTTPRequestHandler):
    """An endpoint whose listing never ends, a page each 100 ms."""

    asked = []
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep(0.1)
        Slow.asked.append(time.monotonic())
        page = json.dumps({"instances": [{"name": f"i{len(Slow.asked)}"}], "nextPageToken": str(len(Slow.asked))}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(page)))
        try:
            self.end_headers()
            self.wfile.write(page)
        except BrokenPipeError:
            pass  # Whoever asked has gone, as is wanted.

    def log_message(self, *_):
        pass


def keys(secret):
    return {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": secret}


async def cancelled():
    endpoint = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    heard = []

    async def progress(done, _total, message):
        heard.append((done, message))

    flags = ["--endpoint-url", f"http://127.0.0.1:{endpoint.server_port}", "--region", "us-east-1"]
    async with Client(server(*flags, env=keys("x"))) as client:
        question = {"sql": "SELECT count(*) AS n FROM instances"}
        try:
            await client.call_tool("query", question, read_timeout_seconds=2.0, progress_callback=progress)
            check(False, "an endless listing has ended")
        except MCPError:
            ended = time.monotonic()
        await asyncio.sleep(1.0)
        late = [at - ended for at in Slow.asked if at > ended + 0.2]
        check(len(Slow.asked) > 3 and late == [], "calls after it was cancelled", late)
        check(heard and heard[-1][0] > 1 and "pages" in heard[-1][1], heard)
        few = await ask(client, "SELECT name FROM instances", max_rows=4)
        check(few["row_count"] == 4 and few["truncated"] and few["api_calls"] <= 8, "LIMIT stops the paging", few)
    endpoint.shutdown()


async def parallel():
    """Twenty at the same time, in the older handshake; whoever asks the same reads the same pages."""
    async with stdio_client(demo()) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        regions = ["us-east-1", "eu-west-1", "us-west-2", "eu-central-1"]
        alone = {region: None for region in regions}
        calls = [session.call_tool("query", {"sql": f"SELECT count(*) AS n FROM instances WHERE region = '{regions[at % 4]}'"})
                 for at in range(20)]
        for at, result in enumerate(await asyncio.gather(*calls)):
            check(not result.is_error, text(result))
            rows = result.structured_content["rows"]
            check(alone[regions[at % 4]] in (None, rows), rows)
            alone[regions[at % 4]] = rows
        print("twenty at the same time:", alone)
        check(all(rows[0][0] > 0 for rows in alone.values()), alone)


async def documents():
    async with Client(demo()) as client:
        resources = (await client.list_resources()).resources
        check(len(resources) > 72, len(resources))
        for resource in resources:
            contents = (await client.read_resource(resource.uri)).contents
            check(len(contents[0].text) > 100, resource.uri)
        check([one.uri_template for one in (await client.list_resource_templates()).resource_templates]
              == ["lightsail://tables/{name}"])
        for uri in ["lightsail://tables/nothing", "file:///etc/passwd", "lightsail://guide/../x"]:
            try:
                await client.read_resource(uri)
                check(False, uri)
            except MCPError:
                pass
        prompts = (await client.list_prompts()).prompts
        check(len(prompts) >= 36, len(prompts))
        for prompt in prompts:
            arguments = {one.name: "1" for one in prompt.arguments or [] if one.required}
            got = await client.get_prompt(prompt.name, arguments)
            said = got.messages[0].content.text
            check("```sql" in said, prompt.name, said)
            sql = said.split("```sql\n")[1].split("\n```")[0]
            given = said.split("with the parameters ")[1].split(", and say")[0] if "with the parameters" in said else "{}"
            explained = await client.call_tool("explain", {"sql": sql, "parameters": json.loads(given)})
            check(not explained.is_error, prompt.name, text(explained))


def by_hand():
    """Lines that are no JSON, requests that are none, and the end of the input."""
    run = [BINARY, "mcp", "--demo", "--demo-today", TODAY]
    ended = subprocess.run(run, env=ENVIRONMENT, input="", capture_output=True, text=True, timeout=30)
    check(ended.returncode == 0 and ended.stdout == "", ended)
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
             "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
    lines = [json.dumps(hello), json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}), "{not json", "[]", "",
             json.dumps({"jsonrpc": "2.0", "id": 2, "method": "no/such"}),
             json.dumps({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "query", "arguments": {"sql": "SELECT 42 AS n"}}})]
    process = subprocess.Popen(run, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdin.write("\n".join(lines) + "\n")
    process.stdin.flush()
    answers = {}
    while 3 not in answers:
        line = process.stdout.readline()
        check(line, "it ended", answers, process.poll())
        answer = json.loads(line)
        answers[answer.get("id")] = answer
    check(answers[3]["result"]["structuredContent"]["rows"] == [[42]], answers[3])
    check("error" in answers[2], answers[2])
    process.stdin.close()
    check(process.wait(timeout=10) == 0, process.returncode)
    check(process.stdout.read() == "", "more on standard output")


async def no_secret():
    """The keys of each source sign calls, and appear in no message and on no stream."""
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        process = json.dumps({"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": CANARY, "SessionToken": CANARY})
        (home / "keys.json").write_text(process)
        (home / "config").write_text(
            f"[profile kept]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {CANARY}\nregion = us-east-1\n"
            f"[profile made]\ncredential_process = cat {home}/keys.json\nregion = us-east-1\n")
        (home / "credentials").write_text("")
        files = {"AWS_CONFIG_FILE": f"{home}/config", "AWS_SHARED_CREDENTIALS_FILE": f"{home}/credentials", "HOME": folder}
        endpoint = subprocess.Popen([BINARY, "demo"], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        url = endpoint.stdout.readline().split()[-1]
        try:
            for flags, env in [
                ([], {**keys(CANARY), "AWS_SESSION_TOKEN": CANARY}),
                (["--profile", "kept"], files), (["--profile", "made"], files),
            ]:
                for at in [url, "http://127.0.0.1:1"]:
                    with open(home / "errors", "w+") as errors:
                        parameters = server("--log", "trace", "--endpoint-url", at, "--region", "us-east-1", *flags, env=env)
                        async with stdio_client(parameters, errlog=errors) as (read, write), ClientSession(read, write) as session:
                            await session.initialize()
                            said = [await session.call_tool("query", {"sql": "SELECT name FROM instances LIMIT 1"}),
                                    await session.call_tool("explain", {"sql": "SELECT * FROM instances"}),
                                    await session.call_tool("query", {"sql": "SELECT * FROM system.api_calls"}),
                                    await session.call_tool("query", {"sql": "SHOW ALL"})]
                        check(said[0].is_error == (at != url), flags, text(said[0]))
                        check(all(CANARY not in text(one) for one in said), flags)
                        errors.seek(0)
                        logged = errors.read()
                        check(len(logged) > 1000 and CANARY not in logged, flags, len(logged))
        finally:
            endpoint.terminate()
            endpoint.wait()


for part in [tools, only_reads, limits, cancelled, parallel, documents, no_secret]:
    asyncio.run(part())
    print(f"{part.__name__}: ok")
by_hand()
print(f"{checks} checks, all well")
