"""Placement: which clusters a binding has to leave out."""
