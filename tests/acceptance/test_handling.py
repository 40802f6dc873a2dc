"""The scenarios of what each unit does with the part it was given."""

from pytest_bdd import scenarios

scenarios("../../features/handling")
