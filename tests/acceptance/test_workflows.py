"""The scenarios of every workflow that has a way beside its features."""

from pathlib import Path

from pytest_bdd import scenarios

scenarios(*(str(way.parent) for way in sorted((Path(__file__).parents[2] / "features").glob("*/way.yaml"))))
