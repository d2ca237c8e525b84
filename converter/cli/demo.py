"""``converter demo``: what each cluster of the sample fleet gets from a running webhook."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.rule import Rule
from rich.text import Text

from converter.cli import OK
from converter.cli.console import Console
from converter.cli.manifest_files import to_yaml
from converter.cli.sample_server import SAMPLE_FOLDER
from converter.clusters import read_inventory
from converter.engine import Engine
from converter.errors import ConverterError, NoRouteError
from converter.kube import gvk_of, name_of
from converter.server.review_client import Answer, WebhookClient, is_ready
from converter.server.sample import FLEET, oldest_first, review_of, sample_manifests, work_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.clusters import Cluster
    from converter.kube import Manifest

_START_SECONDS = 60.0
_CONTEXT_LINES = 2

_EPILOG = """\
examples:
  converter demo                          # everything, to every cluster
  converter demo --kind Ingress --cluster attic
  converter demo --url https://127.0.0.1:8443 --ca .run/ca.crt

The demo calls the webhook that `converter serve --sample` (`make run`) runs in this folder, or starts one. The output
has colours on a terminal, unless NO_COLOR is set.
exit codes: 0 the webhook answered for every cluster, refusals included; 2 no webhook answered
"""


class DemoError(ConverterError):
    """The demo cannot run; the message says why."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "demo",
        help="send sample Works to the webhook, and show the answers",
        description="Send sample Works for each cluster of the sample fleet, and show what the cluster gets.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kind", action="append", metavar="KIND", help="send only manifests of this kind (repeatable)")
    parser.add_argument("--cluster", action="append", metavar="NAME", help="send only to this cluster (repeatable)")
    parser.add_argument("--url", metavar="URL", help="URL of the webhook; needs --ca")
    parser.add_argument("--ca", metavar="FILE", type=Path, help="certificate authority to trust, PEM")
    parser.add_argument("--no-before", action="store_true", help="do not print the manifests that are sent")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo; returns the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    clusters = [one for one in oldest_first(read_inventory(FLEET)) if not args.cluster or one.name in args.cluster]
    manifests = [one for one in sample_manifests() if not args.kind or one["kind"] in args.kind]
    if not clusters or not manifests:
        raise DemoError(
            "the sample does not have this kind or cluster; run `converter demo` without options to see all"
        )
    with _webhook(args, console) as client:
        show = _Show(console, Engine.from_rules())
        for manifest in manifests:
            show.manifest(manifest, before=not args.no_before)
            for cluster in clusters:
                show.cluster(cluster, manifest, client.send(review_of(work_for(manifest, cluster.name))))
    return OK


@contextlib.contextmanager
def _webhook(args: argparse.Namespace, console: Console) -> Iterator[WebhookClient]:
    """Find the webhook to call: the one of ``--url``, the one that runs here, or a new one.

    Raises:
        DemoError: none runs here, and none could be started.
        WebhookError: the webhook of ``--url`` cannot be used.
    """
    if args.url:
        if not args.ca:
            raise DemoError("--url needs --ca, the certificate authority to trust")
        yield WebhookClient(args.url, args.ca)
        return
    client = _running(SAMPLE_FOLDER)
    if client is not None:
        console.print(f"Calling the webhook at {client.url}.", style="dim")
        yield client
        return
    with tempfile.TemporaryDirectory(prefix="converter-demo-") as folder, _own(Path(folder)) as client:
        console.print(f"No webhook runs here (`make run` starts one); calling a new one at {client.url}.", style="dim")
        yield client


@contextlib.contextmanager
def _own(folder: Path) -> Iterator[WebhookClient]:
    """Run a webhook while the demo needs it."""
    with (folder / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "converter", "serve", "--sample", "--listen", "127.0.0.1:0"],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _wait(process, folder, log.name)
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


def _running(folder: Path) -> WebhookClient | None:
    """Find the webhook that runs in a folder; None if it does not answer."""
    try:
        facts = json.loads((folder / "listening.json").read_text(encoding="utf-8"))
        client, health = WebhookClient(facts["url"], Path(facts["ca"])), str(facts["health"])
    except (OSError, ValueError, KeyError, TypeError, ConverterError):
        return None
    return client if is_ready(health) else None


def _wait(process: subprocess.Popen[bytes], folder: Path, log: str) -> WebhookClient:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        client = _running(folder / SAMPLE_FOLDER)
        if client is not None:
            return client
        time.sleep(0.05)
    said = Path(log).read_text(encoding="utf-8").strip()
    raise DemoError(f"the webhook did not start; its log:\n{said}")


class _Show:
    """Prints the demo."""

    def __init__(self, console: Console, converter: Engine) -> None:
        self._console = console
        self._converter = converter
        self._seen: dict[str, str] = {}

    def manifest(self, manifest: Manifest, *, before: bool) -> None:
        """Print a manifest and its title."""
        self._seen.clear()
        title = Text.assemble((f"{manifest['kind']} {name_of(manifest)}", "bold"), f" in {manifest['apiVersion']}")
        self._console.print()
        self._console.print(Rule(title, align="left", style="cyan"))
        if before:
            self._console.print(Text(to_yaml(manifest).rstrip(), style="dim"))

    def cluster(self, cluster: Cluster, manifest: Manifest, answer: Answer) -> None:
        """Print what a cluster gets."""
        head = Text.assemble("\n", (f"{cluster.name} ", "bold magenta"), (f"Kubernetes {cluster.release}", "dim"), ": ")
        if not answer.allowed:
            self._console.print(head + Text("refused", "bold red"))
            self._console.print(Text(f"  {answer.message}", "red"))
        elif answer.work is None:
            self._console.print(head + Text("unchanged; the answer has no patch", "green"))
        else:
            after = answer.work["spec"]["workload"]["manifests"][0]
            self._console.print(head + self._route(manifest, after))
            self._diff(cluster.name, manifest, after)
        for warning in answer.warnings:
            self._console.print(Text(f"  warning: {warning}", "yellow"))

    def _route(self, manifest: Manifest, after: Manifest) -> Text:
        gvk = gvk_of(manifest)
        try:
            versions = self._converter.route(gvk.kind, gvk.api_version, after["apiVersion"]).versions()
        except NoRouteError:  # the webhook uses a rule of the admin that the demo does not have
            versions = (gvk.api_version, after["apiVersion"])
        return Text(" → ".join(versions), "bold")

    def _diff(self, cluster: str, manifest: Manifest, after: Manifest) -> None:
        written = to_yaml(_arranged(after, manifest))
        same_as = self._seen.setdefault(written, cluster)
        if same_as != cluster:
            self._console.print(Text(f"  same as {same_as}", "dim"))
            return
        lines = difflib.unified_diff(
            to_yaml(manifest).splitlines(), written.splitlines(), n=_CONTEXT_LINES, lineterm=""
        )  # fmt: skip
        for line in list(lines)[2:]:
            style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            self._console.print(Text(f"  {line}", style))


def _arranged(after: Any, before: Any) -> Any:
    """Put keys into the order that they had before, so that a diff shows changes only."""
    if isinstance(after, dict) and isinstance(before, dict):
        keys = [*(key for key in before if key in after), *(key for key in after if key not in before)]
        return {key: _arranged(after[key], before.get(key)) for key in keys}
    if isinstance(after, list) and isinstance(before, list):
        return [_arranged(one, other) for one, other in itertools.zip_longest(after, before[: len(after)])]
    return after
