"""The scenarios of grievances."""

from pytest_bdd import scenarios

scenarios("../../features/grievance")
