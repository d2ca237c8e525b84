"""Command lines as pflag reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.install.flags import Flags, FlagsError


def test_every_way_to_write_a_flag():
    flags = Flags.read(["--a=1", "--b", "2", "--yes", "-v=4", "--leader_elect=false", "--c=x=y", "--empty="])
    assert flags.items == (
        ("a", "1"), ("b", "2"), ("yes", None), ("v", "4"), ("leader-elect", "false"), ("c", "x=y"), ("empty", ""),
    )  # fmt: skip
    assert flags.words() == ["--a=1", "--b=2", "--yes", "--v=4", "--leader-elect=false", "--c=x=y", "--empty="]


@pytest.mark.parametrize("words", [["run"], ["--a=1", "b"], ["--a", "1", "2"], ["-"]])
def test_another_word_is_refused(words):
    with pytest.raises(FlagsError) as raised:
        Flags.read(words)
    assert raised.value.word == words[-1]


def test_the_last_value_counts_and_a_new_one_replaces_all():
    flags = Flags.read(["--x=1", "--plugins=*", "--y=2", "--plugins=-A"])
    assert flags.get("plugins") == "-A"
    assert flags.values("plugins") == ["*", "-A"]
    assert flags.with_value("plugins", "B").words() == ["--x=1", "--plugins=B", "--y=2"]
    assert flags.with_value("z", "3").words()[-1] == "--z=3"
    assert flags.without("plugins", "x").words() == ["--y=2"]
    assert flags.get("absent", "default") == "default"


NAMES = st.text("abc-", min_size=2, max_size=5).filter(lambda text: text.strip("-") == text)


@given(st.lists(st.tuples(NAMES, st.none() | st.text(max_size=4))))
def test_what_is_written_reads_the_same(items):
    flags = Flags(tuple(items))
    assert Flags.read(flags.words()) == flags
