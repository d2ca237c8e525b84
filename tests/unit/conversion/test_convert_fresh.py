"""The quick way to convert what was just decoded gives what the plain way gives, and shares nothing with it."""

import gzip
from pathlib import Path

import msgspec
import pytest

from converter.conversion import compare_fresh, convert, convert_fresh
from converter.errors import ConverterError
from converter.kube import as_go_writes, canonical_json
from tests.nonempty import some
from tests.rulekit import thing

SEEDS = Path(__file__).parents[2] / "data" / "oracle" / "seeds.jsonl.gz"


def pairs():
    with gzip.open(SEEDS, "rb") as lines:
        for line in lines:
            record = msgspec.json.decode(line)
            for source, form in record["forms"].items():
                for target in record["forms"]:
                    if source != target:
                        yield record["kind"], source, target, msgspec.json.encode(form)


def containers(value):
    if isinstance(value, (dict, list)):
        yield id(value)
        for item in value.values() if isinstance(value, dict) else value:
            yield from containers(item)


@pytest.fixture(scope="module")
def cases(shipped):
    return [(shipped.route(kind, source, target), data) for kind, source, target, data in pairs()]


def plainly(route, data):
    return convert(msgspec.json.decode(data), route)


def quickly(route, data, *, keep=False):
    def original():
        return msgspec.json.decode(data)

    fresh = convert_fresh(original(), original, route)
    return fresh, *compare_fresh(fresh, data, original, route, keep=keep)


@pytest.mark.parametrize("written", [bytes, lambda data: canonical_json(msgspec.json.decode(data))])
def test_both_ways_give_the_same(cases, written):
    """In whatever order the manifest's keys are written: in their own, one of the two ways need not look twice."""
    for route, given in some(cases):
        data = written(given)
        plain = plainly(route, data)
        fresh, losses, conversion_data = quickly(route, data)
        assert fresh.encoded == canonical_json(plain.manifest)
        assert losses == plain.losses
        assert conversion_data.to_json() == plain.conversion_data.to_json()


@pytest.mark.parametrize("written", [lambda given: given, as_go_writes])
def test_what_an_api_server_sent_is_decoded_once_if_nothing_is_lost(shipped, written):
    """An API server sorts the keys, and escapes three characters that commands and addresses often have."""
    route = shipped.route("Ingress", "networking.k8s.io/v1", "networking.k8s.io/v1beta1")
    metadata = {"name": "shop", "annotations": {"note": "a && b < c > d\\&"}}
    data = written(canonical_json(thing(route.source, metadata=metadata, spec={}) | {"kind": "Ingress"}))
    asked = []
    fresh = convert_fresh(msgspec.json.decode(data), lambda: asked.append("for an error"), route)
    assert compare_fresh(fresh, data, lambda: asked.append("for the way back"), route)[0] == ()
    assert asked == []


def test_what_is_kept_is_as_the_conversion_made_it(cases):
    for route, data in some(cases):
        plain = plainly(route, data)
        fresh, losses, conversion_data = quickly(route, data, keep=True)
        assert canonical_json(fresh.manifest) == canonical_json(plain.manifest)
        assert losses == plain.losses
        assert conversion_data.to_json() == plain.conversion_data.to_json()


def test_what_was_kept_shares_nothing_with_what_was_given(cases):
    for route, data in some(cases):
        given = msgspec.json.decode(data)
        before = canonical_json(given)
        result = convert(given, route)
        assert canonical_json(given) == before
        assert not set(containers(given)) & set(containers(result.manifest))


def test_both_ways_refuse_the_same(shipped):
    route = shipped.route("Ingress", "networking.k8s.io/v1", "networking.k8s.io/v1beta1")
    data = b'{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","spec":{"defaultBackend":{"service":5}}}'
    told = []
    for way in (plainly, quickly):
        with pytest.raises(ConverterError) as caught:
            way(route, data)
        told.append(str(caught.value))
    assert told[0] == told[1]
