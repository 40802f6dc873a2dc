"""The places of the city and who is in them: federations with their officers, enterprises with the posts of the sample.

Ids are derived from the corpus and names drawn by a seed, so that two cities have the same people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from engine.access.directory import Delegation, GrantRow, Person, Unit
from engine.access.passwords import hash_password, new_password
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.identity import PersonId, RootId, SessionId, UnitId, derived_id
from engine.case.situation import CongressSession
from engine.service.account_writes import SetPassword
from engine.service.plain import AddDelegation, AddGrant, AddPerson, AddSession, AddUnit, PlainWrite
from engine.text import Text
from runtime.demo.city.corpus import CityCorpus, DepartmentText, Level, OfficerText, PlaceText
from runtime.demo.corpus import Corpus, PersonText, UnitText
from runtime.demo.organisation import UNIT_ROLES, Cast

ABOVE_ENTERPRISES = frozenset({"supervisor"})
"""Roles of the sample that in the city nobody holds inside an enterprise: the federations above have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A federation or an enterprise: its cast, and the place above; None above the city."""

    text: PlaceText
    level: Level
    above: Place | None
    cast: Cast
    titles: Mapping[str, UnitText | DepartmentText]

    def holders(self, role: str, department: str | None = None) -> tuple[Cast, list[str]]:
        """Return who holds a role here, else in the nearest place above that has somebody."""
        place: Place | None = self
        while place is not None:
            found = place.cast.in_role(role, department if place is self else None)
            if found:
                return place.cast, found
            place = place.above
        raise AssertionError(f"nobody is {role} in {self.text.id} or above")


def places_of(corpus: CityCorpus, sample: Corpus, seed: int) -> list[Place]:
    """Return the city, its counties, and its enterprises, in the order of the corpus."""
    names = _names(corpus, seed)
    root = RootId(derived_id("city", "unit", corpus.city.id))
    city = _federation(corpus, corpus.city, Level.CITY, None, root, names)
    counties = {one.id: _federation(corpus, one, Level.COUNTY, city, root, names) for one in corpus.counties}
    enterprises = [
        _enterprise(corpus, sample, one, counties[str(one.county)], root, names) for one in corpus.enterprises
    ]
    return [city, *counties.values(), *enterprises]


def directory_of(corpus: CityCorpus, sample: Corpus, places: list[Place]) -> list[PlainWrite]:
    """Return the writes that set the whole city up, accounts apart."""
    writes: list[PlainWrite] = []
    logins = {_shown(place, account.role, account.department): account.login for account in corpus.accounts
              for place in places if place.text.id == account.place}  # fmt: skip
    for place in places:
        writes += _units(place)
        writes += _persons(place, logins)
        if place.level is Level.ENTERPRISE:
            writes += _session(corpus, sample, place)
    return writes


def accounts_of(corpus: CityCorpus, places: list[Place]) -> tuple[list[PlainWrite], list[tuple[str, str, str]]]:
    """Return the writes that give the shown accounts new passwords, and (what one sees, login, password) of each."""
    writes: list[PlainWrite] = []
    shown: list[tuple[str, str, str]] = []
    by_id = {place.text.id: place for place in places}
    for account in corpus.accounts:
        place = by_id[account.place]
        password = new_password()
        person = _shown(place, account.role, account.department)
        writes.append(SetPassword(place.cast.root, person, hash_password(password)))
        shown.append((account.zh, account.login, password))
    return writes, shown


def _names(corpus: CityCorpus, seed: int) -> Iterator[str]:
    """Yield names that nobody else in the city has."""
    pairs = [surname + given for surname in corpus.surnames for given in corpus.given_names]
    Random(f"{seed}/names").shuffle(pairs)
    return iter(pairs)


def _federation(
    corpus: CityCorpus, text: PlaceText, level: Level, above: Place | None, root: RootId, names: Iterator[str]
) -> Place:
    persons = [_officer(officer, f"officer-{n}", text.id, next(names)) for n, officer in enumerate(corpus.officers)]
    return _place(text, level, above, root, corpus.departments, persons)


def _enterprise(
    corpus: CityCorpus, sample: Corpus, text: PlaceText, above: Place, root: RootId, names: Iterator[str]
) -> Place:
    inside = [person for person in sample.persons if not ABOVE_ENTERPRISES & set(person.roles)]
    persons = [
        PersonText(
            id=person.id,
            zh=next(names),
            unit=text.id if person.unit == sample.enterprise.id else person.unit,
            post=person.post,
            roles=person.roles,
        )
        for person in inside
    ]
    persons += [
        _officer(officer, f"officer-{n}", text.id, next(names)) for n, officer in enumerate(corpus.enterprise_officers)
    ]
    return _place(text, Level.ENTERPRISE, above, root, sample.units, persons)


def _officer(officer: OfficerText, name: str, place: str, zh: str) -> PersonText:
    return PersonText(id=name, zh=zh, unit=officer.department or place, post=officer.post, roles=officer.roles)


def _place(
    text: PlaceText,
    level: Level,
    above: Place | None,
    root: RootId,
    departments: list[DepartmentText] | list[UnitText],
    persons: list[PersonText],
) -> Place:
    home = UnitId(root) if above is None else UnitId(derived_id("city", "unit", text.id))
    units = {text.id: home} | {one.id: UnitId(derived_id("city", "unit", text.id, one.id)) for one in departments}
    actors = {
        person.id: Actor(
            kind=ActorKind.PERSON,
            person=PersonId(derived_id("city", "person", text.id, person.id)),
            grants=frozenset(Grant(role, units[person.unit] if role in UNIT_ROLES else home) for role in person.roles),
        )
        for person in persons
    }
    session = SessionId(derived_id("city", "session", text.id))
    cast = Cast(
        root=root,
        home=home,
        session=session,
        next_session=session,
        units=units,
        unit_names={text.id: text.zh} | {one.id: one.zh for one in departments},
        persons={person.id: person for person in persons},
        actors=actors,
    )
    return Place(text=text, level=level, above=above, cast=cast, titles={one.id: one for one in departments})


def _units(place: Place) -> Iterator[PlainWrite]:
    cast, text = place.cast, place.text
    above = None if place.above is None else place.above.cast.home
    yield AddUnit(Unit(root=cast.root, id=cast.home, parent=above, code=text.id, title=Text(text.zh, text.en)))
    for name, title in place.titles.items():
        code = f"{text.id}-{name}"
        # A city has many offices of one name; in its lists each is told with the place it belongs to.
        said = Text(f"{text.zh.removesuffix('有限公司')}{title.zh}", f"{text.en}, {title.en}")
        unit = Unit(root=cast.root, id=cast.units[name], parent=cast.home, code=code, title=said)
        yield AddUnit(unit)


def _persons(place: Place, logins: Mapping[PersonId, str]) -> Iterator[PlainWrite]:
    cast = place.cast
    for name, text in cast.persons.items():
        person = _person(cast, name)
        login = logins.get(person)
        yield AddPerson(Person(root=cast.root, id=person, name=text.zh, login=login, unit=cast.units[text.unit]))
        for grant in sorted(cast.actors[name].grants, key=lambda grant: grant.role):
            yield AddGrant(GrantRow(root=cast.root, person=person, role=grant.role, unit=grant.unit))


def _session(corpus: CityCorpus, sample: Corpus, place: Place) -> Iterator[PlainWrite]:
    cast, congress = place.cast, corpus.congress
    yield AddSession(
        CongressSession(
            id=cast.session,
            root=cast.root,
            unit=cast.home,
            term=congress.term,
            meeting=congress.meeting,
            title=Text(f"{place.text.zh}六届三次", f"{place.text.en}, third meeting of the sixth congress"),
            opens_on=congress.opens_on,
            closes_on=congress.closes_on,
            call_opens_on=congress.call_opens_on,
            call_closes_on=congress.call_closes_on,
        )
    )
    for told in sample.delegations:
        yield AddDelegation(
            Delegation(
                root=cast.root,
                congress_session=cast.session,
                code=told.id,
                title=Text(told.zh, told.en),
                members=tuple(_person(cast, name) for name in told.members),
            )
        )


def _shown(place: Place, role: str, department: str | None) -> PersonId:
    """Return whose account is shown: of those who hold the role here the first with the fewest others."""
    found = place.cast.in_role(role, department)
    assert found, f"nobody is {role} in {place.text.id}"
    return _person(place.cast, min(found, key=lambda name: len(place.cast.persons[name].roles)))


def _person(cast: Cast, name: str) -> PersonId:
    person = cast.actors[name].person
    assert person is not None, "the cast holds persons"
    return person
