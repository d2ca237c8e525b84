"""Judges conversion_rules/ecosystem by the projects' own conversion code and by real API servers; see record.py."""
