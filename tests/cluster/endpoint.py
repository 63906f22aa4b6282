"""The endpoint that everybody asks, with a note of each call: who asked what, where and when."""

import asyncio
import re
import threading
import time
from collections import Counter, namedtuple

Call = namedtuple("Call", "at profile region operation")

TARGET = re.compile(rb"^x-amz-target: *[^.\r]*\.(\w+)", re.I | re.M)
SIGNED = re.compile(rb"^authorization: .*?Credential=([^/]+)/\d+/([^/]+)/", re.I | re.M)
REASON = b'{"__type": "AccessDeniedException", "message": "not you"}'
DENIED = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: %d\r\n\r\n%s" % (
    len(REASON), REASON)
LENGTH = re.compile(rb"^content-length: *(\d+)", re.I | re.M)


class Endpoint:
    """Hands requests on to the demo endpoint at a port, and notes them."""

    def __init__(self, behind, profiles):
        self.behind, self.profiles = behind, profiles
        self.calls, self.port = [], None
        # The profiles that are told that they may not ask.
        self.denied = set()
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True).start()
        ready.wait()

    async def serve(self, ready):
        server = await asyncio.start_server(self.client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def client(self, reader, writer):
        try:
            answers, requests = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            return writer.close()
        # Whichever end closes its connection, the other one hears of it.
        tasks = [asyncio.create_task(self.requests(reader, requests, writer)), asyncio.create_task(self.answers(answers, writer))]
        _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        requests.close()
        writer.close()

    async def requests(self, reader, there, back):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length.group(1))) if length else b""
            operation, signed = TARGET.search(head), SIGNED.search(head)
            key, region = (part.decode() for part in signed.groups())
            self.calls.append(Call(time.monotonic(), self.profiles[key], region, operation.group(1).decode()))
            if self.profiles[key] in self.denied:
                back.write(DENIED)
                await back.drain()
                continue
            there.write(head + body)
            await there.drain()

    async def answers(self, there, writer):
        while data := await there.read(1 << 16):
            writer.write(data)
            await writer.drain()

    def mark(self):
        return len(self.calls)

    def since(self, mark):
        """How often each profile was asked for each operation in each region."""
        return Counter((call.profile, call.region, call.operation) for call in self.calls[mark:])
