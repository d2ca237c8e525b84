"""A reader of the log that is stuck costs lines, which are counted, and nothing else."""

import fcntl
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from converter.server.log_writer import LogWriter
from converter.server.logging import FORMATS, Fact, dropped_lines, emit, set_up
from converter.server.metrics import Metrics
from converter.server.review_client import WebhookClient, is_ready
from converter.server.sample import review_of, sample_manifests, work_for
from tests.waiting import HANG_SECONDS, listening

ROOT = Path(__file__).resolve().parents[3]
LINE = "x" * 99 + "\n"
COUNT = r'\blines"?[=:] ?\d'
"""How a line of the log says how many lines were dropped, in every format."""


@pytest.fixture
def pipe():
    """A pipe that is full of empty lines, and that nobody reads yet."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    os.write(write, b"\n" * 4096)
    yield read, write
    for end in (read, write):
        os.close(end)


class Reader:
    """Reads a pipe to a pattern, in a thread."""

    def __init__(self, descriptor: int, mark: bytes) -> None:
        self.data = b""
        self._descriptor, self._mark = descriptor, mark
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not re.search(self._mark, self.data):
            self.data += os.read(self._descriptor, 65536)

    def lines(self) -> list[str]:
        self._thread.join(60)
        assert not self._thread.is_alive(), "the mark never came"
        return [line for line in self.data.decode().splitlines() if line]


def test_lines_that_nobody_reads_are_dropped_and_counted_and_the_count_is_reported(pipe):
    read, write = pipe
    writer = LogWriter(write, lambda lines: f"dropped {lines}\n", queue_bytes=10_000)
    for _ in range(1000):
        writer.write(LINE)
    dropped = writer.dropped
    assert 1000 - dropped <= 10_000 / 100 + 1
    assert dropped > 800
    assert not writer.flush(0.0)
    assert f"dropped {dropped}" in Reader(read, rb"dropped \d+\n").lines()
    assert writer.dropped == dropped


def test_lines_keep_their_order_and_arrive_whole(pipe):
    read, write = pipe
    writer = LogWriter(write, str)
    reader = Reader(read, rb"last\n")
    for number in range(3000):
        writer.write(f"{number} {LINE}")
    writer.write("last\n")
    assert reader.lines() == [*(f"{number} {LINE.rstrip()}" for number in range(3000)), "last"]
    assert writer.dropped == 0


def test_a_non_blocking_pipe_loses_no_line(pipe):
    read, write = pipe
    os.set_blocking(write, False)
    writer = LogWriter(write, str)
    for number in range(300):
        writer.write(f"{number} {LINE}")
    reader = Reader(read, b"299 x")
    assert len(reader.lines()) >= 299
    assert writer.dropped == 0


@pytest.mark.parametrize("where", ["/dev/full", "closed"])
def test_a_log_that_cannot_be_written_is_counted(where):
    descriptor = os.open("/dev/full" if where == "/dev/full" else os.devnull, os.O_WRONLY)
    writer = LogWriter(descriptor, str)
    if where == "closed":
        os.close(descriptor)
    writer.write(LINE * 3, 3)
    writer.flush(60)
    assert writer.dropped >= 3


@pytest.mark.parametrize("style", FORMATS)
def test_dropped_lines_are_a_metric_and_a_line_of_the_log(pipe, style, monkeypatch):
    read, write = pipe
    monkeypatch.setattr("converter.server.log_writer.QUEUE_BYTES", 10_000)
    with os.fdopen(os.dup(write), "w") as stream:
        set_up(style, "info", stream)
        before = dropped_lines()
        for number in range(5000):
            logging.getLogger("x").info("a message of some length, with its number", extra={"number": number})
            emit("x", [Fact(0.0, logging.INFO, "another message of some length", {"number": number})])
        dropped = dropped_lines() - before
        assert dropped > 0
        assert f"converter_log_dropped_lines_total {float(dropped)}" in Metrics([]).text().decode()
        (line,) = (line for line in Reader(read, COUNT.encode() + rb".*\n").lines() if re.search(COUNT, line))
    if style == "json":
        assert {"lines": dropped}.items() <= json.loads(line).items()
    else:
        assert "WARNING" in line
        assert line.endswith(f"lines={dropped}")


def test_a_record_that_cannot_be_formatted_is_counted(pipe):
    _, write = pipe
    with os.fdopen(os.dup(write), "w") as stream:
        set_up("text", "info", stream)
        logging.getLogger("x").info("%d", "not a number")
        assert dropped_lines() == 1


def test_a_server_whose_log_nobody_reads_answers_and_stops(tmp_path, pipe):
    """Reviews, health checks and SIGTERM, with a pipe on standard error that is full."""
    _, write = pipe
    process = subprocess.Popen(
        [sys.executable, "-m", "converter", "serve", "--sample", "--listen", "127.0.0.1:0", "--log-level", "debug"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=write,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        facts = listening(process, tmp_path)
        client = WebhookClient(facts["url"], Path(facts["ca"]))
        review = review_of(work_for(next(one for one in sample_manifests() if one["kind"] == "Ingress"), "attic"))
        for _ in range(10):
            assert client.send(review).work is not None
        assert is_ready(facts["health"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANG_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
