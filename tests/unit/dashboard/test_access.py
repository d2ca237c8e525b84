"""Who may look: Karmada's answers, and how long they count."""

from __future__ import annotations

import json

import pytest

from converter.client import UnavailableError
from converter.dashboard.access import (
    ACCESS_REVIEWS,
    ALL,
    SECONDS,
    TOKEN_REVIEWS,
    Everyone,
    KarmadaAccess,
    Viewer,
    _Memory,
)


class Karmada:
    """An API server that knows one token, and the rights of its user.

    Attributes:
        rights: pairs of resource and namespace that the user may list.
        asked: the path and the spec of every question.
        down: whether it does not answer.
    """

    def __init__(self, *rights):
        self.rights = set(rights)
        self.asked = []
        self.down = False

    async def create(self, path, body):
        if self.down:
            raise UnavailableError("POST", 0, "", "down")
        self.asked.append((path, body["spec"]))
        if path == TOKEN_REVIEWS:
            good = body["spec"]["token"] == "good"
            user = {"username": "ann", "groups": ["g"], "uid": "1"} if good else {}
            return json.dumps({"status": {"authenticated": good, "user": user}}).encode()
        wanted = body["spec"]["resourceAttributes"]
        allowed = (wanted["resource"], wanted["namespace"]) in self.rights
        return json.dumps({"status": {"allowed": allowed}}).encode()


ANN = Viewer("ann", ("g",), "1")


async def test_a_token_is_karmadas():
    access = KarmadaAccess(Karmada())
    assert await access.viewer("good") == ANN
    assert await access.viewer("bad") is None
    assert access.anonymous is None


async def test_a_tenant_sees_their_namespaces_and_no_cluster_scoped_object():
    karmada = Karmada(("resourcebindings", "a"))
    sight = await KarmadaAccess(karmada).sight(ANN, ["a", "b", "", "a"])
    assert (sight.sees("a"), sight.sees("b"), sight.sees(""), sight.clusters) == (True, False, False, False)
    spec = karmada.asked[-1][1]
    assert (karmada.asked[-1][0], spec["user"], spec["groups"]) == (ACCESS_REVIEWS, "ann", ("g",))
    assert spec["resourceAttributes"]["verb"] == "list"


async def test_who_may_list_all_bindings_is_asked_about_no_namespace():
    karmada = Karmada(("resourcebindings", ""), ("clusterresourcebindings", ""), ("clusters", ""))
    assert await KarmadaAccess(karmada).sight(ANN, ["a", "b"]) == ALL
    assert len(karmada.asked) == 3


async def test_namespaces_without_cluster_scoped_objects():
    sight = await KarmadaAccess(Karmada(("resourcebindings", ""))).sight(ANN, ["a", ""])
    assert (sight.sees("a"), sight.sees("")) == (True, False)
    assert not sight.everything


async def test_answers_count_for_a_short_time():
    now = [0.0]
    karmada = Karmada(("resourcebindings", "a"))
    access = KarmadaAccess(karmada, lambda: now[0])
    await access.viewer("good")
    assert (await access.sight(ANN, ["a"])).sees("a")
    asked = len(karmada.asked)
    karmada.rights.clear()
    await access.viewer("good")
    assert (await access.sight(ANN, ["a"])).sees("a")
    assert len(karmada.asked) == asked
    now[0] = SECONDS
    assert not (await access.sight(ANN, ["a"])).sees("a")


async def test_without_an_answer_nothing_is_seen():
    karmada = Karmada()
    karmada.down = True
    access = KarmadaAccess(karmada)
    with pytest.raises(UnavailableError):
        await access.viewer("good")
    with pytest.raises(UnavailableError):
        await access.sight(ANN, ["a"])


def test_the_number_of_remembered_answers_is_bounded():
    memory = _Memory(lambda: 0.0)
    for number in range(20_000):
        memory.put(number, number)
    assert memory.find(0) == (False, None)
    assert memory.find(19_999) == (True, 19_999)
    assert sum(memory.find(number)[0] for number in range(20_000)) == 10_000


async def test_everyone_sees_everything_on_a_laptop():
    access = Everyone()
    assert access.anonymous is not None
    assert await access.viewer("any") == access.anonymous
    assert await access.sight(access.anonymous, ["a"]) == ALL
