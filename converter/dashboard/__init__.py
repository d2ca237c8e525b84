"""The dashboard: shows which object goes to which cluster, in which version, and what it loses on the way.

A process of its own. It reads Karmada's API with read-only rights, and shows each viewer what Karmada lets them see.
"""
