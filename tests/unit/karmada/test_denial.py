"""The part of a denial that programs read, through whatever wraps and joins messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from converter.karmada.denial import denied_clusters, render_denial

NAMES = st.sampled_from("a0") | st.text("az09-", min_size=1, max_size=20).map("m{}9".format)
"""Names of clusters. A regular expression would take most of the time of these tests."""
TEXTS = st.text() | st.just("(clusters=other) x") | st.just("denied the request: (clusters=a,b)")


@given(st.sets(NAMES), TEXTS)
def test_the_clusters_come_back_whatever_the_text_says(clusters, text):
    assert denied_clusters(render_denial(clusters, text)) == clusters


@given(st.lists(st.tuples(st.sets(NAMES, min_size=1), TEXTS), min_size=1, max_size=4))
def test_joined_messages_name_all_clusters(denials):
    wrapped = (f'admission webhook "works.x" denied the request: {render_denial(*denial)}' for denial in denials)
    assert denied_clusters(f"[{', '.join(wrapped)}]") == set().union(*(clusters for clusters, _ in denials))


def test_a_message_of_others_names_none():
    assert denied_clusters("cluster old: the server said (clusters) or cluster a: no") == frozenset()
