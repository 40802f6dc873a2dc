"""Cases like a text: while a new matter is typed, and at the review; across congress sessions, behind the readers.

Nothing is kept of what is typed. Cases under a strict level are not among what is shown, nor are words of fields that
the reader may not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.identity import CaseId, RootId
from engine.case.likeness import THRESHOLD, Features, Likeness, features, likeness, spellings, telling_words, text_mark
from engine.case.search_words import Marked, marked, question, search_fields, tokens
from engine.case.secrecy import is_strict
from engine.definition.compiled import Definition
from engine.errors import CaseNotFound, InputRefused
from engine.service.ports import CaseFilter, Reads
from engine.service.search import NEWEST, open_texts
from engine.service.search_ports import Hit, KeepNotAlike, NotAlike, dismissed
from engine.service.world import World
from engine.text import Text

SHOWN_MAX: Final = 5
TEXT_MAX: Final = 2_000
_WORDS_MAX: Final = 14
_PAIRED_WORDS: Final = 5
_OF_EACH: Final = 60
_OF_FEW: Final = 2_000
_CANDIDATES_MAX: Final = 400
_SCORED_MAX: Final = 16
_AROUND: Final = 40
_MARKED_WORDS_MAX: Final = 6
PROMISE_FIELDS: Final = ("reply_class", "adoption", "planned_measures", "promised_on", "promise_result")
"""What a definition may keep of an answer that promised something; shown as far as a case has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarCase:
    """A case like a text: how alike, by which words, a piece of its text, and what was promised there, by field."""

    case: Case
    definition: Definition
    likeness: Likeness
    subject: str
    number: str | None
    excerpt: tuple[Marked, ...]
    promise: Mapping[str, JsonValue]


def similar(
    reads: Reads,
    root: RootId,
    actor: Actor,
    world: World,
    workflow: str,
    subject: str,
    text: str = "",
    *,
    limit: int = SHOWN_MAX,
) -> tuple[SimilarCase, ...]:
    """Return the cases of a workflow that are like a text, the likest first; none for a text that says nothing."""
    return _like(reads, root, actor, world, workflow, features(subject, text[:TEXT_MAX]), frozenset(), limit)


def similar_to(
    reads: Reads, root: RootId, case_id: CaseId, actor: Actor, world: World, *, limit: int = SHOWN_MAX
) -> tuple[SimilarCase, ...]:
    """Return the cases like a case, without those of which somebody has said that they are not, while neither text has
    changed since.

    Raises:
        CaseNotFound: also when it may not be seen.
    """
    case, subject, text = _matter_of(reads, root, case_id, actor, world)
    pairs = reads.not_alike(root, case.id)
    others = {CaseId(one) for pair in pairs for one in (pair.one, pair.other)}
    marks = {other.id: _mark(other, world) for other in reads.cases(root, others)} if pairs else {}
    left_out = {case.id, *dismissed(pairs, case.id, marks)} | set(case.merged_from)
    return _like(reads, root, actor, world, case.workflow, features(subject, text), frozenset(left_out), limit)


def not_alike(
    reads: Reads, root: RootId, pair: tuple[CaseId, CaseId], actor: Actor, world: World, now: datetime
) -> KeepNotAlike:
    """Return what keeps that two cases are not alike; who says so must see both.

    Raises:
        CaseNotFound: one of them is not there, or may not be seen.
        InputRefused: it is one and the same case, or nobody who could say so.
    """
    if pair[0] == pair[1] or actor.person is None:
        raise InputRefused(Text("请选择两件不同的事项", "Choose two different cases"))
    one, other = sorted(pair)
    seen = {case.id: case for case in reads.visible_cases(root, pair, _principals(actor))}
    if len(seen) < len(pair):
        raise CaseNotFound
    marks = {case.id: _mark(case, world) for case in seen.values()}
    kept = NotAlike(root, one, other, marks[one], marks[other], actor.person, microseconds(now))
    return KeepNotAlike(pair=kept)


def taken_back(said: KeepNotAlike) -> KeepNotAlike:
    """Return what takes back that two cases are not alike: no text has an empty mark, so that nothing is left out."""
    return KeepNotAlike(pair=said.pair._replace(one_mark="", other_mark=""))


def _like(
    reads: Reads,
    root: RootId,
    actor: Actor,
    world: World,
    workflow: str,
    wanted: Features,
    left_out: frozenset[CaseId],
    limit: int,
) -> tuple[SimilarCase, ...]:
    principals = _principals(actor)
    ids = [one for one in _candidates(reads, root, principals, wanted) if one not in left_out]
    visible = reads.search_visible(root, principals, ids, CaseFilter(workflow=workflow))
    best = [one for one in ids if one in visible][:_SCORED_MAX]
    found: list[tuple[Likeness, Case, Definition, Mapping[str, str]]] = []
    for case in reads.visible_cases(root, best, principals):
        definition = _definition(case, world)
        if is_strict(case, definition):
            continue
        texts = open_texts(case, definition, actor, world)
        subject, text = _matter(texts, definition)
        # Of whoever has typed a subject only, nothing but the subjects can be compared.
        alike = likeness(wanted, features(subject, "" if wanted.whole == wanted.subject else text))
        if alike.score >= THRESHOLD:
            found.append((alike, case, definition, texts))
    found.sort(key=lambda one: (-one[0].score, -one[1].opened_at.timestamp(), one[1].id))
    # What is shown beside a case is looked for in the few that are shown.
    return tuple(
        _similar(case, definition, alike, texts, actor, world) for alike, case, definition, texts in found[:limit]
    )


def _candidates(reads: Reads, root: RootId, principals: Sequence[str] | None, wanted: Features) -> list[CaseId]:
    """Return cases that share words with a text, those that share most of its telling words first.

    Who sees few cases is asked for these. Of all others the newest with each word, and with each two of the words that
    tell most: so an old case is met as well where it shares more than one.
    """
    few = reads.search_few(root, principals, before=NEWEST)
    words = telling_words(wanted, _WORDS_MAX)
    if few is not None:
        return _among_few(reads, few, words)
    count: Counter[CaseId] = Counter()
    for word in words:
        for spelling in spellings(word):
            for hit in reads.search_hits(root, [_phrase(spelling)], before=NEWEST, limit=_OF_EACH):
                count[hit.case] += 1
    for place, word in enumerate(words[:_PAIRED_WORDS]):
        for other in words[place + 1 : _PAIRED_WORDS]:
            for hit in reads.search_hits(root, [_phrase(word), _phrase(other)], before=NEWEST, limit=_OF_EACH):
                count[hit.case] += 1
    return [case for case, _times in count.most_common(_CANDIDATES_MAX)]


def _among_few(reads: Reads, few: Sequence[Hit], words: Sequence[str]) -> list[CaseId]:
    """Return those of the few cases somebody sees that are worth comparing: all of them where they are few indeed."""
    if len(few) <= _SCORED_MAX:
        return [hit.case for hit in few]
    of_number = {hit.n: hit.case for hit in few}
    count: Counter[CaseId] = Counter()
    for word in words[:_PAIRED_WORDS]:
        for spelling in spellings(word):
            numbers = reads.search_numbers([_phrase(spelling)], before=NEWEST, limit=_OF_FEW)
            count.update(of_number[n] for n in numbers if n in of_number)
    newest = [hit.case for hit in few[: _SCORED_MAX // 2]]
    return list(dict.fromkeys([*(case for case, _times in count.most_common(_SCORED_MAX // 2)), *newest]))


def _phrase(word: str) -> list[str]:
    """Return the tokens of a word; its last character alone is none that has to stand there."""
    found = tokens(word)
    return found[:-1] if len(found) > 1 and len(found[-1]) == 1 else found


def _matter_of(reads: Reads, root: RootId, case_id: CaseId, actor: Actor, world: World) -> tuple[Case, str, str]:
    seen = reads.visible_cases(root, [case_id], _principals(actor))
    if not seen:
        raise CaseNotFound
    definition = _definition(seen[0], world)
    return (seen[0], *_matter(open_texts(seen[0], definition, actor, world), definition))


def _matter(texts: Mapping[str, str], definition: Definition) -> tuple[str, str]:
    """Return the subject of a case, and what else was said when it was opened."""
    part = definition.workflow
    said = (texts[name] for name in part.opening if name in texts and name != part.subject_field)
    return texts.get(part.subject_field, ""), "\n".join(said)


def _mark(case: Case, world: World) -> str:
    definition = _definition(case, world)
    names = [name for name in definition.workflow.opening if name in search_fields(definition)]
    return text_mark("", "\n".join(str(case.data.get(name, "")) for name in names))


def _similar(
    case: Case, definition: Definition, alike: Likeness, texts: Mapping[str, str], actor: Actor, world: World
) -> SimilarCase:
    known = _known(case, definition, actor, world)
    part = definition.workflow
    return SimilarCase(
        case=case,
        definition=definition,
        likeness=alike,
        subject=texts.get(part.subject_field, ""),
        number=next((texts[name] for name in part.number_fields if name in texts), None),
        excerpt=_excerpt(_matter(texts, definition)[1], alike.shared),
        promise={name: case.data[name] for name in PROMISE_FIELDS if name in known and case.data.get(name)},
    )


def _excerpt(text: str, shared: Sequence[str]) -> tuple[Marked, ...]:
    """Return the piece of a text where one of the words stands; its beginning where it says them in another way."""
    for word in shared[:_MARKED_WORDS_MAX]:
        if found := marked(text, question(word), around=_AROUND):
            return found
    beginning = text[: 2 * _AROUND]
    return (Marked(f"{beginning}…" if len(text) > len(beginning) else beginning, False),) if beginning else ()


def _known(case: Case, definition: Definition, actor: Actor, world: World) -> frozenset[str]:
    return disclosed(case, definition, actor, world.surroundings.tree).fields


def _definition(case: Case, world: World) -> Definition:
    return world.rules.pinned(case.pins.definition, case.pins.lists)


def _principals(actor: Actor) -> Sequence[str] | None:
    return principals_of(actor) if actor.kind is ActorKind.PERSON else None
