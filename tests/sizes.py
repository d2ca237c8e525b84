"""How many generated cases a test tries: the numbers in the tests are those of CI, and `make test` tries a fifth."""

from hypothesis import settings

CI = 300
"""The examples of the profile `ci`."""


def cases(number: int) -> int:
    """The size of a test that tries `number` of cases in CI, in the present profile; never more than that."""
    return max(1, number * min(settings().max_examples, CI) // CI)
