"""The catalog: the API versions that each Kubernetes release serves, and the fields of their types."""

from converter.catalog.data import CatalogDataError, Source
from converter.catalog.defaults import NeutralValues, value_at
from converter.catalog.feature_gates import (
    DEFAULT_GATES,
    FeatureGate,
    FeatureGatesError,
    GateSettings,
    Requirement,
    Stage,
)
from converter.catalog.lookup import Catalog, Resource, load_catalog
from converter.catalog.release import CatalogError, Release, ReleaseFormatError, UnknownReleaseError
from converter.catalog.storage import is_stored
from converter.catalog.types import ANY, FieldCondition, FieldKind, FieldType, ObjectType, Scalar, Values, walk

__all__ = [
    "ANY",
    "DEFAULT_GATES",
    "Catalog",
    "CatalogDataError",
    "CatalogError",
    "FeatureGate",
    "FeatureGatesError",
    "FieldCondition",
    "FieldKind",
    "FieldType",
    "GateSettings",
    "NeutralValues",
    "ObjectType",
    "Release",
    "ReleaseFormatError",
    "Requirement",
    "Resource",
    "Scalar",
    "Source",
    "Stage",
    "UnknownReleaseError",
    "Values",
    "is_stored",
    "load_catalog",
    "value_at",
    "walk",
]
