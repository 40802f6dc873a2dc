"""Who appears in scenarios: the units of a small works, its congress session, and persons by what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.access.directory import Surroundings, Unit
from engine.case.actors import IMPORT, SYSTEM, Actor, ActorKind, Grant
from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.text import Text

ROOT: Final = RootId("works")
UNITS: Final[Mapping[str, str]] = {
    # id: what it is called; all stand below the works itself, but those that stand below one of these
    "works": "江岭重工",
    "logistics": "后勤服务中心",
    "personnel": "人力资源部",
    "safety": "安全环保部",
    "finance": "财务部",
    "workshop": "生产一车间",
    "canteen": "职工食堂",
}
BELOW: Final[Mapping[str, str]] = {"canteen": "logistics"}
IN_THE_WORKS: Final[Mapping[str, tuple[str, ...]]] = {
    # what a person is called: the grants held in the works
    "提案人": ("delegate", "staff"),
    "另一提案人": ("delegate", "staff"),
    "附议人甲": ("delegate",),
    "附议人乙": ("delegate",),
    "附议人丙": ("delegate",),
    "未受邀代表": ("delegate",),
    "工会办公室": ("union_office",),
    "提案委": ("committee_member",),
    "提案委主任": ("committee_director",),
    "主席团": ("presidium",),
    "分管领导": ("leader_in_charge",),
    "督办人": ("supervisor",),
    "审计人员": ("auditor",),
    "档案员": ("archivist",),
    "反映人": ("staff",),
    "另一职工": ("staff",),
    "职工": (),
}
IN_A_UNIT: Final[Mapping[str, str]] = {"负责人": "unit_head", "承办人": "handler"}
"""How ``后勤服务中心负责人`` ends: the grant held in that unit."""
SESSION: Final = CongressSession(
    id=SessionId("s6m3"),
    root=ROOT,
    unit=UnitId(ROOT),
    term=6,
    meeting=3,
    title=Text("六届三次", "Sixth congress, third meeting"),
)
"""The meeting scenarios happen in; it has no dates before a scenario gives it some."""
NEXT_SESSION: Final = CongressSession(
    id=SessionId("s6m4"),
    root=ROOT,
    unit=UnitId(ROOT),
    term=6,
    meeting=4,
    title=Text("六届四次", "Sixth congress, fourth meeting"),
)


@dataclass(slots=True)
class Cast:
    """Units, sessions and persons; scenarios may grant more and set the dates of a session."""

    sessions: dict[str, CongressSession] = field(
        default_factory=lambda: {session.title.zh: session for session in (SESSION, NEXT_SESSION)}
    )
    grants: dict[str, set[Grant]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, roles in IN_THE_WORKS.items():
            self.grants[name] = {Grant(role, UnitId(ROOT)) for role in roles}
        for unit, title in UNITS.items():
            for ending, role in IN_A_UNIT.items():
                self.grants[f"{title}{ending}"] = {Grant(role, UnitId(unit))}

    def invite(self, people: Mapping[str, Sequence[str]]) -> None:
        """Let more people appear, by what they are called: with these grants in the works beside those they hold."""
        for name, roles in people.items():
            self.grants.setdefault(name, set()).update(Grant(role, UnitId(ROOT)) for role in roles)

    def unit(self, title: str) -> UnitId:
        """Return the unit called so; a name nobody bears stands for itself, so that a scenario can misname one."""
        return next((UnitId(unit) for unit, known in UNITS.items() if known == title), UnitId(title))

    def unit_title(self, unit: str) -> str:
        return UNITS[unit]

    def person(self, name: str) -> PersonId:
        assert name in self.grants, f"没有“{name}”，有：{'、'.join(self.grants)}"
        return PersonId(name)

    def actor(self, name: str) -> Actor:
        """Return who acts; ``系统`` is the engine, ``登记簿导入`` an import, ``匿名反映人`` by a query code."""
        match name:
            case "系统":
                return SYSTEM
            case "登记簿导入":
                return IMPORT
            case "匿名反映人":
                return Actor(kind=ActorKind.PERSON, person=PersonId("查询码"), anonymous=True)
            case _:
                person = self.person(name)
                veil = PersonId(f"代号{sum(name.encode())}")
                return Actor(kind=ActorKind.PERSON, person=person, grants=frozenset(self.grants[name]), veil=veil)

    def surroundings(self) -> Surroundings:
        """Return the organisation as the service reads it."""
        units = {
            UnitId(unit): Unit(
                root=ROOT,
                id=UnitId(unit),
                parent=None if unit == ROOT else UnitId(BELOW.get(unit, ROOT)),
                code=unit,
                title=Text(title, unit),
            )
            for unit, title in UNITS.items()
        }
        sessions = {session.id: session for session in self.sessions.values()}
        return Surroundings(root=ROOT, epoch=1, units=units, sessions=sessions)
