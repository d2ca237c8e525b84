"""The pictures are well-formed, readable on light and dark pages, and the one of the packages follows the imports."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tools.package_graph import PICTURE, REPOSITORY, Edge, contract, essential, render

IMAGES = sorted((Path(__file__).parents[2] / "docs" / "images").glob("*.svg"))


def test_the_picture_of_the_packages_follows_the_imports():
    assert PICTURE.read_text("utf-8") == render(), "run `python -m tools.package_graph`"


def test_an_arrow_that_others_imply_is_left_out():
    edges = {Edge("a", "b"), Edge("b", "c"), Edge("a", "c"), Edge("a", "d")}
    assert essential(edges) == {Edge("a", "b"), Edge("b", "c"), Edge("a", "d")}


def test_there_are_pictures():
    assert {image.stem for image in IMAGES} >= {"overview", "packages", "processes"}


VIEWS = {"fleet", "matrix", "objects", "object", "live", "what-if", "playground", "rule"}


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/use-the-dashboard.md"])
def test_each_view_of_the_dashboard_has_a_picture(page):
    """`make pictures` takes them from those that tests/browser makes."""
    root = Path(__file__).parents[2]
    shown = set(re.findall(r"!\[[^\]]+\]\(\S*images/dashboard/([a-z-]+)\.png\)", (root / page).read_text("utf-8")))
    stored = {file.stem for file in (root / "docs" / "images" / "dashboard").iterdir()}
    assert shown == stored == VIEWS


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.stem)
def test_a_picture_has_a_title_a_description_and_dark_colours(image):
    root = ET.fromstring(image.read_text("utf-8"))
    svg = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{svg}title")
    assert root.findtext(f"{svg}desc")
    light, _, dark = root.findtext(f"{svg}style").partition("@media (prefers-color-scheme: dark)")
    classes = [
        {line.split("{")[0].strip() for line in part.splitlines() if "fill:" in line or "stroke:" in line}
        for part in (light, dark)
    ]
    coloured = {name for name in classes[0] if name not in {".small", ".accent"}}
    assert coloured
    assert coloured <= classes[1]


def test_the_architecture_page_describes_every_package():
    layers, _ = contract((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    page = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    packages = {name for layer in layers for name in layer}
    assert packages
    assert {name for name in packages if f"\n| `converter.{name}` | " not in page} == set()
