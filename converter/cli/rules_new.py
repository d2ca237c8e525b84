"""``converter rules new``: writes a rule between two versions of a custom resource from its CRD."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from converter.cli import FINDINGS, OK
from converter.cli.crd_files import add_crd_option, read_crds
from converter.config import SHIPPED_RULES, Configuration, read_rule_files
from converter.conversion.route import Routes
from converter.rules.by_name import NO_STRATEGY, by_name
from converter.rules.lens import Side
from converter.rules.proof import prove
from converter.rules.proof_findings import Gap
from converter.rules.rule import Rule
from converter.rules.write_rule import new_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.rules.crds import Crd

_EPILOG = """\
examples:
  converter rules new --crd ./crds/widgets.yaml --from v1beta1 --to v1 > rules/widget.yaml
  converter rules new --crd old.yaml --crd new.yaml --from old.example/v1 --to new.example/v1 --kind Widget

Steps that the schemas make certain are written as they are, likely ones are commented out, with the reason, and what
a human must decide is listed. `converter rules lint --crd` lists what is still open. A warning names a shipped rule
that already converts between the versions, and a note a CRD whose versions convert by name alone, without a rule.
docs/tutorials/roll-out-a-rule.md takes a rule from here to a fleet; docs/how-to/rule-recipes.md has a step for each
difference.

exit codes: 0 written; 1 no kind has both versions; 2 wrong usage or unreadable input
"""

_SHOWN = 5
"""Fields that a note lists."""


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the verb."""
    parser = verbs.add_parser("new", help="write a rule from a CRD", epilog=_EPILOG,
                              description="Write the rule between two versions of a custom resource from its CRD.",
                              formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    add_crd_option(parser, "write the rule of each kind that has both versions", required=True)
    text = "the left version: v1beta1, or GROUP/v1beta1 if the group changes"
    parser.add_argument("--from", dest="source", required=True, metavar="VERSION", help=text)
    parser.add_argument("--to", dest="target", required=True, metavar="VERSION", help="the right version")
    parser.add_argument("--kind", help="only this kind")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a rule for each kind that has both versions."""
    crds = read_crds(args.crd).crds
    texts, pairs, none_needed = [], [], []
    for crd in crds:
        left = _version(crd, args.source)
        if left is None or args.kind not in {None, crd.kind}:
            continue
        for other in crds:
            right = _version(other, args.target)
            if right is None or other.kind != crd.kind or left == right:
                continue
            if "/" not in args.target and other.group != crd.group:
                continue
            schemas = crd.schemas[left], other.schemas[right]
            pairs.append((crd.kind, left, right))
            if other is crd and crd.strategy == NO_STRATEGY:
                none_needed.append((crd, left, right))
            texts.append(new_rule(crd.kind, crd.plural, (left, right), schemas, namespaced=crd.namespaced))
    if not texts and args.source == args.target:
        print(f"--from and --to name the same version: {args.source}; name two", file=sys.stderr)
        return FINDINGS
    if not texts:
        known = "; ".join(f"{crd.kind}: {', '.join(crd.schemas)}" for crd in crds)
        print(f"no kind has both {args.source} and {args.target}; the CRDs have {known}", file=sys.stderr)
        return FINDINGS
    print("---\n".join(texts), end="")
    _warn_of_shipped(pairs)
    for crd, left, right in none_needed:
        print(f"note: {_needs_no_rule(crd, left, right)}", file=sys.stderr)
    return OK


def _needs_no_rule(crd: Crd, left: str, right: str) -> str:
    """Say what the converter does without a rule, where the CRD says that versions convert by name alone."""
    step = by_name(crd, left, right)
    sides = ((right, Side.RIGHT), (left, Side.LEFT))
    lost = " and ".join(f"{step.losses(side)} that {version} lacks" for version, side in sides if step.losses(side))
    filled = " and ".join(f"{step.defaults(side)} for {version}" for version, side in sides if step.defaults(side))
    refused = _refused(crd, left, right)
    changes = [f"fields are reported as losses: {lost}"] if lost else []
    changes += [f"defaults that the other version does not have are written: {filled}"] if filled else []
    told = [
        f"CRD {crd.plural}.{crd.group} says conversion.strategy: {crd.strategy}, so {crd.kind} needs no rule",
        f"only the apiVersion changes, and {', and '.join(changes)}" if changes else "only the apiVersion changes",
        f"one version refuses what the other allows in {refused}; a rule can settle that" if refused else "",
        "look at the CRD in your cluster, too: some projects switch to a webhook when they are installed",
    ]
    return ". ".join(f"{text[0].upper()}{text[1:]}" for text in told if text)


def _refused(crd: Crd, left: str, right: str) -> str:
    """Name some fields for which one version refuses what the other one allows."""
    rule = Rule(
        name="", kinds=(crd.kind,), left=left, right=right, steps=(), unconvertible="", examples=(), file="", line=0
    )
    found = prove(rule, crd.kind, {Side.LEFT: crd.schemas[left], Side.RIGHT: crd.schemas[right]})
    paths = sorted({one.path for one in found if one.gap in {Gap.REQUIRED, Gap.TYPE, Gap.VALUES}})
    return ", ".join(paths[:_SHOWN]) + (" …" if len(paths) > _SHOWN else "")


def _warn_of_shipped(pairs: Sequence[tuple[str, str, str]]) -> None:
    """Name the shipped rules that already convert between versions, on standard error."""
    routes = Routes(Configuration.read(read_rule_files([SHIPPED_RULES])).book)
    for kind, left, right in pairs:
        route = routes.reachable(kind, left).get(right)
        if route is None:
            continue
        names = ", ".join(edge.rule.name for edge in route.edges)
        text = f"shipped rules already convert {kind} from {left} to {right}: {names}"
        hint = f"to replace this one, add 'overrides: [{names}]' to the spec" if len(route.edges) == 1 else ""
        hint = hint or "a conversion takes the way that loses the fewest fields, then the one with the fewest rules"
        print(f"warning: {text}; {hint}", file=sys.stderr)


def _version(crd: Crd, version: str) -> str | None:
    """Return the apiVersion that a version means for a custom resource; None if it does not have it."""
    full = version if "/" in version else f"{crd.group}/{version}"
    return full if full in crd.schemas else None
