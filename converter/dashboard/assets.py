"""Templates and files of the dashboard: read once, served from memory, nothing loaded from elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jinja2

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE: Final = Path(__file__).parent

_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(NamedTuple):
    """A file that browsers load.

    Attributes:
        content: its bytes.
        kind: its content type.
        digest: of its content.
    """

    content: bytes
    kind: str
    digest: str


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    return Asset(content, _KINDS[file.suffix], hashlib.sha256(content).hexdigest()[:16])


ASSETS: Final = {file.name: _read(file) for file in sorted((_HERE / "static").iterdir()) if file.suffix in _KINDS}
"""The files by name."""


def _when(at: float) -> str:
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M:%S}Z" if at else ""


_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["when"] = _when
_templates.filters["minute"] = lambda at: f"{dt.datetime.fromtimestamp(at, dt.UTC):%H:%M}"
_templates.globals["asset"] = lambda name: f"/static/{name}?{ASSETS[name].digest}"


def render(template: str, found: Mapping[str, Any]) -> str:
    """Fill a template. Every text is escaped."""
    return _templates.get_template(template).render(found)
