"""The scenarios of supervision orders."""

from pytest_bdd import scenarios

scenarios("../../features/supervision")
