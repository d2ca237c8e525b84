"""Warnings about rules that leave fields of a CRD open: from a thread, and never in the way of an answer."""

import asyncio

import msgspec
import pytest

from converter.clusters.crds_of_rules import Proof
from converter.errors import ManifestError
from converter.rule_objects import read_object
from converter.server import proof_warnings
from converter.server.proof_warnings import ProofWarnings


def given(**spec):
    rule = {"kind": "Plum", "between": ["example.com/v1", "example.com/v2"], "steps": [], **spec}
    return read_object(msgspec.json.encode({"kind": "ConversionRule", "metadata": {"name": "plum"}, "spec": rule}))


class Prover:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def prove(self, rules):
        self.asked.append([rule.name for rule in rules])
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
        return self.answer


async def warnings(prover, one):
    return await asyncio.to_thread(ProofWarnings(prover, asyncio.get_running_loop()).of, one)


async def test_open_fields_are_warnings():
    prover = Prover(Proof(("spec.color", "spec.size"), 1))
    assert await warnings(prover, given()) == ("spec.color", "spec.size")
    assert prover.asked == [["plum"]]


async def test_a_broken_rule_is_not_proved():
    prover = Prover(Proof(("x",), 1))
    assert await warnings(prover, given(steps=[{"fly": 1}])) == ()
    assert prover.asked == []


@pytest.mark.parametrize("answer", [None, ManifestError("no schema")])
async def test_crds_that_do_not_come_and_schemas_that_cannot_be_read_are_no_warning(answer, monkeypatch):
    monkeypatch.setattr(proof_warnings, "_SECONDS", 0.05)
    assert await warnings(Prover(answer), given()) == ()
