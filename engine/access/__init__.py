"""Persons, roles in units, who reads a case; knows no HTTP."""
