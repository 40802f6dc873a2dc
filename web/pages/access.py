"""Who holds which right on a case, and from where; who is recused; who has looked at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from engine.access.directory import GrantRow, Surroundings
from engine.case.codec import at_from
from engine.case.identity import CaseId, PersonId, UnitId
from engine.definition.wording import title_of
from engine.service.case_access import HOLDERS_MAX, Audience, CaseAccess, Holder, Recusal, RoleAccess, case_access
from engine.service.organisation import role_titles
from engine.text import Text
from web.routing import Pages
from web.shell import Shell
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderView:
    """Somebody in a role, and from where."""

    name: str
    source: str
    deputy_of: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleView:
    """A role of the case on the page."""

    title: str
    reads: str
    sees: bool
    moves: str
    holders: tuple[HolderView, ...]
    cut: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """Somebody who is recused, who looked, or who asked for the identity: who, what, when or why."""

    who: str
    what: str
    more: str = ""


def access_pages(shell: Shell) -> Pages:
    """Return the address of the rights on a case."""
    router = Pages()

    @router.get("/cases/{case_id}/access")
    def show(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        asker, words, world = visit.known, visit.words, shell.world(visit)
        staff = shell.edge.settings.accounts.staff
        found = case_access(shell.edge.desk, asker.root, CaseId(case_id), asker.actor, world, staff)
        there = world.surroundings
        writer = _Writer(
            words, there, found, {name: words.say(text) for name, text in role_titles(world.rules).items()}
        )
        return shell.page(
            visit,
            "access.html",
            section="cases",
            title=words.t("access_looked_link") if found.audience is Audience.OPENER else words.t("access_title"),
            number=_number(found) or words.t("no_number"),
            workflow=words.say(found.definition.workflow.title.text),
            address=None if found.audience is Audience.AUDITORS else f"/cases/{case_id}",
            whole=found.audience is not Audience.OPENER,
            roles=[writer.role(role) for role in found.roles],
            recusals=[writer.recusal(recusal) for recusal in found.recusals],
            kept=found.looks_are_kept,
            looks=list(writer.looks()),
            openings=list(writer.openings()),
        )

    return router


class _Writer:
    """Writes what was found in a reader's words."""

    def __init__(self, words: Words, there: Surroundings, found: CaseAccess, titles: dict[str, str]) -> None:
        self._words, self._there, self._found, self._titles = words, there, found, titles

    def role(self, role: RoleAccess) -> RoleView:
        words, workflow = self._words, self._found.definition.workflow
        title = words.say(role.title)
        return RoleView(
            title=title if role.unit is None else f"{title} · {self._unit(role.unit)}",
            reads=words.t(f"access_reads_{role.reads}"),
            sees=role.sees,
            moves=words.listed(words.say(workflow.transitions[name].title.text) for name in role.moves),
            holders=tuple(self._holder(holder) for holder in role.holders),
            cut=words.t("access_cut", n=role.count, shown=HOLDERS_MAX) if role.count > len(role.holders) else None,
        )

    def recusal(self, recusal: Recusal) -> LineView:
        words = self._words
        if recusal.unit is not None:
            what, who = words.t("access_recused_unit"), self._unit(recusal.unit)
        else:
            what = words.t("access_recused_person") if recusal.accused else words.t("access_recused_close")
            who = self._name(recusal.person)
        return LineView(who=who, what=what, more=recusal.why or "")

    def looks(self) -> Iterator[LineView]:
        for look in self._found.looks:
            yield LineView(
                who=self._name(look.person),
                what=self._words.t("access_times", n=look.times),
                more=f"{self._words.short_instant(look.first_at)} – {self._words.short_instant(look.last_at)}",
            )

    def openings(self) -> Iterator[LineView]:
        transitions = self._found.definition.workflow.transitions
        for line in self._found.openings:
            yield LineView(
                who=line.who,
                what=self._words.say(title_of(line.transition or "", transitions)),
                more=self._words.short_instant(at_from(line.at)),
            )

    def _holder(self, holder: Holder) -> HolderView:
        words, acting = self._words, None
        if holder.acting_for is not None and holder.deputation is not None:
            period = self._period(holder.deputation.from_on, holder.deputation.until_on)
            acting = words.t("access_deputy", name=self._name(holder.acting_for)) + period
        source = words.t("access_party") if holder.grant is None else self._source(holder.grant, holder.inherited)
        return HolderView(name=self._name(holder.person), source=source, deputy_of=acting)

    def _source(self, grant: GrantRow, inherited: bool) -> str:
        title = self._titles.get(grant.role, grant.role)
        said = "access_inherited" if inherited else "access_own"
        return self._words.t(said, role=title, unit=self._unit(grant.unit)) + self._period(
            grant.from_on, grant.until_on
        )

    def _period(self, from_on: object, until_on: object) -> str:
        return "" if from_on is None and until_on is None else f"（{from_on or ''}–{until_on or ''}）"

    def _unit(self, unit: UnitId) -> str:
        known = self._there.units.get(unit)
        return self._words.say(Text(unit, unit) if known is None else known.title)

    def _name(self, person: PersonId | None) -> str:
        known = None if person is None else self._found.people.get(person)
        return self._words.t("party_nameless") if known is None else known.name


def _number(found: CaseAccess) -> str | None:
    """Return the number of the case, as far as it is no secret."""
    workflow = found.definition.workflow
    values = (found.case.data.get(name) for name in workflow.number_fields)
    return next((str(value) for value in values if value), None)
