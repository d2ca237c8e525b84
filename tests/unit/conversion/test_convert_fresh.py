"""The quick way to convert what was just decoded gives what the plain way gives, and shares nothing with it."""

import gzip
from pathlib import Path

import msgspec
import pytest

from converter.conversion import convert, convert_fresh
from converter.errors import ConverterError
from converter.kube import canonical_json
from tests.nonempty import some

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


def quickly(route, data):
    return convert_fresh(msgspec.json.decode(data), data, lambda: msgspec.json.decode(data), route)


@pytest.mark.parametrize("written", [bytes, lambda data: canonical_json(msgspec.json.decode(data))])
def test_both_ways_give_the_same(cases, written):
    """In whatever order the manifest's keys are written: in their own, one of the two ways need not look twice."""
    for route, given in some(cases):
        data = written(given)
        plain = plainly(route, data)
        fresh = quickly(route, data)
        assert fresh.encoded == msgspec.json.encode(plain.manifest)
        assert fresh.losses == plain.losses
        assert fresh.conversion_data.to_json() == plain.conversion_data.to_json()


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
