"""The harness itself: what it writes for Go, how it waits, and that it leaves nothing behind."""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.controlplanes import gomodule, pins
from tests.controlplanes.command import member
from tests.controlplanes.errors import NotReadyError, ProcessError, UnknownBinaryError
from tests.controlplanes.fleet import MemberSpec
from tests.controlplanes.places import REPOSITORY, Places
from tests.controlplanes.ports import Ports
from tests.controlplanes.processes import Run
from tests.controlplanes.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]


def state_of(pid):
    """The state letter of a process, as proc(5) lists them; empty for a process that does not exist."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def is_alive(pid):
    """A zombie is dead: where nobody reaps orphans, as in many containers, its number stays."""
    return state_of(pid) not in ("", "Z")


# --- modules for Go


def test_a_releases_own_pins_are_kept_and_its_staging_folders_become_published_modules():
    module = pins.Module("k8s.io/kubernetes", "1.20.15", {"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver"})
    text = gomodule.main_module(
        module,
        "module k8s.io/kubernetes\n\ngo 1.15\n\nrequire (\n\tk8s.io/api v0.0.0\n)\n\n"
        "replace (\n\tk8s.io/api => ./staging/src/k8s.io/api\n\texample.test/a => example.test/b v1.2.3\n)\n",
    )
    assert text == (
        "module controlplane\n\ngo 1.15\n\nrequire (\n\tk8s.io/api v0.0.0\n)\n\n"
        "replace (\n\tk8s.io/api => k8s.io/api v0.20.15\n\texample.test/a => example.test/b v1.2.3\n)\n\n"
        "require k8s.io/kubernetes v1.20.15\n"
    )


def test_a_pin_moves_a_replacement_or_adds_one():
    module = pins.Module(
        "example.test/m", "1.0.0", {}, pins={"a.test/x": "v2.0.0", "b.test/y": "v3.0.0"}, empty=("c.test",)
    )
    text = gomodule.main_module(
        module, "module m\nreplace a.test/x => a.test/x v1.0.0\nreplace c.test => c.test v1.0.0\n"
    )
    assert "replace a.test/x => a.test/x v2.0.0\n" in text
    assert "replace b.test/y => b.test/y v3.0.0\n" in text
    assert "replace c.test => ./empty/c.test\n" in text
    assert "v1.0.0\nreplace" not in text


def test_every_binary_has_one_name_and_one_module():
    names = pins.names()
    assert len(names) == len(set(names))
    for name in names:
        assert name.endswith(pins.module_of(name).version)


def test_releases_are_found_by_their_minor_and_not_by_what_looks_like_it():
    assert pins.release("kube-apiserver", "1.20") == "1.20.15"
    assert pins.release("kube-apiserver", "1.20.15") == "1.20.15"
    with pytest.raises(UnknownBinaryError, match=r"kube-apiserver-1\.2'.*kube-apiserver-1\.20\.15"):
        pins.release("kube-apiserver", "1.2")


# --- places


def test_ready_binaries_are_found_before_built_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVERTER_TEST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CONVERTER_TEST_ASSETS", str(tmp_path / "assets"))
    places = Places.from_environment()
    assert places.find("etcd") is None
    for folder in (places.ready, tmp_path / "assets"):
        folder.mkdir(parents=True)
        (folder / "etcd").touch()
        assert places.find("etcd") == folder / "etcd"


def test_two_processes_do_not_hold_the_same_lock(tmp_path):
    places = Places(tmp_path, None, tmp_path)
    program = (
        "import sys, pathlib; from tests.controlplanes.places import Places; p = pathlib.Path(sys.argv[1])\n"
        "with Places(p, None, p).locked('x'): print('mine')"
    )
    with places.locked("x"):
        other = subprocess.Popen([sys.executable, "-c", program, tmp_path], cwd=REPOSITORY, stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
    assert other.communicate(timeout=20)[0] == b"mine\n"


def test_a_taken_port_stays_free_for_its_taker_only(tmp_path):
    ours, theirs = Ports(tmp_path), Ports(tmp_path)
    taken = {ours.take() for _ in range(20)} | {theirs.take() for _ in range(20)}
    assert len(taken) == 40
    with socket.socket() as server:
        server.bind(("127.0.0.1", taken.pop()))
    ours.close()
    theirs.close()


# --- waiting


def test_waiting_ends_with_what_was_seen_last():
    found = []

    def probe():
        assert found, "not yet equal"

    with pytest.raises(NotReadyError, match=r"equality did not come within 0 s.*not yet equal"):
        wait_until("equality", probe, 0.1)


def test_an_error_that_was_not_announced_ends_the_waiting():
    def probe():
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        wait_until("anything", probe, 5)


# --- processes


def test_a_run_leaves_no_process_behind(tmp_path):
    with Run(tmp_path / "run") as run:
        pids = [run.process(f"sleep-{number}", SLEEP).pid for number in range(2)]
        assert all(is_alive(pid) for pid in pids)
    assert not any(is_alive(pid) for pid in pids)


def test_a_process_that_ends_by_itself_is_an_error_with_its_last_words(tmp_path):
    with Run(tmp_path / "run") as run:
        process = run.process("short", [sys.executable, "-c", "import sys; sys.exit('last words')"])
        with pytest.raises(ProcessError, match=r"short ended with code 1(.|\n)*last words"):
            wait_until("its end", process.check, 20)


def test_a_process_that_is_stopped_did_not_end_by_itself_at_any_moment(tmp_path, monkeypatch):
    """Other threads check it meanwhile, such as the probes of the balancer."""
    checked = []
    with Run(tmp_path / "run") as run:
        process = run.process("sleep", SLEEP)
        release = run.release

        def check_and_release(pid):
            assert not is_alive(pid)
            process.check()
            checked.append(pid)
            release(pid)

        monkeypatch.setattr(run, "release", check_and_release)
        process.stop()
        assert len(checked) == 1


def test_one_that_ignores_the_polite_signal_is_killed(tmp_path):
    with Run(tmp_path / "run") as run:
        process = run.process("stubborn", STUBBORN)
        wait_until("its start", lambda: "up" in process.log_text(), 20)
        pid = process.pid
        process.stop(grace=0.2)
        assert not is_alive(pid)
        process.start()
        assert process.pid != pid
        process.kill()


def test_the_guardian_ends_what_a_killed_harness_left(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from tests.controlplanes.processes import Run\n"
        "run = Run(Path(sys.argv[1])); sleeper = run.process('sleep', sys.argv[2:])\n"
        "print(sleeper.pid, flush=True); time.sleep(600)"
    )
    harness = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path, *SLEEP], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    with harness:
        sleeper = int(harness.stdout.readline())
        assert is_alive(sleeper)
        harness.send_signal(signal.SIGKILL)
    wait_until("the end of the child", lambda: not is_alive(sleeper), 20)


def test_a_frozen_process_does_nothing_until_it_is_thawed(tmp_path):
    ticking = "import time\nwhile True: print('tick', flush=True); time.sleep(0.05)"
    with Run(tmp_path / "run") as run:
        process = run.process("ticking", [sys.executable, "-c", ticking])
        wait_until("a tick", process.log_text, 20)
        process.freeze()
        wait_until("it being stopped", lambda: state_of(process.pid) == "T", 20)
        before = process.log_text()
        time.sleep(0.5)  # ten ticks, if it still ran
        assert process.log_text() == before
        process.thaw()
        wait_until("another tick", lambda: process.log_text() != before, 20)


# --- the command line


def test_members_are_read_from_the_command_line():
    assert member("old=1.20") == MemberSpec("old", "1.20")
    assert member("edge=1.16,pull") == MemberSpec("edge", "1.16", pull=True)


@pytest.mark.parametrize("text", ["old", "=1.20", "old=", "old=1.20,push", "old=1.19"])
def test_a_member_that_cannot_be_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        member(text)


def test_help_names_every_command():
    command = [sys.executable, "-m", "tests.controlplanes", "--help"]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for name in ("build", "list", "servers", "karmada", "up", "down", "CONVERTER_TEST_CACHE"):
        assert name in said
    assert str(Path.home()) not in said
