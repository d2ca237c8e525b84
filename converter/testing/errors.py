"""The error of a test that asks for something impossible."""

from __future__ import annotations

from converter.errors import ConverterError


class ArgumentError(ConverterError, ValueError):
    """An argument cannot be used: the test is wrong, not what it tests.

    Attributes:
        argument: the name of the argument.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}")
        self.argument = argument
