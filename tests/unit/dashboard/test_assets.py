"""Templates, and the files that browsers load."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import converter.dashboard
from converter.dashboard.assets import ASSETS
from tests.nonempty import some

STATIC = Path(converter.dashboard.__file__).parent / "static"
OURS = {"dashboard.css", "dashboard.js", "icon.svg"}


def test_files_from_others_are_as_npm_has_them_and_have_their_licence():
    """`make vendored` compares with npm itself; here, with the digests that were written down then."""
    page = (STATIC / "LICENSES.md").read_text()
    rows = re.findall(r"^\| `(\S+)` \| `(\S+)@(\S+)` \| `\S+` \| \S+ \| `([0-9a-f]{64})` \|$", page, re.MULTILINE)
    assert {name for name, *_ in rows} == set(ASSETS) - OURS
    for name, _, version, digest in some(rows):
        assert version in name, "the version is in the name, so that a new one has a new address"
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest


def test_all_files_together_fit_into_a_first_view():
    assert sum(len(asset.content) for asset in ASSETS.values()) < 150_000
