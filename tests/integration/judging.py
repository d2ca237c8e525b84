"""Posts a manifest to an API server, reads it in every version, and holds the converter against the answers."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converter.errors import ConverterError
from converter.rules.differences import differences
from tests.controlplanes.client import ApiError
from tests.integration.misses import Miss, Way

if TYPE_CHECKING:
    from converter.engine import Engine
    from tests.controlplanes.client import Client
    from tests.integration.kinds import Served

Json = dict[str, Any]

_REREAD = 40
_PAUSE = 0.05
_CONFLICT = 409
#: Given anew to every object that is created, so that two creations of one manifest differ in nothing else.
_OWNED = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink")


@dataclass
class Answers:
    """What came of one manifest.

    Attributes:
        forms: the stored object as the server serves it, by apiVersion; empty where it was refused.
        pairs: how many conversions were held against an answer.
        wrong: what the converter got wrong.
    """

    forms: dict[str, Json] = field(default_factory=dict)
    pairs: int = 0
    wrong: list[Miss] = field(default_factory=list)


def tidy(node: Any) -> Any:
    """Leave out what carries no meaning: nulls and empty containers."""
    if isinstance(node, dict):
        cleaned = {key: tidy(value) for key, value in node.items()}
        return {key: value for key, value in cleaned.items() if value not in (None, {}, [])}
    return [tidy(value) for value in node] if isinstance(node, list) else node


def comparable(form: Json) -> Json:
    """A form without the one field that differs by the URL it was read at: ``selfLink``, up to v1.19."""
    cleaned: Json = tidy(form)
    cleaned.get("metadata", {}).pop("selfLink", None)
    return cleaned


def bare(form: Json) -> Json:
    """A form as one would post it: without what the server gave it."""
    kept = {key: value for key, value in form["metadata"].items() if key not in _OWNED}
    return {**form, "metadata": kept}


def reborn(form: Json, served: Served) -> Json:
    """A form without what each creation makes anew, and without a status, which creation ignores."""
    cleaned: Json = _without_clock(comparable(form))
    for name in _OWNED:
        cleaned.get("metadata", {}).pop(name, None)
    if served.status_in:
        cleaned.pop("status", None)
    return cleaned


def _without_clock(node: Any) -> Any:
    """Without ``timeAdded``: a device's taint that does not say when it came gets the time of its creation."""
    if isinstance(node, dict):
        return {key: _without_clock(value) for key, value in node.items() if key != "timeAdded"}
    return [_without_clock(value) for value in node] if isinstance(node, list) else node


class Judge:
    """Holds a converter against one API server.

    Args:
        client: the server.
        converter: the converter.
    """

    def __init__(self, client: Client, converter: Engine) -> None:
        self._client = client
        self._converter = converter

    def judge(self, served: Served, manifest: Json, *, chain: bool = False) -> Answers:
        """Post a manifest and compare: undefaulted conversions with dry runs, defaulted ones with what is read.

        Args:
            served: the manifest's kind.
            manifest: in one of the kind's versions; its status is put where its version has a status subresource.
            chain: also take each undefaulted conversion as an original in its version.

        Raises:
            ApiError: the server refused the manifest itself.
        """
        answers = Answers()
        posted = {manifest["apiVersion"]: manifest}
        for version in served.versions:
            if version not in posted:
                converted = self._convert(manifest, Way(manifest["apiVersion"], version), answers)
                if converted is not None:
                    posted[version] = converted
        fresh = self._store(served, manifest, answers)
        for version, converted in posted.items():
            if converted is not manifest:
                self._compare_posted(served, manifest, converted, answers, fresh[version])
        if chain:
            self._chain(served, posted, manifest["apiVersion"], answers, fresh)
        self._compare_forms(answers)
        return answers

    # --- defaulted

    def _compare_forms(self, answers: Answers) -> None:
        for source, form in answers.forms.items():
            for target, wanted in answers.forms.items():
                if source == target:
                    continue
                converted = self._convert(form, Way(source, target, defaulted=True), answers)
                if converted is not None:
                    answers.pairs += 1
                    found = differences(comparable(converted), comparable(wanted))
                    way = Way(source, target, defaulted=True)
                    answers.wrong += [Miss(way, difference) for difference in found]

    # --- undefaulted

    def _chain(
        self, served: Served, posted: dict[str, Json], original: str, answers: Answers, fresh: dict[str, Json]
    ) -> None:
        """Every undefaulted conversion becomes an original: converted to each other version, and posted there."""
        for source, manifest in posted.items():
            if source == original:
                continue
            for target in served.versions:
                if target != source:
                    converted = self._convert(manifest, Way(source, target, original=original), answers)
                    if converted is not None:
                        self._compare_posted(served, manifest, converted, answers, fresh[target])

    def _compare_posted(self, served: Served, source: Json, converted: Json, answers: Answers, wanted: Json) -> None:
        """Post a conversion, dry, and compare with what the original became, both in the conversion's version."""
        way = Way(source["apiVersion"], converted["apiVersion"])
        answers.pairs += 1
        try:
            got = self._client.create(undressed(converted, served), dry_run=True)
        except ApiError as error:
            answers.wrong.append(Miss(way, refusal=error, sent=converted))
            return
        found = differences(reborn(got, served), reborn(wanted, served))
        answers.wrong += [Miss(way, difference) for difference in found]

    def _convert(self, manifest: Json, way: Way, answers: Answers) -> Json | None:
        """Convert; a defaulted manifest also back, which must give the manifest again, exactly."""
        given = copy.deepcopy(manifest)
        try:
            conversion = self._converter.convert(given, to=way.target)
            if way.defaulted:
                returned = self._converter.convert(
                    conversion.manifest, to=way.source, conversion_data=conversion.conversion_data
                )
                found = differences(returned.manifest, manifest)
                answers.wrong += [Miss(way.there_and_back(), difference) for difference in found]
        except ConverterError as error:
            answers.pairs += 1
            answers.wrong.append(Miss(way, problem=f"{type(error).__name__}: {error}"))
            return None
        if given != manifest:
            answers.wrong.append(Miss(way, problem="the input was changed"))
        return conversion.manifest

    # --- the server

    def _store(self, served: Served, manifest: Json, answers: Answers) -> dict[str, Json]:
        """Create an object, read it in each version, put its status, read it again, delete it.

        Returns:
            What was read before the status was put, which is what a creation answers for; what was read last are
            the forms.
        """
        client = self._client
        made = client.create(undressed(manifest, served))
        name, space = made["metadata"]["name"], made["metadata"].get("namespace")
        try:
            answers.forms = fresh = self._read(served, name, space)
            if (
                made["apiVersion"] in served.status_in
                and manifest.get("status")
                and self._put_status(made, manifest["status"])
            ):
                answers.forms = self._read(served, name, space)
            return fresh
        finally:
            client.delete(served.versions[0], served.kind, name, space, propagation="Background")
            self._wait_until_gone(served, name, space)

    def _put_status(self, made: Json, status: Json) -> bool:
        """Put a status; one that the server refuses is left out, the rest of the object counts all the same."""
        for _ in range(5):
            try:
                self._client.update({**made, "status": status}, "status")
            except ApiError as error:
                if error.status != _CONFLICT:
                    return False
                kept = made["metadata"]
                made = self._client.get(made["apiVersion"], made["kind"], kept["name"], kept.get("namespace"))
            else:
                return True
        return False

    def _read(self, served: Served, name: str, space: str | None) -> dict[str, Json]:
        """Read one stored state in every version: again where the server's own controllers wrote in between."""
        for _ in range(_REREAD):
            forms = {version: self._client.get(version, served.kind, name, space) for version in served.versions}
            if len({form["metadata"]["resourceVersion"] for form in forms.values()}) == 1:
                return forms
            time.sleep(_PAUSE)
        raise AssertionError(f"{served.kind} {name} does not come to rest")

    def _wait_until_gone(self, served: Served, name: str, space: str | None) -> None:
        """CRDs go when their controller has let them."""
        for _ in range(_REREAD):
            if self._client.find(served.versions[0], served.kind, name, space) is None:
                return
            time.sleep(_PAUSE)
        raise AssertionError(f"{served.kind} {name} is not deleted")


def undressed(manifest: Json, served: Served) -> Json:
    """A manifest as one posts it: without a status that would be ignored."""
    return {
        key: value
        for key, value in manifest.items()
        if key != "status" or manifest["apiVersion"] not in served.status_in
    }
