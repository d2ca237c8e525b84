"""A server under measurement: a process of its own, whose CPU time is read from the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from converter.certificates.tls import load_context
from converter.server.event_loop import loop_factory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).resolve().parents[2]
PATH = "/mutate/works"
CONSTANT = (
    b'{"response":{"uid":"07dfbbe1-934f-47e8-8661-20bcebdcce08","allowed":true},'
    b'"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'
)


class Server:
    """One process that serves.

    Attributes:
        name: what the table calls it.
        port: where it listens.
        health: where it serves health and metrics, such as ``http://127.0.0.1:8081``; empty if it does not.
        pid: its process.
    """

    def __init__(self, name: str, line: str, process: subprocess.Popen[bytes]) -> None:
        self.name = name
        addresses = dict(re.findall(r"(https?)://([^\s/;]+)", line))
        self.port = int(addresses["https"].rpartition(":")[2])
        self.health = f"http://{addresses['http']}" if "http" in addresses else ""
        self.pid = process.pid
        self._process = process

    def cpu(self) -> float:
        """CPU seconds that the process has used, all threads, to the nanosecond (proc_pid_schedstat)."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@contextlib.contextmanager
def running(name: str, arguments: Sequence[str], log: Path, tree: Path = HERE) -> Iterator[Server]:
    """Run a server that prints ``https://HOST:PORT`` once it listens.

    Args:
        name: what to call it.
        arguments: what to run with this Python.
        log: where its log goes, as it would in earnest.
        tree: the checkout whose code runs.
    """
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=errors
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            if "https://" not in line:
                raise SystemExit(f"{name} did not start:\n{log.read_text()}")
            yield Server(name, line, process)
        finally:
            process.terminate()
            process.wait(60)
            if process.stdout is not None:
                process.stdout.close()


async def bare(certificate: Path, key: Path) -> None:
    """Serve a constant with aiohttp, as anyone would write it: read the body, answer; nothing else."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=CONSTANT, content_type="application/json")

    app = web.Application(client_max_size=8 * 1024 * 1024)
    app.router.add_post(PATH, answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(runner.server, "127.0.0.1", 0, ssl=load_context(certificate, key))
    print(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    factory = {"asyncio": None, "uvloop": loop_factory()}[sys.argv[1]]
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=factory) as of_its_own:
        of_its_own.run(bare(Path(sys.argv[2]), Path(sys.argv[3])))
