"""Conditions: found by type, and given a new state."""

from converter.karmada.conditions import ALL_APPLIED, FULLY_APPLIED, NOT_ALL_APPLIED, find_condition, with_state

SENT = {"type": FULLY_APPLIED, "status": "False", "lastTransitionTime": "sent", "observedGeneration": 3}


def test_a_condition_is_found_by_its_type():
    assert find_condition([{"type": "Scheduled"}, SENT], FULLY_APPLIED) is SENT
    assert find_condition([{"status": "True"}], FULLY_APPLIED) is None
    assert find_condition(None, FULLY_APPLIED) is None


def test_the_transition_time_changes_with_the_status_only():
    stored = {"type": FULLY_APPLIED, "status": "True", "lastTransitionTime": "stored"}
    assert with_state(SENT, ALL_APPLIED, stored, "now")["lastTransitionTime"] == "stored"
    assert with_state(SENT, ALL_APPLIED, None, "now")["lastTransitionTime"] == "now"
    assert with_state(SENT, NOT_ALL_APPLIED, stored, "now")["lastTransitionTime"] == "sent"


def test_other_fields_stay():
    changed = with_state(SENT, ALL_APPLIED, None, "now")
    assert changed["observedGeneration"] == 3
    assert (changed["status"], changed["reason"]) == ("True", "FullyAppliedSuccess")
    assert SENT["status"] == "False"
