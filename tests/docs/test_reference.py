"""The reference names every label and annotation, and every documented loss format can be read."""

from pathlib import Path

import pytest

from converter.karmada import names

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
CONSTANTS = {name: value for name, value in vars(names).items() if name.endswith(("_LABEL", "_ANNOTATION"))}
NAMES = sorted({value for value in CONSTANTS.values() if value.startswith(f"{names.GROUP}/")})


def test_there_are_names():
    assert f"{names.GROUP}/converted" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_label_and_annotation_is_listed(name):
    assert f"\n| `{name.removeprefix(f'{names.GROUP}/')}` | " in (REFERENCE / "objects.md").read_text("utf-8")
