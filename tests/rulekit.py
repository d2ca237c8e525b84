"""Small helpers for tests of the rule language: a book from a few lines of YAML."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from converter.config import Configuration, RuleFile
from converter.conversion import Routes
from converter.engine import Engine

if TYPE_CHECKING:
    from converter.rules import RuleBook

_HEAD = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ConversionRule
metadata: {name: NAME}
spec:
  kind: Thing
  between: [LEFT, RIGHT]
"""


def rule_text(body: str, name: str = "thing", left: str = "a.example/v1", right: str = "a.example/v2") -> str:
    """Put a rule's steps and examples under a standard head."""
    head = _HEAD.replace("NAME", name).replace("LEFT", left).replace("RIGHT", right)
    return head + textwrap.indent(textwrap.dedent(body), "  ")


def book(*texts: str) -> RuleBook:
    """Read rule texts as one file."""
    return configuration(*texts).book


def configuration(*texts: str) -> Configuration:
    """Read rule texts as one file."""
    return Configuration.read([RuleFile("rules.yaml", "\n---\n".join(texts))])


def converter(*texts: str) -> Engine:
    """Make a converter of rule texts."""
    return Engine(configuration(*texts))


def routes(*texts: str) -> Routes:
    """Make the routes of rule texts."""
    return Routes(book(*texts))


def thing(version: str = "a.example/v1", **fields: object) -> dict[str, object]:
    """Make a Thing."""
    return {"apiVersion": version, "kind": "Thing", **fields}
