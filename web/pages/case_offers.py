"""What a case's page says of its moves: in which order, what would be refused and why, what happens next, the messages
to and fro; and the move by which somebody puts their name to an exact text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool

from api.rendering import number_of
from engine.case.commands import FireTransition
from engine.errors import BanjieError, FormInvalid, GuardRefused, StaleCase
from engine.service.execute import Done
from engine.service.queries import CaseView, TimelineLine
from engine.service.rehearsal import rehearse
from engine.service.signing import Change, changes_since, digest_of, is_signature, signed_text
from engine.service.world import World
from engine.text import Text
from web.forms.moves import MoveForm
from web.shell import Shell, Visit
from web.texts import TEXTS
from web.views.clocks import ClockView
from web.views.fields import FieldWriter
from web.views.next_step import NextStep, next_step
from web.views.offers import Offers, Signing, offers_of, pressing_moves
from web.views.talk import Message, messages
from web.views.timeline import EntryView
from web.words import Words

SIGNINGS_MAX = 4
"""How often a signature is tried again where others sign the same text at the same moment."""
CHANGE_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOffers:
    """What the page shows of all that."""

    offers: Offers
    next: NextStep
    talk: tuple[Message, ...]
    number: str | None
    is_draft: bool


def case_offers(
    shell: Shell,
    visit: Visit,
    view: CaseView,
    world: World,
    forms: Sequence[MoveForm],
    writer: FieldWriter,
    lines: Sequence[tuple[TimelineLine, EntryView]],
    clocks: tuple[ClockView, ...],
) -> CaseOffers:
    """Return it for one reader; ``clocks`` are in the order of their due instants."""
    workflow, words, units = view.definition.workflow, visit.words, world.surroundings.tree
    pressing = pressing_moves(workflow, view.case, view.offered, visit.known.actor, units)
    signs = any(is_signature(workflow.transitions[name]) for name in view.offered)
    offers = offers_of(
        view, forms, pressing, _refusals(shell, visit, view), _signing(view, writer) if signs else None, words
    )
    return CaseOffers(
        offers=offers,
        next=next_step(view, clocks, offers, words),
        talk=tuple(messages(lines, workflow)),
        number=number_of(view),
        # Who opened it must act first before anybody else has it.
        is_draft=workflow.opener_becomes in workflow.states[view.case.state].acts and view.case.seq == 1,
    )


def _refusals(shell: Shell, visit: Visit, view: CaseView) -> Mapping[str, BanjieError]:
    """Return why moves would be refused now, of those that can be asked about before anything is filled in."""
    transitions = view.definition.workflow.transitions
    askable = [name for name in view.offered if "required" not in transitions[name].form.values()]
    asker = visit.known
    commands = [
        FireTransition(root=asker.root, actor=asker.actor, key="", case=view.case.id, transition=name)
        for name in askable
    ]
    steps = rehearse(shell.edge.desk, asker.root, commands) if commands else []
    return {
        name: step
        for name, step in zip(askable, steps, strict=True)
        if isinstance(step, BanjieError) and not isinstance(step, FormInvalid)
    }


def _signing(view: CaseView, writer: FieldWriter) -> Signing:
    text = signed_text(view.definition, view.fields)
    rows = tuple((writer.title(name), _written(writer, name, value)) for name, value in text.items())
    return Signing(digest=digest_of(text), rows=rows)


async def fire_move(shell: Shell, visit: Visit, command: FireTransition, posted: Mapping[str, list[str]]) -> Done:
    """Have a move carried out. One that puts a name to a text is made on the text that was read, or not at all.

    Raises:
        GuardRefused: the text is another now; it says what was changed.
        BanjieError: as any command is refused.
    """
    digest = posted.get("text", [""])[0]
    for left in reversed(range(SIGNINGS_MAX)):
        signed = await run_in_threadpool(_signed, shell, visit, command, digest)
        if signed is None:
            break
        try:
            return await shell.edge.ask(signed)
        except StaleCase:
            if not left:
                raise
            # Somebody else moved the case; whether the text is the same is looked at again.
            command = replace(command, expected_version=None)
    return await shell.edge.ask(command)


def _signed(shell: Shell, visit: Visit, command: FireTransition, digest: str) -> FireTransition | None:
    """Return the command bound to the case as it stands with the text that was read, None for one that signs none."""
    asker, world, queries = visit.known, shell.world(visit), shell.edge.desk.queries
    view = queries.case(asker.root, command.case, asker.actor, world)
    part = view.definition.workflow.transitions.get(command.transition)
    if part is None or command.transition not in view.offered or not is_signature(part):
        return None
    text = signed_text(view.definition, view.fields)
    if digest_of(text) != digest:
        lines = queries.timeline(asker.root, command.case, asker.actor, world)
        changes = changes_since(view.definition, lines, text, digest)
        raise GuardRefused(_changed(changes, view, world), guard="text_unchanged")
    if command.expected_version is not None:
        return command
    return replace(command, expected_version=view.case.version)


def _changed(changes: Sequence[Change] | None, view: CaseView, world: World) -> Text:
    """Return in both languages what was changed in the text; None changes where nobody knows which text was read."""
    if changes is None:
        return TEXTS["sign_unknown"]
    told = {}
    for words in (Words("zh"), Words("en")):
        writer = FieldWriter(words=words, definition=view.definition, surroundings=world.surroundings, persons={})
        told[words.language] = "；".join(
            words.t(
                "sign_change",
                title=writer.title(change.name),
                old=_short(writer, change.name, change.old),
                new=_short(writer, change.name, change.new),
            )
            for change in changes
        )
    told_zh = TEXTS["sign_changed"].filled({"changes": told["zh"]})
    told_en = TEXTS["sign_changed"].filled({"changes": told["en"]})
    return Text(told_zh.zh, told_en.en)


def _written(writer: FieldWriter, name: str, value: JsonValue) -> str:
    """Return a value in words; files by their names."""
    shown = writer.shown(name, value)
    return shown.text or writer.words.listed(file.name for file in shown.files)


def _short(writer: FieldWriter, name: str, value: JsonValue) -> str:
    text = _written(writer, name, value)
    return text if len(text) <= CHANGE_CHARACTERS_MAX else f"{text[:CHANGE_CHARACTERS_MAX]}…"
