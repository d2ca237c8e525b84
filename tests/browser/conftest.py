"""A real Chromium, axe-core, and the dashboard of a sample fleet.

`make browser` installs what is needed: Debian's Chromium, and axe-core from npm. Without these the tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or ""
AXE = Path(os.environ.get("CONVERTER_AXE", ""))
PICTURES = Path(os.environ.get("CONVERTER_PICTURES") or Path(__file__).parents[2] / ".run" / "pictures")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    if CHROMIUM and AXE.is_file():
        return
    reason = "needs Chromium and axe-core: run `make browser`"
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def sample() -> Iterator[str]:
    """The address of the dashboard of the sample fleet."""
    command = [sys.executable, "-m", "converter", "dashboard", "--sample", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split()[-1].rstrip("/")
        process.terminate()


@pytest.fixture(params=[f"{scheme}-{size}" for scheme in SCHEMES for size in SIZES])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page in one of the color schemes and sizes; it fails the test if a script fails."""
    scheme, _, size = request.param.partition("-")
    width, height = SIZES[size]
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
    shown = context.new_page()
    problems: list[str] = []
    shown.on("pageerror", lambda error: problems.append(str(error)))
    shown.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield shown
    context.close()
    assert problems == []
