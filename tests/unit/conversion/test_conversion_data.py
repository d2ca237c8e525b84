import pytest

from converter.conversion.conversion_data import ConversionData, PreservedValue
from converter.errors import ManifestError


@pytest.mark.parametrize("data", ["", "[]", "{}", '{"source": 1}', "{" * 100_000])
def test_what_is_not_conversion_data_is_refused(data):
    with pytest.raises(ManifestError):
        ConversionData.from_json(data)


@pytest.mark.parametrize("place", ['{"path": ""}', '{"path": "", "value": 1, "was": {}}', '{"path": "", "value": {}}'])
def test_a_whole_manifest_that_is_not_one_is_refused(place):
    with pytest.raises(ManifestError):
        ConversionData.from_json(f'{{"source": "v1", "values": [{place}]}}')


def test_it_reads_what_it_writes():
    data = ConversionData(
        "v1", (PreservedValue("a[1]", value=1, was=2, given={"type": "A"}, shares=True, nth=1, of=3),)
    )
    assert ConversionData.from_json(data.to_json()) == data
