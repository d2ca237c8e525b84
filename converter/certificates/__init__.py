"""Certificates: issue, rotate, serve over TLS, and notice changed files."""
