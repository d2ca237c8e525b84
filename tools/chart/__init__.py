"""Describes the values of the Helm chart, and writes the files that list them."""
