"""Finds known troubles of an installation, each with evidence and the command that mends it.

A check reads, and sends dry runs; it changes nothing. What it finds is data (`converter.doctor.finding`); text is made
of it last (`converter.doctor.messages`).
"""
