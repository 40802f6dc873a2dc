"""Who will see what of a case at each level of confidentiality, said before anything is typed; from the definition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.case.secrecy import ACCUSED_UNITS
from engine.definition.compiled import Definition
from engine.definition.model import IdentityPart
from engine.definition.parts import Privacy
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelView:
    """Levels at which the same is known of who files: their names, and that in a plain sentence."""

    title: str
    sentence: str


def levels_seen(definition: Definition, words: Words, *, anonymous: bool) -> tuple[LevelView, ...]:
    """Return the levels that can be chosen with a login, or without one; none where a definition has none."""
    identity = definition.workflow.identity
    code_list = None if identity is None else definition.list_of(identity.level)
    if identity is None or code_list is None:
        return ()
    nameless = definition.anonymous_codes.get(identity.level, frozenset())
    alike: dict[str, list[str]] = {}
    for item in code_list.items:
        if (item.code in nameless) is anonymous:
            alike.setdefault(_known(definition, identity, item.code, words), []).append(words.say(item.title.text))
    return tuple(LevelView(title=words.listed(titles), sentence=sentence) for sentence, titles in alike.items())


def always_seen(definition: Definition, words: Words) -> tuple[str, ...]:
    """Return in plain sentences who reads what is written, whatever the level."""
    if definition.workflow.identity is None:
        return ()
    brief = words.listed(_offices(definition, words, whole=False))
    return (
        words.t("seen_readers", roles=words.listed(_offices(definition, words, whole=True))),
        words.t("seen_brief", roles=brief),
        *([words.t("seen_accused")] if ACCUSED_UNITS in definition.workflow.opening else []),
    )


def _known(definition: Definition, identity: IdentityPart, level: str, words: Words) -> str:
    if level in definition.anonymous_codes.get(identity.level, frozenset()):
        return words.t("seen_nobody")
    if level in definition.strict_codes.get(identity.level, frozenset()):
        return words.t("seen_sealed")
    return words.t("seen_known", roles=words.listed(_offices(definition, words, whole=True)))


def _offices(definition: Definition, words: Words, *, whole: bool) -> Iterator[str]:
    """Yield the posts that read what is confidential, or those that see a case without that."""
    for role in definition.workflow.roles.values():
        if role.bound == "grant" and role.sees and (role.reads is Privacy.CONFIDENTIAL) is whole:
            yield words.say(role.title.text)
