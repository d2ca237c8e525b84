"""What each clever part of the server buys: the server as it is, and the same server without one of them.

    .venv/bin/python -m tests.bench.bench_tricks [--rounds 100] [--requests 100]

Each variant is a process of its own with TLS; the same client sends each its captured review, in turns, so that other
load touches all of them alike. Printed for each variant: CPU time per request, and how much more that is than what the
server as it is needs for the same review. The best tenth of the turns counts: other load can only add time. A part that
saves less than 3 % is not worth its code.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import ssl
import statistics
import sys
import tempfile
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
from aiohttp import web

from converter.certificates.tls import load_context, write_throwaway
from converter.rules import codegen
from converter.server import app as module
from converter.server.event_loop import loop_factory
from converter.server.responses import review
from converter.server.wiring import Settings, assemble
from tests.bench.admission_worker import unlike_each_other
from tests.bench.bench_webhook import DATA, INVENTORY
from tests.bench.load import drive, request_bytes
from tests.bench.server import PATH, Server, running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NOT_CONVERTED, CONVERTED = "create-works-new-ingress.json", "create-works-old-ingress.json"


class Variant(NamedTuple):
    """A server to measure.

    Attributes:
        part: what it lacks; empty for the server as it is.
        case: the captured review that it answers.
    """

    part: str = ""
    case: str = NOT_CONVERTED


VARIANTS = {
    "as it is": Variant(),
    "answers by web.Response": Variant("answer"),
    "bodies by request.read()": Variant("body"),
    "requests by aiohttp's factory": Variant("factory"),
    "web.Application and router": Variant("router"),
    "asyncio's own loop": Variant("loop"),
    "as it is, an Ingress converted": Variant(case=CONVERTED),
    "the same, all steps called": Variant("steps", CONVERTED),
}


async def serve(variant: str, inventory: Path, certificate: Path, key: Path) -> None:
    """Serve without one of the parts."""
    if variant == "steps":
        _call_all_steps()
    app = assemble(Settings(inventory)).app
    if variant == "answer":
        module.PlainReview = lambda body, _writer: review(body)  # type: ignore[assignment, misc]
    if variant == "body":
        app._body = lambda request: request.read()  # type: ignore[method-assign]
    if variant == "router":
        runner = web.AppRunner(_application(app.handle), access_log=None, keepalive_timeout=3600.0)
        await runner.setup()
        server = runner.server
        assert server is not None
    else:
        plain = web.Server(app.handle, access_log=None, keepalive_timeout=3600.0)
        server = plain if variant == "factory" else app.server()
    listening = await asyncio.get_running_loop().create_server(
        server, "127.0.0.1", 0, ssl=load_context(certificate, key)
    )
    print(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


def _call_all_steps() -> None:
    """Write no lens out (`converter.rules.inline`)."""
    flat = codegen._flat
    codegen._flat = lambda parts, prefix: (  # type: ignore[assignment]
        (path, getattr(lens, "lens", lens)) for path, lens in flat(parts, prefix)
    )


def _application(handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> web.Application:
    """aiohttp's application with its router, as its documentation shows it."""
    made = web.Application(client_max_size=module.BODY_LIMIT)
    made.router.add_post(PATH, handle)  # type: ignore[arg-type]
    return made


async def _measure(servers: list[Server], tls: ssl.SSLContext, args: argparse.Namespace) -> dict[str, list[float]]:
    requests = {NOT_CONVERTED: cycle([_request(_body(NOT_CONVERTED))])}
    requests[CONVERTED] = cycle(map(_request, unlike_each_other(_body(CONVERTED))))
    used: dict[str, list[float]] = {server.name: [] for server in servers}
    for turn in range(-1, args.rounds):
        shift = turn % len(servers)
        for server in servers[shift:] + servers[:shift]:
            before = server.cpu()
            case = requests[VARIANTS[server.name].case]
            _, answer = await drive(server.port, tls, case, args.requests, args.connections)
            if b'"allowed":true' not in answer:
                raise SystemExit(f"{server.name} answered wrongly: {answer!r}")
            if turn >= 0:  # the first turn warms up
                used[server.name].append((server.cpu() - before) / args.requests)
    return used


def _body(case: str) -> bytes:
    review = json.loads((DATA / "reviews" / case).read_text())
    return json.dumps(review, separators=(",", ":")).encode()


def _request(body: bytes) -> bytes:
    return request_bytes(PATH, body)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bench_tricks")
    parser.add_argument("--rounds", type=int, default=100, help="turns of each server (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=100, help="requests a turn (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=4, help="connections at once (default: %(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="converter-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        _, certificate, key = write_throwaway(folder, ["localhost", "127.0.0.1"], dt.datetime.now(dt.UTC))
        inventory = folder / "fleet.json"
        inventory.write_text(json.dumps(INVENTORY))
        files = [str(inventory), str(certificate), str(key)]
        servers = [
            stack.enter_context(
                running(
                    title, ["-m", "tests.bench.bench_tricks", "--serve", variant.part, *files], folder / f"{index}.log"
                )
            )
            for index, (title, variant) in enumerate(VARIANTS.items())
        ]
        tls = ssl.create_default_context(cafile=folder / "ca.crt")
        used = asyncio.run(_measure(servers, tls, args))
    print(f"aiohttp {aiohttp.__version__}, Python {sys.version.split()[0]}; CPU time per request, best tenth of turns")
    best = {title: statistics.mean(sorted(seconds)[: max(1, args.rounds // 10)]) for title, seconds in used.items()}
    as_is = {variant.case: best[title] for title, variant in VARIANTS.items() if not variant.part}
    for title, seconds in best.items():
        print(f"{title:32} {1e6 * seconds:6.0f} µs {seconds / as_is[VARIANTS[title].case] - 1:+7.1%}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        part, *paths = sys.argv[2:]
        with asyncio.Runner(loop_factory=None if part == "loop" else loop_factory()) as of_its_own:
            of_its_own.run(serve(part, *map(Path, paths)))
    else:
        main()
