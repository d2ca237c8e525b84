"""What the rule book covers: every kind in every Kubernetes release, native, converted, or out of reach."""

from converter.coverage.matrix import Cell, Matrix, Row, State, build_matrix

__all__ = ["Cell", "Matrix", "Row", "State", "build_matrix"]
