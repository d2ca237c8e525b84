from __future__ import annotations

import asyncio
import gc
import itertools
import os
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from converter.errors import NoRouteError, ProblemCode, RuleBookError
from converter.rules.by_name import custom_kind
from converter.server.app import App, Webhook
from converter.server.metrics import Metrics
from converter.server.rules_reloader import RulesReloader
from tests.nonempty import some

if TYPE_CHECKING:
    from pathlib import Path

    import aiohttp

JSON = {"Content-Type": "application/json"}


def rule(kind: str, *versions: str) -> str:
    """Rules that connect versions of a kind of no Kubernetes release."""
    return "\n---\n".join(
        f"""
apiVersion: apiconverter.dev/v1alpha1
kind: ConversionRule
metadata: {{name: {kind.lower()}-{one}-{other}}}
spec:
  kind: {kind}
  between: [example.com/{one}, example.com/{other}]
  steps: []
"""
        for one, other in itertools.pairwise(versions)
    )


BROKEN = rule("Apple", "v1", "v2").replace("steps: []", "steps:") + "    - frobnicate: {a: b}\n    - rename: 7\n"


class Sink:
    def __init__(self):
        self.told = []

    def rules_reloaded(self, outcome, rules):
        assert rules > 0
        self.told.append(outcome)


def test_a_broken_book_at_the_start_names_every_problem(tmp_path):
    (tmp_path / "one.yaml").write_text(BROKEN)
    (tmp_path / "two.yaml").write_text("a: [")
    with pytest.raises(RuleBookError) as caught:
        RulesReloader([tmp_path])
    files = [(problem.file.rpartition("/")[2], problem.line > 0) for problem in caught.value.problems]
    assert len(files) >= 3
    assert set(files) == {("one.yaml", True), ("two.yaml", True)}


def test_a_change_is_taken_and_a_broken_one_refused_whole(tmp_path, caplog):
    sink = Sink()
    (tmp_path / "apple.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path], sink=sink)
    first = rules.current
    assert not rules.refresh()
    assert rules.current is first

    (tmp_path / "pear.yaml").write_text(rule("Pear", "v1", "v2"))
    assert rules.refresh()
    assert {"Apple", "Pear"} <= set(rules.current.book.kinds())
    good = rules.current

    (tmp_path / "apple.yaml").write_text(BROKEN)
    (tmp_path / "plum.yaml").write_text(rule("Plum", "v1", "v2"))
    assert not rules.refresh()
    assert rules.current is good
    assert "Plum" not in rules.current.book.kinds()
    assert len(rules.state.problems) >= 2
    assert all(str(problem) in caplog.text for problem in some(rules.state.problems))
    caplog.clear()
    assert not rules.refresh()
    assert not caplog.text  # told once, not twice a second

    (tmp_path / "apple.yaml").write_text(rule("Apple", "v1", "v3"))
    assert rules.refresh()
    assert rules.state.problems == ()
    assert "example.com/v3" in rules.current.book.versions("Apple")
    (tmp_path / "pear.yaml").unlink()
    assert rules.refresh()
    assert "Pear" not in rules.current.book.kinds()
    assert sink.told == ["taken", "refused", "taken", "taken"]


def mount(volume: Path, version: str, files: dict[str, str]) -> None:
    """Do what the kubelet does to a mounted ConfigMap (pkg/volume/util/atomic_writer.go)."""
    folder = volume / f"..{version}"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    (volume / "..data_tmp").symlink_to(folder.name)
    (volume / "..data_tmp").replace(volume / "..data")
    for name in files:
        if not (volume / name).is_symlink():
            (volume / name).symlink_to(f"..data/{name}")


@pytest.mark.parametrize("text", ["[" * 80_000, "- " * 80_000, '{"a":' * 80_000])
def test_a_book_nested_too_deep_is_refused_and_does_not_crash_the_process(tmp_path, text):
    file = tmp_path / "rules.yaml"
    file.write_text(rule("Apple", "v1", "v2"))
    reloader = RulesReloader([file])
    book = reloader.current
    file.write_text(text)
    assert reloader.refresh() is False
    assert reloader.current is book


def test_an_unknown_error_is_shown_and_the_same_bytes_are_not_read_again(tmp_path, monkeypatch, caplog):
    sink = Sink()
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path], sink=sink)
    good, read, reads = rules.current, rules._read, []

    def fail():
        reads.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(rules, "_read", fail)
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v3"))
    assert not rules.refresh()
    assert not rules.refresh()
    assert len(reads) == 1
    assert rules.current is good
    assert [problem.code for problem in rules.state.problems] == [ProblemCode.INTERNAL]
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.setattr(rules, "_read", read)
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v4"))
    assert rules.refresh()
    assert rules.state.problems == ()
    assert sink.told == ["refused", "taken"]


@pytest.mark.parametrize("name", ["pipe.yaml", "a.yaml"])
def test_a_pipe_among_the_rules_does_not_stop_reloading(tmp_path, name):
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path])
    pipe = tmp_path / name
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)  # nobody writes to it
    assert not rules.refresh()
    assert [problem.code for problem in rules.state.problems] == [ProblemCode.UNREADABLE]
    pipe.unlink()
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v3"))
    assert rules.refresh()


def test_a_file_that_became_readable_is_read(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path])
    file.chmod(0o600)
    assert rules.refresh()


def test_reloads_leave_nothing_of_the_books_before(tmp_path):
    """Every book converts, so that its lenses are compiled; afterwards only the newest may be alive."""
    file = tmp_path / "a.yaml"
    file.write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path])
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "x"}, "spec": {}}
    books, counts = [], []
    for number in range(3, 15):
        rules.current.convert(ingress, "networking.k8s.io/v1beta1")
        books.append(weakref.ref(rules.current.book))
        file.write_text(rule("Apple", "v1", f"v{number}") if number % 2 else "broken: [")
        rules.refresh()
        gc.collect()
        counts.append(len(gc.get_objects()))
    assert rules.state.problems
    assert len({id(book()) for book in books} - {id(None), id(rules.current.book)}) == 0
    assert max(counts[4::2]) - min(counts[4::2]) < 500, counts  # a book has some 40,000


def test_the_swap_of_a_mounted_config_map_is_one_change(tmp_path):
    mount(tmp_path, "2026_01", {"a.yaml": rule("Apple", "v1", "v2"), "b.yaml": rule("Pear", "v1", "v2")})
    rules = RulesReloader([tmp_path])
    assert len([name for name in rules.current.book.rules if "example.com/v1" in (name.left, name.right)]) == 2
    mount(tmp_path, "2026_02", {"a.yaml": rule("Apple", "v1", "v4"), "b.yaml": rule("Pear", "v1", "v4")})
    assert rules.refresh()
    assert rules.current.book.versions("Apple") == ("example.com/v1", "example.com/v4")
    assert rules.current.book.versions("Pear") == ("example.com/v1", "example.com/v4")


def test_a_directory_that_goes_away_leaves_the_book(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([folder])
    good = rules.current
    (folder / "a.yaml").unlink()
    folder.rmdir()
    assert not rules.refresh()
    assert rules.current is good
    (problem,) = rules.state.problems
    assert (problem.code, problem.file) == (ProblemCode.UNREADABLE, str(folder))


async def test_a_request_sees_either_the_old_rules_or_the_new_ones(tmp_path, serving, until):
    """Two kinds always change together; no request may see one new and one old."""

    def files(version: str) -> None:
        mount(tmp_path, version, {f"{kind}.yaml": rule(kind, "v1", version) for kind in ("Apple", "Pear")})

    files("v2")
    rules = RulesReloader([tmp_path])

    def answer(_body: bytes) -> bytes:
        book = rules.current.book
        return ",".join(version for kind in ("Apple", "Pear") for version in book.versions(kind)).encode()

    app = App([Webhook("/mutate/works", "works", answer)], {}, Metrics(["works"]))
    seen: list[bytes] = []
    over = asyncio.Event()

    async def ask(client: aiohttp.ClientSession) -> None:
        while not over.is_set():
            async with client.post("/mutate/works", data=b"{}", headers=JSON) as response:
                assert response.status == 200
                seen.append(await response.read())

    async with serving(app, background=[rules.watch(0.05)]) as running, running.client() as client:
        askers = [asyncio.create_task(ask(client)) for _ in range(4)]
        await until(lambda: seen)
        for version in ("v3", "v4"):
            files(version)
            wanted = f"example.com/{version}".encode()
            await until(lambda wanted=wanted: wanted in seen[-1])
        over.set()
        await asyncio.gather(*askers)
    whole = {b"example.com/v1,example.com/%s,example.com/v1,example.com/%s" % (v, v) for v in (b"v2", b"v3", b"v4")}
    assert set(seen) == whole


async def test_a_book_is_read_beside_the_event_loop(tmp_path, monkeypatch, until):
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path])
    readers = []
    read = rules._read
    monkeypatch.setattr(rules, "_read", lambda: (readers.append(threading.current_thread()), read())[1])
    watch = asyncio.create_task(rules.watch(0.01))
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v3"))
    await until(lambda: "example.com/v3" in rules.current.book.versions("Apple"))
    watch.cancel()
    assert readers
    assert threading.main_thread() not in readers


async def test_requests_are_answered_while_rules_are_read(tmp_path, monkeypatch, serving, until):
    (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v2"))
    rules = RulesReloader([tmp_path])
    reading, go_on = threading.Event(), threading.Event()
    read = rules._read

    def slow():
        reading.set()
        assert go_on.wait(120)
        return read()

    monkeypatch.setattr(rules, "_read", slow)
    app = App([Webhook("/mutate/works", "works", lambda body: body)], {}, Metrics(["works"]))
    async with serving(app, background=[rules.watch(0.01)]) as running, running.client() as client:
        (tmp_path / "a.yaml").write_text(rule("Apple", "v1", "v3"))
        await until(reading.is_set)
        async with client.post("/mutate/works", data=b"{}", headers=JSON) as response:
            assert response.status == 200
        assert "example.com/v3" not in rules.current.book.versions("Apple")
        go_on.set()
        await until(lambda: "example.com/v3" in rules.current.book.versions("Apple"))


def kinds(*names):
    versions = [{"name": name, "schema": {"openAPIV3Schema": {"type": "object"}}} for name in ("v1", "v1alpha1")]
    return tuple(
        custom_kind(
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": f"{name.lower()}s.example.com"},
                "spec": {
                    "group": "example.com",
                    "names": {"kind": name, "plural": f"{name.lower()}s"},
                    "versions": versions,
                },
            }
        )
        for name in names
    )


def test_custom_resources_are_converted_by_name_until_their_crd_goes(tmp_path):
    rules = RulesReloader([tmp_path])
    rules.use_kinds(kinds("Gadget"))
    known = rules.current
    assert known.route("Gadget", "example.com/v1", "example.com/v1alpha1")
    rules.use_kinds(())
    with pytest.raises(NoRouteError):
        rules.current.route("Gadget", "example.com/v1", "example.com/v1alpha1")
    assert known.route("Gadget", "example.com/v1", "example.com/v1alpha1"), "a request keeps what it started with"


def test_new_rules_keep_the_custom_resources_and_win(tmp_path):
    rules = RulesReloader([tmp_path])
    rules.use_kinds(kinds("Apple", "Gadget"))
    (tmp_path / "one.yaml").write_text(rule("Apple", "v1", "v1alpha1"))
    assert rules.refresh()
    (route,) = [rules.current.route("Apple", "example.com/v1", "example.com/v1alpha1")]
    assert route.described.rules == ("apple-v1-v1alpha1",)
    assert rules.current.route("Gadget", "example.com/v1", "example.com/v1alpha1")
