"""``converter rules new``: writes a rule between two versions of a custom resource from its CRD."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from converter.cli import FINDINGS, OK
from converter.cli.crd_files import add_crd_option, read_crds
from converter.rules.write_rule import new_rule

if TYPE_CHECKING:
    from converter.rules.crds import Crd

_EPILOG = """\
examples:
  converter rules new --crd ./crds/widgets.yaml --from v1beta1 --to v1 > rules/widget.yaml
  converter rules new --crd old.yaml --crd new.yaml --from old.example/v1 --to new.example/v1 --kind Widget

Steps that the schemas make certain are written as they are, likely ones are commented out, with the reason, and what
a human must decide is listed. `converter rules lint --crd` lists what is still open.

exit codes: 0 written; 1 no kind has both versions; 2 wrong usage or unreadable input
"""


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
    texts = []
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
            texts.append(new_rule(crd.kind, crd.plural, (left, right), schemas, namespaced=crd.namespaced))
    if not texts:
        known = "; ".join(f"{crd.kind}: {', '.join(crd.schemas)}" for crd in crds)
        print(f"no kind has both {args.source} and {args.target}; the CRDs have {known}", file=sys.stderr)
        return FINDINGS
    print("---\n".join(texts), end="")
    return OK


def _version(crd: Crd, version: str) -> str | None:
    """Return the apiVersion that a version means for a custom resource; None if it does not have it."""
    full = version if "/" in version else f"{crd.group}/{version}"
    return full if full in crd.schemas else None
