import pytest

from converter.errors import NoRouteError
from tests.rulekit import converter, routes, rule_text

A, B, C, D = (f"a.example/v{n}" for n in (1, 2, 3, 4))
LOSSY = "steps: [{drop: {path: spec.x, side: left, why: gone}}]"


def rule(left, right, body="steps: []"):
    return rule_text(body, name=f"{left}-{right}".replace("/", "-"), left=left, right=right)


def test_a_route_is_a_chain_of_rules():
    route = routes(rule(A, B), rule(B, C)).cheapest("Thing", A, [C])
    assert route.versions() == (A, B, C)
    assert route.cost == (0, 2, 0)


def test_fewer_losses_beat_fewer_rules():
    book = routes(rule(A, D, LOSSY), rule(A, B), rule(B, C), rule(C, D))
    assert book.cheapest("Thing", A, [D]).versions() == (A, B, C, D)
    assert book.cheapest("Thing", D, [A]).versions() == (D, A)


def test_the_earlier_target_wins_where_two_cost_the_same():
    book = routes(rule(A, B), rule(A, C))
    assert book.cheapest("Thing", A, [C, B]).target == C
    assert book.cheapest("Thing", A, [B, C]).target == B


def test_the_nearer_target_wins_over_the_earlier():
    assert routes(rule(A, B), rule(B, C)).cheapest("Thing", A, [C, B]).target == B


def test_the_same_book_gives_the_same_route_whatever_the_order_of_rules():
    texts = [rule(A, B), rule(A, C), rule(B, D), rule(C, D)]
    assert (
        routes(*texts).cheapest("Thing", A, [D]).versions()
        == routes(*reversed(texts)).cheapest("Thing", A, [D]).versions()
    )


def test_no_route_is_reported_with_the_versions():
    with pytest.raises(NoRouteError) as caught:
        routes(rule(A, B)).cheapest("Thing", A, ["a.example/v9", "b.example/v1"])
    assert (caught.value.kind, caught.value.source) == ("Thing", A)
    assert caught.value.targets == ("a.example/v9", "b.example/v1")


def test_no_route_is_reported_in_the_rule_book_s_words():
    with pytest.raises(NoRouteError, match="another thing altogether"):
        converter(rule(A, B, "unconvertible: v2 is another thing altogether")).convert(
            {"apiVersion": A, "kind": "Thing"}, to=B
        )


def test_a_kind_of_the_same_name_in_another_group_is_another_kind():
    with pytest.raises(NoRouteError):
        routes(rule(A, B)).cheapest("Thing", A, ["other.example/v1"])


def test_the_words_hold_for_versions_beyond_the_gap_too():
    found = routes(rule(A, B), rule(B, C, "unconvertible: v3 is another thing altogether"))
    assert "another thing altogether" in found.why_not("Thing", A, [C])
    assert found.why_not("Thing", A, [B]) == ""


def test_the_same_shape_wins_over_another_that_can_say_the_same():
    book = routes(rule(A, B, "steps: [{rename: {spec.a: spec.b}}]"), rule(A, C))
    assert book.cheapest("Thing", A, [B, C]).target == C
