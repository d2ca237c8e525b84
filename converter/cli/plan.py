"""``converter plan``: what a cluster's upgrade, joining or removal does to the objects of a fleet."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, Any

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from converter.catalog import Release, load_catalog
from converter.cli import FINDINGS, OK
from converter.cli.console import Console
from converter.cli.counting import counted
from converter.cli.live_rules import live_converter
from converter.cli.loss_findings import THRESHOLDS
from converter.cli.manifest_files import items_of, read_documents
from converter.cli.options import (
    UsageError,
    add_files_option,
    add_policy_option,
    add_rules_option,
    load_converter,
)
from converter.client import ApiServer, each_item
from converter.client.collections import OVERFLOW_OBJECTS, WORKS
from converter.clusters import Cluster, Fleet, read_inventory
from converter.clusters.watched import CLUSTERS
from converter.karmada.names import OVERFLOW_LABEL
from converter.losses.messages import explain
from converter.losses.severity import Severity
from converter.planning import (
    WORSE,
    ChangeKind,
    ObjectPlan,
    Scenario,
    ScenarioError,
    SentObject,
    from_files,
    joining,
    plan_change,
    removed,
    sent_objects,
    with_release,
)
from converter.works.overflow import read_carrier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.engine import Engine
    from converter.losses import Loss


_EPILOG = """\
examples:
  converter plan --kubeconfig karmada.config --cluster edge --to v1.30       # before an upgrade
  converter plan --kubeconfig karmada.config --cluster edge --remove
  converter plan --kubeconfig karmada.config --cluster new --to v1.36 --like edge
  converter plan -f manifests/ --inventory fleet.yaml --cluster edge --to v1.30 -o json

The command reads Clusters and Works, and writes nothing. A cluster that the fleet does not have is a new one: it is
planned with every object of the fleet.

exit codes: 0 nothing gets worse; 1 a loss of the severity of --fail-on begins, an object becomes unreachable or denied,
or loses its only cluster; 2 wrong usage, or the control plane cannot be reached
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "plan",
        help="show what a cluster's upgrade, joining or removal changes",
        description="Show which objects change version, which losses begin or end, and which objects become "
        "unreachable, before a cluster is upgraded, joins, or is removed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fleet = parser.add_mutually_exclusive_group(required=True)
    fleet.add_argument(
        "--kubeconfig", "--karmada-kubeconfig", metavar="FILE", help="kubeconfig of the Karmada API server"
    )
    fleet.add_argument("--inventory", metavar="FILE", help="the clusters (docs/reference/inventory.md); needs -f")
    parser.add_argument(
        "--context", "--karmada-context", metavar="NAME", help="context of that kubeconfig (default: the current one)"
    )
    add_files_option(parser, required=False)
    parser.add_argument("--cluster", metavar="NAME", required=True, help="the cluster that changes")
    change = parser.add_mutually_exclusive_group(required=True)
    change.add_argument("--to", metavar="RELEASE", help="the Kubernetes release that it gets: v1.30")
    change.add_argument("--remove", action="store_true", help="it is removed from the fleet")
    parser.add_argument("--like", metavar="NAME", help="a new cluster has the custom resources and labels of this one")
    add_rules_option(parser)
    add_policy_option(parser)
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="default: %(default)s")
    parser.add_argument(
        "--fail-on", choices=THRESHOLDS, default=Severity.DANGEROUS.value,
        help="exit with 1 if a loss of this severity or a higher one begins (default: %(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Plan the change; returns the exit code."""
    converter = asyncio.run(live_converter(args)) if args.kubeconfig else load_converter(args)
    if args.kubeconfig:
        if args.filename:
            raise UsageError("-f goes with --inventory: with --kubeconfig, the Works of the control plane are read")
        fleet, objects = asyncio.run(read_fleet(args, converter))
    else:
        if not args.filename:
            raise UsageError("--inventory has no objects; name files with -f")
        fleet = read_inventory(args.inventory)
        objects = from_files(_manifests(args.filename), args.cluster, converter)
    scenario = _scenario(args, fleet)
    plans = plan_change(scenario, objects, converter)
    write = _write_json if args.output == "json" else _write_table
    write(scenario, plans)
    return FINDINGS if any(_is_worse(plan, args.fail_on) for plan in plans) else OK


def _manifests(files: list[str]) -> Iterator[dict[str, Any]]:
    for document in read_documents(files):
        items = items_of(document.value)
        yield from (document.value,) if items is None else items


def _scenario(args: argparse.Namespace, fleet: Fleet) -> Scenario:
    like = fleet.find(args.like) if args.like else None
    if args.like and like is None:
        raise ScenarioError(args.like, fleet)
    if args.remove:
        if args.like:
            raise UsageError("--like goes with --to, and describes a new cluster")
        return removed(fleet, args.cluster)
    release, catalog = Release.parse(args.to), load_catalog()
    before = fleet.find(args.cluster)
    if before is None:
        return Scenario(args.cluster, None, joining(args.cluster, release, catalog, like))
    if like is not None:
        raise UsageError(f"--like describes a new cluster, and the fleet has {args.cluster}; leave --like out")
    return Scenario(args.cluster, before, with_release(before, release, catalog))


async def read_fleet(args: argparse.Namespace, converter: Engine) -> tuple[Fleet, list[SentObject]]:
    """Read the clusters of a control plane, and the objects in its Works as users sent them.

    Args:
        args: with ``kubeconfig`` and ``context``.
        converter: the rules that the control plane uses.
    """
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        clusters = [Cluster.from_karmada(msgspec.json.decode(raw)) async for raw in each_item(server, CLUSTERS)]
        overflow = {}
        async for raw in each_item(server, OVERFLOW_OBJECTS, selector=OVERFLOW_LABEL):
            owners = msgspec.json.decode(raw)["metadata"].get("ownerReferences") or [{}]
            overflow[owners[0].get("uid")] = read_carrier(raw)
        objects: list[SentObject] = []
        async for raw in each_item(server, WORKS):
            uid = msgspec.json.decode(raw, type=_Identified).metadata.uid
            objects += sent_objects(raw, converter, overflow.get(uid))
        return Fleet.of(clusters), objects


class _Uid(msgspec.Struct):
    uid: str = ""


class _Identified(msgspec.Struct):
    metadata: _Uid


def _is_worse(plan: ObjectPlan, threshold: str) -> bool:
    changes = WORSE.intersection(plan.changes)
    if changes != {ChangeKind.LOSS_BEGINS}:
        return bool(changes)
    return threshold != "never" and any(loss.severity.severity >= Severity(threshold).severity for loss in plan.begin)


def _write_table(scenario: Scenario, plans: Iterable[ObjectPlan]) -> None:
    plans = list(plans)
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False)
    for name in ("OBJECT", "NOW", "THEN", "CHANGE", "WHAT"):
        table.add_column(name, overflow="fold")
    for plan in plans:
        for change, what in _lines(plan):
            then = plan.after.api_version if plan.after is not None else None
            table.add_row(
                _label(plan), plan.version_before or "-", then or "-",
                Text(change, "red" if change in WORSE else "green" if change in _BETTER else ""), what,
            )  # fmt: skip
    if table.row_count:
        console.print(table)
    print(_summary(scenario, plans))


_BETTER = frozenset({ChangeKind.LOSS_ENDS, ChangeKind.REACHABLE, ChangeKind.ALLOWED})

_WORDS = {
    ChangeKind.VERSION: "in another version",
    ChangeKind.LOSS_BEGINS: "with new losses",
    ChangeKind.LOSS_ENDS: "with fewer losses",
    ChangeKind.UNREACHABLE: "unreachable from then on",
    ChangeKind.REACHABLE: "reachable again",
    ChangeKind.DENIED: "denied from then on",
    ChangeKind.ALLOWED: "allowed again",
    ChangeKind.LAST: "on no other cluster",
    ChangeKind.LEAVES: "also on other clusters",
}


def _lines(plan: ObjectPlan) -> Iterator[tuple[ChangeKind, str]]:
    """Give one line for each change of an object, and one for each loss."""
    for change in plan.changes:
        if change is ChangeKind.LOSS_BEGINS:
            yield from ((change, _loss(loss)) for loss in plan.begin)
        elif change is ChangeKind.LOSS_ENDS:
            yield from ((change, _loss(loss)) for loss in plan.end)
        elif change is ChangeKind.UNREACHABLE and plan.after is not None:
            yield change, plan.after.problem
        elif change is ChangeKind.DENIED and plan.after is not None:
            yield change, f"the loss policy denies {plan.after.denied[0].path or 'it'}"
        elif change is ChangeKind.LEAVES:
            yield change, f"also on {', '.join(plan.elsewhere)}"
        else:
            yield change, ""


def _loss(loss: Loss) -> str:
    return f"{loss.severity}: {loss.path if loss.manifest.kind == 'Secret' else explain(loss)}"


def _label(plan: ObjectPlan) -> str:
    identity = plan.sent.identity
    return f"{identity.kind} {f'{identity.namespace}/' if identity.namespace else ''}{identity.name}"


def _summary(scenario: Scenario, plans: list[ObjectPlan]) -> str:
    counts = {change: sum(change in plan.changes for plan in plans) for change in ChangeKind}
    found = ", ".join(f"{count} {_WORDS[change]}" for change, count in counts.items() if count) or "nothing changes"
    now = f"{scenario.before.release or 'unknown release'}" if scenario.before is not None else "new"
    then = f"{scenario.after.release}" if scenario.after is not None else "removed"
    return f"cluster {scenario.name}, {now} to {then}: {counted(len(plans), 'object')}: {found}"


def _write_json(scenario: Scenario, plans: Iterable[ObjectPlan]) -> None:
    document = {
        "cluster": scenario.name,
        "from": _release(scenario.before),
        "to": _release(scenario.after),
        "objects": [_facts(plan) for plan in plans],
    }
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def _release(cluster: Cluster | None) -> str | None:
    return str(cluster.release) if cluster is not None and cluster.release is not None else None


def _facts(plan: ObjectPlan) -> dict[str, Any]:
    sent, after = plan.sent, plan.after
    return {
        "group": sent.identity.group,
        "kind": sent.identity.kind,
        "namespace": sent.identity.namespace or None,
        "name": sent.identity.name,
        "work": sent.work or None,
        "sent": sent.manifest["apiVersion"],
        "now": plan.version_before,
        "then": after.api_version if after is not None else None,
        "changes": list(plan.changes),
        "begin": [_loss_facts(loss) for loss in plan.begin],
        "end": [_loss_facts(loss) for loss in plan.end],
        "problem": (after.problem or None) if after is not None else None,
        "certain": after.certain if after is not None else True,
        "elsewhere": list(plan.elsewhere),
    }


def _loss_facts(loss: Loss) -> dict[str, Any]:
    secret = loss.manifest.kind == "Secret"
    return {
        "field": loss.path or None,
        "weight": loss.severity.value,
        "origin": loss.origin.value,
        "refused": loss.refused,
        "since": str(loss.since) if loss.since is not None else None,
        "message": loss.path if secret else explain(loss),
    }
