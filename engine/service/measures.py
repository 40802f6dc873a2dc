"""Measures of supervision (催办、督办单 …) taken on a selection of cases: what each would come to, and its commands.

A measure is a move that a definition marks with ``supervises``, known by its name in every workflow that has it; with
``any_move`` it is any move at all, as from a session's board. Each case is asked for by a command of its own: one that
is refused keeps none of the others back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.commands import FireTransition
from engine.case.identity import CaseId, RootId
from engine.case.offers import not_offered, not_permitted, offered
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import Effect, Notify, OpenLinked, TransitionPart
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError, CaseNotFound, NotFound, TransitionNotOffered
from engine.service.desk import Desk
from engine.service.world import World
from engine.text import Text

Form = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a measure would come to on one case. ``case`` and ``definition`` are None for one that may not be seen.

    ``refusal`` says why it cannot be done: of a plan why it is not offered, of a preview (``selecting``) what guards
    say, too. ``tells`` are the posts that are told, ``opens`` the workflows of which a case is opened, ``raises`` the
    rungs that a preview finds would be raised.
    """

    id: CaseId
    case: Case | None
    definition: Definition | None
    refusal: BanjieError | None
    tells: tuple[Text, ...] = ()
    opens: tuple[Text, ...] = ()
    raises: tuple[Text, ...] = ()

    @property
    def version(self) -> int | None:
        """The version of the case as it stands, None for one that may not be seen."""
        return None if self.case is None else self.case.version

    @property
    def number(self) -> str | None:
        """The number the case is known by, None while it has none."""
        if self.case is None or self.definition is None:
            return None
        values = (self.case.data.get(name) for name in self.definition.workflow.number_fields)
        return next((str(value) for value in values if value), None)

    @property
    def subject(self) -> str | None:
        """The subject of the case."""
        if self.case is None or self.definition is None:
            return None
        value = self.case.data.get(self.definition.workflow.subject_field)
        return None if value is None else str(value)


def plan(
    desk: Desk, root: RootId, actor: Actor, measure: str, cases: Iterable[CaseId], *, any_move: bool = False
) -> list[Planned]:
    """Return what a measure would come to on each of the cases, each once, in their order.

    Raises:
        NotFound: no workflow has such a measure.
    """
    world = desk.world(root)
    measure = measure_called(world.rules, measure, any_move=any_move)
    wanted = list(dict.fromkeys(cases))
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    seen = {case.id: case for case in desk.reads.visible_cases(root, wanted, principals)}
    return [_planned(case, seen.get(case), measure, actor, world, any_move) for case in wanted]


def commands(
    planned: Sequence[Planned],
    measure: str,
    form: Form,
    *,
    actor: Actor,
    root: RootId,
    key: str,
    rules: Rulebook,
    versions: Mapping[CaseId, int] | None = None,
) -> list[FireTransition]:
    """Return one command per case, in the same order.

    Of the one form each case is given what its own definition asks for; what no workflow asks for with this measure
    goes along and is refused. So a case has the same command whatever else is selected, and when it is sent again.

    Args:
        planned: the cases.
        measure: the name of the move.
        form: what was filled in, once for all.
        actor: who takes the measure.
        root: the organisation.
        key: of the whole; each case has one of its own made of it.
        rules: of the organisation.
        versions: the versions of the cases the actor looked at, where that matters.
    """
    newest = (rules.newest(name).transitions.get(measure) for name in rules.names())
    asked_by_any = {name for part in newest if part is not None for name in part.form}
    asked_by_any.update(name for one in planned for name in _asked(one.definition, measure))
    return [
        FireTransition(
            root=root,
            actor=actor,
            key=f"{key}:{one.id}",
            case=one.id,
            transition=measure,
            form={
                name: value
                for name, value in form.items()
                if name not in asked_by_any or name in _asked(one.definition, measure)
            },
            expected_version=None if versions is None else versions.get(one.id),
        )
        for one in planned
    ]


def asked_fields(planned: Iterable[Planned], measure: str) -> Mapping[str, Definition]:
    """Return the fields that a measure asks for on these cases, each with the first definition that does, in order."""
    found: dict[str, Definition] = {}
    for one in planned:
        if one.definition is not None and one.refusal is None:
            for name in _asked(one.definition, measure):
                found.setdefault(name, one.definition)
    return found


def reason_fields(planned: Iterable[Planned], measure: str) -> frozenset[str]:
    """Return the fields in which the reason stands: of each definition the first text that must be filled in freely."""
    found = set()
    for one in planned:
        if one.definition is not None and one.refusal is None:
            fields = one.definition.workflow.fields
            found.update(
                [
                    name
                    for name, need in _asked(one.definition, measure).items()
                    if need == "required"
                    and fields[name].list is None
                    and fields[name].json_schema.get("type") == "string"
                    and not fields[name].json_schema.keys() & {"format", "enum"}
                ][:1]
            )
    return frozenset(found)


def measures_of(rules: Rulebook, *, any_move: bool = False) -> Mapping[str, Text]:
    """Return the measures of all workflows in their newest versions, or all their moves: name → title."""
    found: dict[str, Text] = {}
    for workflow in (rules.newest(name) for name in rules.names()):
        for name, part in workflow.transitions.items():
            if part.supervises or any_move:
                found.setdefault(name, part.title.text)
    return found


def title_on(planned: Iterable[Planned], rules: Rulebook, measure: str, *, any_move: bool = False) -> Text:
    """Return what a measure or move is called on these cases: procedures may give one name to moves of other titles."""
    for one in planned:
        part = None if one.definition is None else one.definition.workflow.transitions.get(measure)
        if part is not None and (part.supervises or any_move):
            return part.title.text
    return measures_of(rules, any_move=any_move)[measure]


def measure_called(rules: Rulebook, name: str, *, any_move: bool = False) -> str:
    """Return the measure with this name, else with this title; raises NotFound, which names those there are.

    A name goes before a title, as the title of one may be the name of another. Any move is known by its name alone:
    titles of moves are not all different.
    """
    known = measures_of(rules, any_move=any_move)
    if any_move and name not in known:
        raise NotFound(Text(f"没有名为“{name}”的办理步骤", f"No move is named {name!r}"), measure=name)
    if any_move:
        return name
    wanted = name.strip().casefold()
    by_name = [measure for measure in known if measure == wanted]
    by_title = [measure for measure, title in known.items() if wanted in (title.zh, title.en.casefold())]
    if by_name or by_title:
        return (by_name or by_title)[0]
    titles = [f"{title.zh}（{measure}）" for measure, title in known.items()]
    raise NotFound(
        Text(
            f"没有名为“{name}”的督办措施；现有：{'、'.join(titles)}",
            f"No measure of supervision is named {name!r}; there are {', '.join(known)}",
        ),
        measure=name,
    )


def _planned(wanted: CaseId, case: Case | None, measure: str, actor: Actor, world: World, any_move: bool) -> Planned:
    if case is None:
        return Planned(id=wanted, case=None, definition=None, refusal=CaseNotFound())
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    workflow, tree = definition.workflow, world.surroundings.tree
    part = workflow.transitions.get(measure)
    refusal: BanjieError | None = None
    if part is None:
        refusal = _unknown_to(workflow, measure, measures_of(world.rules, any_move=any_move)[measure])
    elif not (part.supervises or any_move) or case.state not in part.from_:
        refusal = not_offered(workflow, case, actor, tree, measure)
    elif measure not in offered(workflow, case, actor, tree):
        refusal = not_permitted(workflow, part.by)
    if part is None or refusal is not None:
        return Planned(id=wanted, case=case, definition=definition, refusal=refusal)
    effects = _effects(part)
    return Planned(
        id=wanted,
        case=case,
        definition=definition,
        refusal=None,
        tells=tuple(_told(effects, workflow)),
        opens=tuple(
            world.rules.newest(effect.workflow).title.text for effect in effects if isinstance(effect, OpenLinked)
        ),
    )


def _unknown_to(workflow: Workflow, measure: str, title: Text) -> TransitionNotOffered:
    """Return the refusal for a case whose workflow has no such measure, by the name that the measure has elsewhere."""
    kind = workflow.title.text
    return TransitionNotOffered(
        Text(f"“{kind.zh}”没有“{title.zh}”这项措施", f"“{kind.en}” knows no “{title.en}”"), asked=measure, offered=[]
    )


def _told(effects: Iterable[Effect], workflow: Workflow) -> Iterable[Text]:
    notices = (workflow.notices[effect.notice] for effect in effects if isinstance(effect, Notify))
    return (workflow.roles[role].title.text for role in dict.fromkeys(role for one in notices for role in one.to))


def _effects(part: TransitionPart) -> tuple[Effect, ...]:
    return (*part.effects, *(effect for way in part.alternatives for effect in way.effects))


def _asked(definition: Definition | None, measure: str) -> Mapping[str, str]:
    part = None if definition is None else definition.workflow.transitions.get(measure)
    return {} if part is None else part.form
