"""What the rule book covers: each kind in each Kubernetes release is native, converted or unreachable."""

from converter.coverage.matrix import Cell, Matrix, Row, State, build_matrix

__all__ = ["Cell", "Matrix", "Row", "State", "build_matrix"]
