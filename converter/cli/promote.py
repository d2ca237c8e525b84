"""``converter promote``: brings an object that runs on a member under Karmada, with what it depends on."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from functools import partial
from typing import TYPE_CHECKING

from converter.cli import FINDINGS, OK
from converter.cli.live_rules import live_converter
from converter.cli.manifest_files import write_documents
from converter.cli.options import UsageError, add_policy_option, add_rules_option
from converter.cli.streams import warn
from converter.client import ApiServer
from converter.losses.messages import explain
from converter.promote.apply import ControlPlaneWriter, Decision, Step
from converter.promote.member import Member
from converter.promote.plan import Planner
from converter.promote.policy import make_policy, policy_name
from converter.promote.resources import ControlPlane
from converter.works.forecast import forecast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from converter.kube import Manifest
    from converter.losses import Loss
    from converter.promote.model import Plan, Promotion

_EPILOG = """\
examples:
  converter promote cronjob report -n demo -C edge-1 --kubeconfig karmada.config --dry-run
  converter promote cronjob report -n demo -C edge-1 --kubeconfig karmada.config
  converter promote --all -n demo -C edge-1 --kubeconfig karmada.config       # a whole namespace
  converter promote deployment shop -n demo -C edge-1 --kubeconfig karmada.config -o yaml > shop.yaml

The command reads the object on the member through Karmada's cluster proxy, in a version that the member serves. It
converts it to the version that Karmada stores, finds what it depends on (ConfigMaps, Secrets, ServiceAccounts,
PersistentVolumeClaims, Services, Ingresses, HorizontalPodAutoscalers, PodDisruptionBudgets), reports what would be
lost, and creates a policy and the templates. Karmada then adopts the running objects: they keep their uid.

-o prints what would be created, values of Secrets included, and creates nothing. Reports never have values of Secrets.

exit codes: 0 promoted, or nothing to do; 1 an object was left out, or nothing was created: it cannot be converted,
Karmada would refuse it or has another one, or --strict and a value would be lost; 2 wrong usage, the control plane or
the member cannot be reached, or refused a request
"""


_NAME = re.compile(r"(?!\.{1,2}$)[^/%?#\s]+")
"""A name that can be a segment of a path, as the API server requires of all names (path segment names)."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "promote",
        help="bring objects of a member under Karmada",
        description="Bring an object that runs on a member under Karmada, with what it depends on.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", nargs="?", metavar="KIND", help="kind, plural or short name, also cronjobs.batch")
    parser.add_argument("name", nargs="?", metavar="NAME", help="name of the object")
    parser.add_argument("-C", "--cluster", metavar="NAME", required=True, help="the member, by its name in Karmada")
    parser.add_argument("-n", "--namespace", metavar="NAME", default="", help="namespace of the object")
    parser.add_argument("--all", action="store_true", help="promote every object of the namespace")
    parser.add_argument(
        "--no-dependencies", action="store_true", help="promote the object alone, without what it depends on"
    )
    parser.add_argument("--policy-name", metavar="NAME", help="name of the policy (default: promote-KIND-NAME)")
    parser.add_argument("--dry-run", action="store_true", help="report, and create nothing")
    parser.add_argument("--strict", action="store_true", help="create nothing if a value would be lost")
    parser.add_argument(
        "-o", "--output", choices=("yaml", "json"), help="print policy and templates instead of creating them"
    )
    parser.add_argument(
        "--kubeconfig", metavar="FILE", help="kubeconfig of the Karmada API server (default: the one of the Pod)"
    )
    parser.add_argument("--context", metavar="NAME", help="context of that kubeconfig (default: its current context)")
    add_rules_option(parser)
    add_policy_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Promote; returns the exit code."""
    _check(args)
    return asyncio.run(_run(args))


def _check(args: argparse.Namespace) -> None:
    if args.kind and not args.name and "/" in args.kind:
        args.kind, _, args.name = args.kind.partition("/")
    if args.all:
        if args.kind:
            raise UsageError("--all promotes every object of the namespace; leave KIND and NAME out")
        if not args.namespace:
            raise UsageError("--all needs -n NAMESPACE")
    elif not args.kind or not args.name:
        raise UsageError("name the object as KIND NAME, or pass --all with -n NAMESPACE")
    for name in (args.name, args.namespace, args.cluster, args.policy_name):
        if name and not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of an object; a name has no /, no % and no ?")


async def _run(args: argparse.Namespace) -> int:
    converter = await live_converter(args)
    async with await ApiServer.connect(args.kubeconfig, args.context) as server:
        member = await Member.find(server, args.cluster)
        planner = Planner(member, await ControlPlane.read(server), converter, args.namespace)
        if args.all:
            plan = await planner.everything()
        else:
            plan = await planner.one(args.kind, args.name, dependencies=not args.no_dependencies)
        namespace = planner.namespace
        foretell = partial(forecast, cluster=member.cluster, converter=converter)
        return await _Job(
            args, plan, namespace, lambda name: ControlPlaneWriter(server, namespace, name, foretell)
        ).run()


class _Job:
    """One run of the command, after its plan is made."""

    def __init__(
        self, args: argparse.Namespace, plan: Plan, namespace: str, make_writer: Callable[[str], ControlPlaneWriter]
    ) -> None:
        self.args = args
        self.plan = plan
        self.namespace = namespace
        kind, name = ("namespace", namespace) if args.all else (plan.kind, args.name)
        self.policy_name = args.policy_name or policy_name(kind, name)
        self.writer = make_writer(self.policy_name)
        self.say: Callable[[str], None] = warn if args.output else print

    async def run(self) -> int:
        decisions = await self.writer.decide(self.plan.promotions)
        used = [decision for decision in decisions if decision.step in {Step.CREATE, Step.KEEP}]
        self._report(decisions)
        findings = any(item.failed for item in self.plan.left_out) or len(used) < len(decisions)
        blocked = self._blocked(decisions)
        if blocked:
            warn(f"nothing was created: {blocked}")
            return FINDINGS
        if not used:
            self.say("nothing to promote")
            return FINDINGS if findings else OK
        policy = make_policy(
            self.policy_name, self.namespace, self.args.cluster, [item.promotion.template for item in used]
        )
        if self.args.output:
            write_documents([*await self._new_namespace(), policy, *_templates(used)], self.args.output, sys.stdout)
        elif self.args.dry_run:
            print(f"dry run: would create {policy['kind']} {self.policy_name}, and nothing was created")
        else:
            await self.writer.write(policy, used, print)
        return FINDINGS if findings else OK

    def _report(self, decisions: Iterable[Decision]) -> None:
        """Say what happens to each object, and what is lost of it; never a value of a Secret."""
        for decision in decisions:
            promotion = decision.promotion
            versions = promotion.template["apiVersion"]
            if promotion.read_as != versions:
                versions = f"{versions}, {promotion.read_as} on {self.args.cluster}"
            why = f": {decision.why}" if decision.why else ""
            self.say(f"{decision.step:8} {promotion.label} ({versions}){why}")
        for item in self.plan.left_out:
            self.say(f"{'left out':8} {item.kind} {item.name}: {item.why}")
        for decision in decisions:
            for loss in decision.promotion.losses:
                self.say(f"{'loss':8} {decision.promotion.label}: {loss.severity}: {_text(loss)}")

    def _blocked(self, decisions: Iterable[Decision]) -> str:
        """Say why nothing may be created; empty if it may."""
        lost = False
        for decision in decisions:
            promotion = decision.promotion
            lost = lost or bool(promotion.losses)
            if decision.step is Step.REFUSED:
                return f"Karmada would refuse {promotion.label}; correct it on the member, or promote without it"
            expected = promotion.forecast
            if expected.problem:
                return f"cluster {self.args.cluster} could not get {promotion.label} back: {expected.problem}"
            if expected.denied:
                return f"the loss policy denies {promotion.label}: {_text(expected.denied[0])}"
            if decision.step is Step.LEAVE and self._is_wanted(promotion):
                return f"{promotion.label}: {decision.why}; delete it in Karmada, or edit its policy"
        return "--strict, and values would be lost" if lost and self.args.strict else ""

    def _is_wanted(self, promotion: Promotion) -> bool:
        template = promotion.template
        return (template["kind"], template["metadata"]["name"]) == (self.plan.kind, self.args.name)

    async def _new_namespace(self) -> list[Manifest]:
        if await self.writer.has_namespace():
            return []
        return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}]


def _text(loss: Loss) -> str:
    return loss.path if loss.manifest.kind == "Secret" else explain(loss)


def _templates(decisions: Iterable[Decision]) -> list[Manifest]:
    return [decision.promotion.template for decision in decisions]
