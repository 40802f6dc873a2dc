"""In what order a list of cases may be asked for."""

from __future__ import annotations

from enum import StrEnum


class Order(StrEnum):
    """In what order cases are listed: the newest first, what is due first, or by number within one workflow.

    By due instant only cases stand in a list that wait for one; by number only those that have one.
    """

    OPENED = "opened"
    DUE = "due"
    NUMBER = "number"
