"""The scenarios of proposals."""

from pytest_bdd import scenarios

scenarios("../../features/proposal")
