"""The dashboard with 1,000 clusters and 20,000 converted Works, from an API server that only lists and watches.

Run it with ``python -m tests.bench.bench_dashboard``. It fails if the first view takes a second of CPU or more, if the
process takes 400 MB or more, or if it sends any request but its watches while pages are read.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
from aiohttp import web
from rich.console import Console
from rich.table import Table

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from converter.dashboard.sources import admitted
from converter.engine import Engine
from converter.karmada.names import WORK_REFUSED
from converter.server.sample import work_for
from tests.dashboardkit import cronjob

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MOST_SECONDS = 1.0
MOST_BYTES = 400 << 20
_PAGE = 500
_RELEASES = ("v1.16", "v1.20", "v1.24", "v1.36")
_VIEWS = ("/", "/matrix", "/objects", "/objects?state=all&q=job-19&sort=name", "/objects?page=200", "/rules")


class Api:
    """An API server that lists pages and holds watches open.

    Attributes:
        asked: the path of every request, with ``watch`` before those that watch.
    """

    def __init__(self, clusters: list[bytes], works: list[bytes], bindings: list[bytes]) -> None:
        self.asked: list[str] = []
        self._items = {"clusters": clusters, "works": works, "resourcebindings": bindings}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a list or a watch."""
        watching = request.query.get("watch") == "true"
        self.asked.append(("watch " if watching else "") + request.path)
        if watching:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            await asyncio.sleep(3600)
            return response
        items = self._items.get(request.path.rpartition("/")[2], [])
        start = int(request.query.get("continue", "0"))
        page = items[start : start + _PAGE]
        more = str(start + _PAGE) if start + _PAGE < len(items) else ""
        head = json.dumps({"resourceVersion": "1", "continue": more}).encode()
        body = b'{"metadata":' + head + b',"items":[' + b",".join(page) + b"]}"
        return web.Response(body=body, content_type="application/json")


def make_clusters(count: int) -> list[bytes]:
    """Make Cluster objects of several releases."""
    catalog = load_catalog()
    found = []
    for number in range(count):
        release = _RELEASES[number % len(_RELEASES)]
        served: dict[str, list[dict[str, str]]] = {}
        for gvk, resource in catalog.served(release).items():
            served.setdefault(gvk.api_version, []).append({"kind": gvk.kind, "name": resource.plural})
        enablements = [{"groupVersion": version, "resources": kinds} for version, kinds in served.items()]
        conditions = [{"type": "Ready", "status": "True"}, {"type": "CompleteAPIEnablements", "status": "True"}]
        status = {"kubernetesVersion": f"{release}.0", "apiEnablements": enablements, "conditions": conditions}
        metadata = {"name": f"cluster-{number:04}", "resourceVersion": "1", "uid": f"c{number}"}
        found.append(msgspec.json.encode({"metadata": metadata, "status": status}))
    return found


def make_works(count: int, clusters: int) -> list[bytes]:
    """Make Works with a CronJob, converted for an old cluster."""
    engine, old = Engine.from_rules(), Cluster.from_release("old", Release(1, 20), load_catalog())
    template = admitted(work_for(cronjob("NAME", "NAMESPACE"), "old"), old, engine)
    template["metadata"] |= {"uid": "UID", "resourceVersion": "1"}
    template["metadata"]["name"], template["metadata"]["namespace"] = "WORK", "karmada-es-CLUSTER"
    text = msgspec.json.encode(template).decode()
    olds = [number for number in range(clusters) if _RELEASES[number % len(_RELEASES)] in {"v1.16", "v1.20"}]
    return [
        text.replace("NAMESPACE", f"team-{number % 50}").replace("WORK", f"work-{number}").replace("UID", f"w{number}")
        .replace("CLUSTER", f"cluster-{olds[number % len(olds)]:04}").replace("NAME", f"job-{number}").encode()
        for number in range(count)
    ]  # fmt: skip


def make_bindings(count: int) -> list[bytes]:
    """Make the bindings of as many CronJobs; one of 100 has a refused Work."""
    found = []
    for number in range(count):
        name, namespace = f"job-{number}", f"team-{number % 50}"
        resource = {"apiVersion": "batch/v1", "kind": "CronJob", "namespace": namespace, "name": name}
        refused = {"type": WORK_REFUSED, "status": "True", "message": f"(clusters=cluster-0000) {'reason ' * 20}"}
        conditions = [{"type": "Scheduled", "status": "True"}, *([refused] if number % 100 == 0 else [])]
        metadata = {"name": f"{name}-cronjob", "namespace": namespace, "resourceVersion": "1", "uid": f"b{number}"}
        binding = {"metadata": metadata, "spec": {"resource": resource}, "status": {"conditions": conditions}}
        found.append(msgspec.json.encode(binding))
    return found


@contextlib.asynccontextmanager
async def serving(api: Api) -> AsyncIterator[str]:
    """Serve the API; yields its address."""
    app = web.Application()
    app.router.add_get("/{path:.*}", api.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def kubeconfig(folder: Path, server: str) -> Path:
    """Write a kubeconfig without credentials."""
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "clusters": [{"name": "a", "cluster": {"server": server}}],
        "users": [{"name": "a", "user": {}}],
    }  # fmt: skip
    file = folder / "karmada.config"
    file.write_text(json.dumps(config), encoding="utf-8")
    return file


def cpu(pid: int) -> float:
    """CPU seconds of a process, all threads (proc_pid_schedstat)."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def memory(pid: int) -> int:
    """The largest resident size that a process has had, in bytes (VmHWM in proc_pid_status)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


async def measure(clusters: int, works: int) -> bool:
    """Measure, print, and say whether all is within the limits."""
    api = Api(make_clusters(clusters), make_works(works, clusters), make_bindings(works))
    console = Console(highlight=False, width=100)
    with tempfile.TemporaryDirectory() as folder:
        async with serving(api) as address, aiohttp.ClientSession() as client:
            file = kubeconfig(Path(folder), address)
            command = [
                "-m",
                "converter",
                "dashboard",
                "--kubeconfig",
                str(file),
                "--anonymous",
                "--listen",
                "127.0.0.1:0",
                "--metrics-listen",
                "127.0.0.1:0",
            ]
            process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
            assert process.stdout is not None
            lines = [(await process.stdout.readline()).decode() for _ in range(2)]
            url, health = (line.split()[-1].rpartition("/")[0] for line in lines)
            began = time.monotonic()
            while (await client.get(f"{health}/readyz")).status != 200:  # noqa: ASYNC110  another process
                await asyncio.sleep(0.2)
            ready, asked = time.monotonic() - began, len(api.asked)
            rows: list[tuple[str, float, int, Any]] = []
            for view in _VIEWS:
                before = cpu(process.pid)
                answer = await client.get(url + view)
                size = len(await answer.read())
                rows.append((view, cpu(process.pid) - before, size, answer.status))
            most, more = memory(process.pid), api.asked[asked:]
            process.terminate()
            await process.wait()
    table = Table("view", "CPU, ms", "bytes, decompressed", title=f"{clusters} clusters, {works} converted Works")
    for view, seconds, size, status in rows:
        table.add_row(view, f"{seconds * 1000:.0f}", f"{size:,}" + ("" if status == 200 else f" ({status})"))
    console.print(table)
    console.print(f"first lists read after {ready:.1f} s; memory at most {most >> 20} MB; requests afterwards: {more}")
    polled = [path for path in more if not path.startswith("watch ")]
    within = rows[0][1] < MOST_SECONDS and most < MOST_BYTES and not polled
    console.print("within the limits" if within else "NOT within the limits")
    return within and all(status == 200 for *_, status in rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bench_dashboard")
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--works", type=int, default=20_000)
    args = parser.parse_args()
    sys.exit(0 if asyncio.run(measure(args.clusters, args.works)) else 1)


if __name__ == "__main__":
    main()
