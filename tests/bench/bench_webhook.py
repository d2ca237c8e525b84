"""What the webhook costs, beside a bare aiohttp server that reads the same bodies and answers a constant.

Each server is a process of its own with TLS; the same client sends each the same captured reviews, in turns, so that
whatever else the machine does touches all of them. The bare server runs on asyncio's own loop, as anyone would write
it, and once more on uvloop, which is what the webhook runs on. Run by ``make bench``. With ``--against DIR``, the
webhook of another checkout takes turns with them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import ssl
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from converter.certificates.tls import write_throwaway
from tests.bench.admission_worker import unlike_each_other
from tests.bench.load import drive, request_bytes
from tests.bench.server import PATH, Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).resolve().parents[1] / "data"
FIRST = ", each for the first time"
"""Ends the names of cases whose manifests all differ. The webhook remembers what it converted before."""
_CONVERTED = {
    "an Ingress converted": "create-works-old-ingress.json",
    "a CronJob converted": "create-works-old-cronjob.json",
    "an HPA converted": "create-works-old-horizontalpodautoscaler.json",
    "an Ingress converted, fields lost": "create-works-old-ingress.json",
}
CASES = {
    "nothing to convert (Ingress)": "create-works-new-ingress.json",
    "nothing to convert (Deployment)": "create-works-old-deployment.json",
    **_CONVERTED,
    **{f"{case}{FIRST}": file for case, file in _CONVERTED.items()},
}
OLDER = "fields lost"
"""In the names of cases whose Work is sent to the cluster that also drops fields of it, which has to be found, weighed
and reported."""
AIMS = {
    "nothing to convert (Ingress)": 0.70,
    "nothing to convert (Deployment)": 0.70,
    "an Ingress converted": 0.55,
    f"an Ingress converted{FIRST}": 0.55,
}
"""The share of the bare server's requests/s that is to be left."""

INVENTORY = {
    "apiVersion": "apiconverter.dev/v1alpha1",
    "kind": "ClusterInventory",
    "clusters": [
        {"name": "old", "release": "v1.18"},
        {"name": "older", "release": "v1.16"},
        {"name": "new", "cluster": str(DATA / "clusters" / "new.json")},
    ],
}
"""The captured reviews name ``old`` and ``new``. The one that was captured serves v1.20, which has today's Ingress
already, so the last release that lacks it takes its place; before v1.18 it lacks fields of it, too."""
WEBHOOK, BARE, BARE_UVLOOP, OTHER = "webhook", "bare aiohttp", "bare, on uvloop", "webhook of the other tree"


@dataclass
class Measured:
    """One server, one case, all rounds.

    Attributes:
        rates: requests a second, one a round.
        cpu: CPU seconds a request of the server's process, one a round.
        seconds: how long each answer took.
    """

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bench_webhook")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each server (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=400, help="requests a turn (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=4, help="connections at once (default: %(default)s)")
    parser.add_argument("--case", default="", help="only cases with this in their names")
    parser.add_argument("--against", type=Path, help="a checkout whose webhook is measured, too")
    parser.add_argument("--json", type=Path, help="write the numbers to this file, too")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="converter-bench-") as folder,
        _servers(Path(folder), args.against) as servers,
    ):
        tls = ssl.create_default_context(cafile=Path(folder) / "ca.crt")
        found = asyncio.run(_measure(servers, tls, args))
    _print(found, args)
    if args.json:
        args.json.write_text(json.dumps(_numbers(found), indent=2) + "\n")


@contextlib.contextmanager
def _servers(folder: Path, against: Path | None) -> Iterator[list[Server]]:
    _, certificate, key = write_throwaway(folder, ["localhost", "127.0.0.1"], dt.datetime.now(dt.UTC))
    pair = (str(certificate), str(key))
    inventory = folder / "fleet.json"
    inventory.write_text(json.dumps(INVENTORY))
    serve = ["-m", "converter", "serve", "--inventory", str(inventory), "--listen", "127.0.0.1:0"]
    serve += ["--tls-cert", pair[0], "--tls-key", pair[1]]
    health = ["--metrics-listen", "127.0.0.1:0"]
    with contextlib.ExitStack() as stack:
        servers = [
            running(BARE, ["-m", "tests.bench.server", "asyncio", *pair], folder / "bare.log"),
            running(BARE_UVLOOP, ["-m", "tests.bench.server", "uvloop", *pair], folder / "uvloop.log"),
            running(WEBHOOK, [*serve, *health], folder / "webhook.log"),
        ]
        if against is not None:  # older trees have no port for health
            servers.append(running(OTHER, serve, folder / "other.log", against.resolve()))
        yield [stack.enter_context(server) for server in servers]


async def _measure(
    servers: list[Server], tls: ssl.SSLContext, args: argparse.Namespace
) -> dict[str, dict[str, Measured]]:
    cases = {case: file for case, file in CASES.items() if args.case in case}
    found = {case: {server.name: Measured() for server in servers} for case in cases}
    for case, file in cases.items():
        body = _body(file)
        if OLDER in case:
            body = body.replace(b"karmada-es-old", b"karmada-es-older")
        bodies = unlike_each_other(body) if case.endswith(FIRST) else [body]
        requests = cycle([request_bytes(PATH, one) for one in bodies])
        for turn in range(-1, args.rounds):
            for server in servers[turn % len(servers) :] + servers[: turn % len(servers)]:
                cpu, began = server.cpu(), time.perf_counter()
                seconds, answer = await drive(server.port, tls, requests, args.requests, args.connections)
                took, used = time.perf_counter() - began, server.cpu() - cpu
                if turn < 0:  # the first turn warms up
                    _check(case, server, answer)
                    continue
                measured = found[case][server.name]
                measured.rates.append(len(seconds) / took)
                measured.cpu.append(used / len(seconds))
                measured.seconds += seconds
    return found


def _body(file: str) -> bytes:
    """Read a review; compact, as the API server sends it, and without the metrics that v1.18 refuses."""
    review = json.loads((DATA / "reviews" / file).read_text())
    for manifest in review["request"]["object"]["spec"]["workload"]["manifests"]:
        if "metrics" in manifest.get("spec", {}):
            metrics = manifest["spec"]["metrics"]
            manifest["spec"]["metrics"] = [metric for metric in metrics if metric["type"] != "ContainerResource"]
    return json.dumps(review, separators=(",", ":")).encode()


def _check(case: str, server: Server, answer: bytes) -> None:
    converted = b'"patch"' in answer
    if b'"allowed":true' not in answer or (server.name in {WEBHOOK, OTHER} and converted != (" converted" in case)):
        raise SystemExit(f"{server.name} answered wrongly to {case}: {answer.decode()}")


def _numbers(found: dict[str, dict[str, Measured]]) -> dict[str, dict[str, dict[str, float]]]:
    table: dict[str, dict[str, dict[str, float]]] = {}
    for case, servers in found.items():
        bare = servers[BARE]
        table[case] = {}
        for name, measured in servers.items():
            ordered = sorted(measured.seconds)
            table[case][name] = {
                "requests_per_second": statistics.median(measured.rates),
                "cpu_us": 1e6 * statistics.median(measured.cpu),
                "p50_us": 1e6 * ordered[len(ordered) // 2],
                "p99_us": 1e6 * ordered[len(ordered) * 99 // 100],
                # Turn by turn, so that a busy moment of the machine counts for both.
                "rate_ratio": statistics.median(a / b for a, b in zip(measured.rates, bare.rates, strict=True)),
                "cpu_ratio": statistics.median(b / a for a, b in zip(measured.cpu, bare.cpu, strict=True)),
            }
    return table


def _print(found: dict[str, dict[str, Measured]], args: argparse.Namespace) -> None:
    console = Console(highlight=False, width=120)
    title = f"{args.rounds} turns of {args.requests} requests each, {args.connections} connections, TLS; medians"
    table = Table(
        "case", "server", "requests/s", "CPU µs", "p50 µs", "p99 µs", "of bare: rate", "CPU", "aim", title=title
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for case, servers in _numbers(found).items():
        for name, row in servers.items():
            aim = AIMS.get(case) if name == WEBHOOK else None
            table.add_row(
                case if name == BARE else "", name, f"{row['requests_per_second']:.0f}", f"{row['cpu_us']:.0f}",
                f"{row['p50_us']:.0f}", f"{row['p99_us']:.0f}", f"{row['rate_ratio']:.0%}", f"{row['cpu_ratio']:.0%}",
                "" if aim is None else f"{aim:.0%} {'✓' if min(row['rate_ratio'], row['cpu_ratio']) >= aim else '✗'}",
                end_section=name == [*servers][-1],
            )  # fmt: skip
    console.print(table)
    console.print("The aim is held to the worse of both ratios: requests/s, and CPU time of the server's process.")


if __name__ == "__main__":
    main()
