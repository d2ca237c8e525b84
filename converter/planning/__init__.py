"""Plans a change of the fleet before anybody makes it: a cluster gets another release, joins, or is removed.

`scenario` makes the cluster as it would be, `sources` restores what users sent, `changes` compares both.
"""

from converter.planning.changes import WORSE, ChangeKind, ObjectPlan, plan_change
from converter.planning.scenario import Scenario, ScenarioError, joining, removed, with_release
from converter.planning.sources import SentObject, from_files, sent_objects

__all__ = [
    "WORSE",
    "ChangeKind",
    "ObjectPlan",
    "Scenario",
    "ScenarioError",
    "SentObject",
    "from_files",
    "joining",
    "plan_change",
    "removed",
    "sent_objects",
    "with_release",
]
