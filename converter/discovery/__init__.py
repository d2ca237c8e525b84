"""The discovery-only API server for versions that only members serve, and who registers it.

Karmada maps every manifest of a Work through the control plane's own discovery. A version that only a member
serves is unknown there, so an aggregated API names its resources, without verbs: clients that map kinds see
them, and everything that would list or watch passes them over.
"""

from converter.discovery.documents import Discovery, Named, named_resources

__all__ = ["Discovery", "Named", "named_resources"]
