"""Every view in a real Chromium: light and dark, desktop and phone, with screenshots; and the tour by keyboard."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AXE, PICTURES, SIZES
from tests.nonempty import some

VIEWS = {
    "fleet": "/",
    "matrix": "/matrix",
    "objects": "/objects",
    "object": "/objects",
    "live": "/live",
    "what-if": "/what-if?cluster=edge&to=v1.30",
    "playground": "/playground",
    "rules": "/rules",
    "rule": "/rules/HorizontalPodAutoscaler",
    "login": "/login",
}


def opened(page, sample, view):
    page.goto(sample + VIEWS[view])
    if view == "object":
        page.locator("tbody th a").first.click()
    elif view == "playground":
        page.select_option("select[name=target]", "v1.20")
        page.click("button:has-text('Convert')")
    elif view == "matrix":
        page.locator("a.cell.lossy").first.click()
        page.wait_for_selector("#explained h2")
    elif view == "live":
        page.wait_for_selector("#state:has-text('following')")
        page.click("details.rates summary")
    if view in {"fleet", "live"}:
        page.wait_for_selector("#rates canvas")


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_accessible_fits_and_has_a_picture(page, sample, view, request):
    opened(page, sample, view)
    name = request.node.callspec.params["page"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{view}-{name}.png", full_page=True)
    page.evaluate(AXE.read_text())  # Chromium evaluates it outside of the page's policy
    found = page.evaluate("axe.run()")
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[name.partition("-")[2]][0]


@pytest.fixture
def desktop(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name || ''")


def tab_to(page, wanted, most=200):
    """Press Tab until an element has the focus; return what had it on the way."""
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        seen.append(focused(page))
        if wanted(seen[-1]):
            return seen
    raise AssertionError(f"the keyboard does not lead there: {seen}")


def test_the_whole_tour_by_keyboard(desktop, sample):
    desktop.goto(sample + "/")
    desktop.keyboard.press("Tab")
    desktop.keyboard.press("Enter")  # the link that skips the navigation
    assert desktop.evaluate("document.activeElement.id") == "content"
    for view, title in [("Matrix", "Matrix"), ("Objects", "Objects"), ("Live", "Live"), ("What if", "What if"),
                        ("Playground", "Playground"), ("Rules", "Rules")]:  # fmt: skip
        desktop.goto(sample + "/")
        tab_to(desktop, lambda text, view=view: text == view)
        desktop.keyboard.press("Enter")
        desktop.wait_for_selector(f"h1:has-text('{title}')")
    desktop.goto(sample + "/objects")
    tab_to(desktop, lambda text: text == "demo/shop")
    desktop.keyboard.press("Enter")
    desktop.wait_for_selector("table.compare")
    desktop.goto(sample + "/matrix")
    tab_to(desktop, lambda text: text.endswith("lossy") and len(text) < 10)
    desktop.keyboard.press("Enter")
    desktop.wait_for_selector("#explained h2")


def test_typing_in_the_search_filters_without_a_button(desktop, sample):
    desktop.goto(sample + "/objects?state=all")
    rows = desktop.locator("#found tbody tr")
    before = rows.count()
    desktop.fill("#q", "ingressclass")
    desktop.press("#q", "s")
    desktop.press("#q", "Backspace")
    expect(rows).not_to_have_count(before)
    assert all("ingressclass" in text.casefold() for text in some(rows.all_inner_texts()))
    assert "q=ingressclass" in desktop.url


def test_live_shows_what_happens_and_can_be_paused(desktop, sample):
    """The stream is made up here, so that its texts can be hostile."""
    hostile = "<img src=x onerror=document.title='hacked'>"
    item = {"at": 1, "what": "converted", "cluster": hostile, "kind": hostile, "namespace": "a", "text": hostile}
    item |= {"link": "javascript:alert(1)", "bad": False}
    events = [item | {"number": number, "name": f"n{number}"} for number in (1, 2)]
    stream = "".join(f"id: {event['number']}\ndata: {json.dumps(event)}\n\n" for event in events)
    desktop.route("**/live/events", lambda route: route.fulfill(content_type="text/event-stream", body=stream))
    desktop.goto(sample + "/live")
    desktop.wait_for_selector("#live li:has-text('n2')")
    first = desktop.locator("#live li").first
    assert "n2" in first.inner_text()
    assert hostile in first.inner_text()
    assert first.locator("a").count() == 0
    assert "hacked" not in desktop.title()
    desktop.click("#pause")
    assert desktop.get_attribute("#pause", "aria-pressed") == "true"


@pytest.mark.parametrize("path", ["/", "/live"])
def test_the_chart_follows_the_stream_and_its_table_has_the_same_numbers(desktop, sample, path):
    now = time.time()
    item = {"what": "converted", "cluster": "c", "kind": "CronJob", "namespace": "a", "name": "n", "text": "t"}
    item |= {"link": "", "bad": False}
    counted = ["conversions", "conversions", "losses", "denials", "", "conversions"]
    times = [now, now, now, now, now, now - 120]
    events = [item | {"at": at, "number": number, "counted": name}
              for number, (at, name) in enumerate(zip(times, counted, strict=True), 1)]  # fmt: skip
    stream = "retry: 600000\n\n" + "".join(f"id: {event['number']}\ndata: {json.dumps(event)}\n\n" for event in events)
    desktop.route("**/live/events", lambda route: route.abort())
    desktop.goto(sample + path)
    before = sums_of(desktop)
    desktop.unroute("**/live/events")
    desktop.route("**/live/events", lambda route: route.fulfill(content_type="text/event-stream", body=stream))
    desktop.goto(sample + path)
    expect(desktop.locator("[data-sum=conversions]")).to_have_text(str(before[0] + 3))
    assert desktop.locator("#rates canvas").count() == 1
    desktop.locator("details.rates summary").focus()
    desktop.keyboard.press("Enter")
    cells = [row.locator("td").all_inner_texts() for row in desktop.locator("#minutes tr").all()]
    sums = [sum(int(row[column]) for row in cells) for column in range(3)]
    assert sums == sums_of(desktop) == [one + more for one, more in zip(before, (3, 1, 1), strict=True)]
    desktop.locator("#rates .u-over").hover(position={"x": 5, "y": 20})
    expect(desktop.locator("#reading")).to_contain_text("0 conversions, 0 losses, 0 denials")


def sums_of(page):
    return [int(text) for text in page.locator("#rates [data-sum]").all_inner_texts()]


def test_pages_work_without_scripts(browser, sample):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(sample + "/objects?state=all")
    page.fill("#q", "cronjob")
    page.click("button:has-text('Search')")
    assert page.locator("#found tbody tr").count() > 0
    page.goto(sample + "/matrix")
    page.locator("a.cell").first.click()
    page.wait_for_selector("section h2")
    page.goto(sample + "/live")
    page.click("details.rates summary")
    assert page.locator("#minutes tr").count() > 0
    context.close()


def test_nothing_is_loaded_from_elsewhere(desktop, sample):
    asked = []
    desktop.on("request", lambda request: asked.append(request.url))
    for path in VIEWS.values():
        desktop.goto(sample + path)
    assert {url for url in some(asked) if not url.startswith(sample)} == set()
