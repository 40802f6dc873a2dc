"""The trees that rule-engine makes of expressions, each made once: many are alike but for their operands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import rule_engine


@lru_cache(maxsize=4096)
def tree_of(words: str) -> Any:
    """Return the tree of an expression, which nobody changes; raises rule_engine.RuleSyntaxError."""
    return rule_engine.Rule(words, rule_engine.Context(default_timezone="utc")).statement.expression
