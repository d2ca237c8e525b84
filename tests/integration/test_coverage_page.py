"""The coverage page in a real browser: drawn, filtered, explained, light and dark."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from converter.catalog import load_catalog
from converter.coverage import build_matrix
from converter.coverage.page import render

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=5000", "--dump-dom",
]  # fmt: skip

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs a browser: apt-get install chromium")


@pytest.fixture(scope="module")
def page(shipped):
    return render(build_matrix(shipped.book, load_catalog()))


@pytest.fixture
def browse(page, tmp_path):
    def run(script):
        """Let a browser load the page, act, and give back the document as it is then."""
        file = tmp_path / "coverage.html"
        file.write_text(page.replace("</body>", f"<script>{script}</script></body>"))
        command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    return run


def rows(document):
    return re.findall(r"<tr data-words=[^>]*?>", document)


def test_every_kind_has_a_row_and_every_release_a_column(browse):
    document = browse("")
    assert len(rows(document)) > 60
    assert document.count('<th scope="col"') == 1 + len(load_catalog().releases)


def test_the_filter_hides_what_does_not_fit(browse):
    document = browse("search.value = 'cronjob'; search.dispatchEvent(new Event('input'));")
    shown = [row for row in rows(document) if "hidden" not in row]
    assert len(shown) == 1
    assert "cronjob" in shown[0]


def test_a_filter_that_fits_nothing_says_so(browse):
    document = browse("search.value = 'nosuchkind'; search.dispatchEvent(new Event('input'));")
    assert '<div class="none">No kind matches.' in document


def test_a_click_explains_a_cell(browse):
    document = browse("document.querySelector('[aria-label^=\"CronJob in v1.20\"]').click();")
    aside = document.partition("<aside")[2]
    assert "batch/v1 is converted to batch/v1beta1" in aside
    assert "<li>spec.timeZone</li>" in aside


def test_the_theme_can_be_turned(browse):
    document = browse("document.getElementById('theme').click();")
    assert 'data-theme="dark"' in document or 'data-theme="light"' in document


def test_a_state_can_be_left_out(browse):
    box = "document.querySelector('[data-state=native]')"
    document = browse(f"const box = {box}; box.checked = false; box.dispatchEvent(new Event('input'));")
    assert "visibility: hidden" in document
