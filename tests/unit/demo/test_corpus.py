"""Whether the texts of the sample congress are complete, distinct, well-formed and use only known codes.

Checks the data files alone; what the generator makes of them is tested with the generator.
"""

import datetime
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

CORPUS = Path(__file__).parents[3] / "runtime" / "demo" / "corpus"
FILES = ("organisation", "proposals", "grievances", "replies", "stories")
FILE_BYTES_MAX = 256 * 1024

UNITS = {"production", "equipment", "personnel", "finance", "logistics", "safety", "technology"}
ROLES = {
    *("union_office", "committee_director", "committee_member", "presidium", "leader_in_charge", "unit_head"),
    *("handler", "auditor", "archivist", "supervisor", "delegate", "staff"),
}
PROPOSAL_CATEGORIES = {
    *("production", "personnel_pay", "reform", "rules", "labour_protection", "welfare", "public_order", "other"),
}
PROPOSAL_KINDS = {"normal", "vague", "personal", "outside", "already_done", "suggestion"}
GRIEVANCE_TYPES = {"suggestion", "accusation", "claim", "enquiry", "help"}
GRIEVANCE_CATEGORIES = {
    *("pay", "hours", "insurance", "safety", "contract", "welfare", "discipline", "training", "environment", "other"),
}
CHANNELS = {
    *("congress_proposal", "manager_day", "liaison", "forum", "inquiry", "hearing", "chair_day", "cadre_contact"),
    *("mediation", "feedback", "delegate_visit", "mailbox", "hotline", "wechat", "qq", "visit", "hotline_12351"),
    "other",
}
# The sample session runs from the call of December 2025 to the day the demo clock shows.
SESSION_BEGINS_ON = datetime.date(2025, 12, 1)
SESSION_ENDS_ON = datetime.date(2026, 9, 15)

# Any: these are plain YAML documents; the assertions below are their only schema.
Entry = dict[str, Any]


def _load(name: str) -> Entry:
    """Read one corpus file as YAML 1.2; a duplicate key raises."""
    document: Entry = YAML(typ="safe", pure=True).load((CORPUS / f"{name}.yaml").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def organisation() -> Entry:
    return _load("organisation")


@pytest.fixture(scope="module")
def proposals() -> list[Entry]:
    entries: list[Entry] = _load("proposals")["proposals"]
    return entries


@pytest.fixture(scope="module")
def grievances() -> list[Entry]:
    entries: list[Entry] = _load("grievances")["grievances"]
    return entries


@pytest.fixture(scope="module")
def replies() -> Entry:
    return _load("replies")


@pytest.fixture(scope="module")
def stories() -> list[Entry]:
    entries: list[Entry] = _load("stories")["stories"]
    return entries


@pytest.fixture(scope="module")
def grievance_stories() -> list[Entry]:
    entries: list[Entry] = _load("stories")["grievances"]
    return entries


def _outside(entries: list[Entry], field: str, shortest: int, longest: int) -> list[tuple[str, int]]:
    return [(e["subject"], len(e[field])) for e in entries if not shortest <= len(e[field]) <= longest]


def _instants(story: Entry) -> list[datetime.datetime]:
    """Return when a story is opened and when its steps are made."""
    told = [story["opens_at"], *(step["at"] for step in story.get("steps", []))]
    return [datetime.datetime.fromisoformat(text) for text in told]


def _repeated(texts: list[str]) -> list[str]:
    return [text for text, count in Counter(texts).items() if count > 1]


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_small_enough_to_read(name: str) -> None:
    assert (CORPUS / f"{name}.yaml").stat().st_size <= FILE_BYTES_MAX


@pytest.mark.parametrize("name", FILES)
def test_every_file_uses_unix_line_ends_and_no_tabs_or_trailing_blanks(name: str) -> None:
    text = (CORPUS / f"{name}.yaml").read_bytes().decode("utf-8")
    assert not re.search(r"[\r\t]| +$", text, re.MULTILINE)


def test_seven_units_stand_below_the_enterprise_and_are_not_larger_than_it(organisation: Entry) -> None:
    assert {unit["id"] for unit in organisation["units"]} == UNITS
    assert len(organisation["units"]) == 7
    assert sum(unit["headcount"] for unit in organisation["units"]) < organisation["enterprise"]["headcount"]


def test_units_and_persons_have_a_chinese_and_an_english_name(organisation: Entry) -> None:
    named = [organisation["enterprise"], *organisation["units"], *organisation["delegations"], *organisation["persons"]]
    assert all(re.search(r"[一-鿿]", entry["zh"]) for entry in named)
    assert all(re.fullmatch(r"[A-Z][A-Za-z ,.]+", entry["en"]) for entry in named)
    assert all(re.fullmatch(r"[a-z_]+", entry["id"]) for entry in named)


def test_no_two_persons_share_an_id_or_a_name(organisation: Entry) -> None:
    persons = organisation["persons"]
    assert 60 <= len(persons) <= 80
    assert _repeated([person["id"] for person in persons]) == []
    assert _repeated([person["zh"] for person in persons]) == []


def test_persons_hold_known_roles_in_known_units(organisation: Entry) -> None:
    enterprise = organisation["enterprise"]["id"]
    for person in organisation["persons"]:
        assert person["roles"], person
        assert set(person["roles"]) <= ROLES, person
        assert person["unit"] in UNITS | {enterprise}, person


def test_every_unit_has_one_head_and_two_handlers(organisation: Entry) -> None:
    held = Counter((person["unit"], role) for person in organisation["persons"] for role in person["roles"])
    assert {unit: held[unit, "unit_head"] for unit in UNITS} == dict.fromkeys(UNITS, 1)
    assert {unit: held[unit, "handler"] for unit in UNITS} == dict.fromkeys(UNITS, 2)


def test_every_office_of_the_congress_is_filled(organisation: Entry) -> None:
    held = Counter(role for person in organisation["persons"] for role in person["roles"])
    single = ("committee_director", "presidium", "leader_in_charge", "auditor", "archivist", "supervisor")
    assert {role: held[role] for role in single} == dict.fromkeys(single, 1)
    assert held["union_office"] == 3
    assert held["committee_member"] == 6
    assert held["delegate"] >= 30
    assert held["staff"] >= 10


def test_every_delegate_sits_in_exactly_one_delegation_that_covers_their_unit(organisation: Entry) -> None:
    delegations = organisation["delegations"]
    seated = [member for delegation in delegations for member in delegation["members"]]
    delegates = {person["id"]: person for person in organisation["persons"] if "delegate" in person["roles"]}
    assert len(delegations) == 3
    assert sorted(seated) == sorted(delegates)
    for delegation in delegations:
        assert {delegation["head"], delegation["liaison"]} <= set(delegation["members"])
        assert {delegates[member]["unit"] for member in delegation["members"]} <= set(delegation["units"])


def test_every_unit_a_proposal_comes_from_has_a_delegate(organisation: Entry, proposals: list[Entry]) -> None:
    represented = {person["unit"] for person in organisation["persons"] if "delegate" in person["roles"]}
    assert {proposal["proposer_unit"] for proposal in proposals} <= represented


def test_there_are_120_distinct_proposals_numbered_in_order(proposals: list[Entry]) -> None:
    assert [proposal["number"] for proposal in proposals] == list(range(1, 121))
    for field in ("subject", "grounds", "measures"):
        assert _repeated([proposal[field] for proposal in proposals]) == []


def test_proposals_have_the_length_a_committee_would_accept(proposals: list[Entry]) -> None:
    assert _outside(proposals, "subject", 8, 28) == []
    assert _outside(proposals, "grounds", 60, 180) == []
    assert _outside(proposals, "measures", 40, 150) == []


def test_proposals_use_only_known_codes(proposals: list[Entry]) -> None:
    assert {proposal["category"] for proposal in proposals} == PROPOSAL_CATEGORIES
    assert {proposal["kind"] for proposal in proposals} == PROPOSAL_KINDS
    assert {proposal["suggested_unit"] for proposal in proposals} == UNITS
    assert {proposal["theme"] for proposal in proposals} == {None, *range(1, 10)}


def test_the_measures_of_every_proposal_are_numbered(proposals: list[Entry]) -> None:
    for proposal in proposals:
        numbers = re.findall(r"(?:^|；)(\d)\.", proposal["measures"])
        assert numbers == ["1", "2", "3"], proposal["subject"]


def test_nine_matters_are_raised_by_more_than_one_proposal(proposals: list[Entry]) -> None:
    by_number = {proposal["number"]: proposal for proposal in proposals}
    groups: dict[int, list[Entry]] = {}
    for proposal in proposals:
        if proposal["similar_to"] is not None:
            groups.setdefault(proposal["similar_to"], []).append(proposal)
    assert sorted(len(later) + 1 for later in groups.values()) == [2, 2, 2, 2, 2, 2, 2, 3, 3]
    for first, later in groups.items():
        assert by_number[first]["similar_to"] is None
        for proposal in later:
            assert first < proposal["number"]
            assert proposal["category"] == by_number[first]["category"]


def test_there_are_200_distinct_grievances_numbered_in_order(grievances: list[Entry]) -> None:
    assert [grievance["number"] for grievance in grievances] == list(range(1, 201))
    assert _repeated([grievance["subject"] for grievance in grievances]) == []
    assert _repeated([grievance["content"] for grievance in grievances]) == []


def test_grievances_are_as_long_as_people_write_them(grievances: list[Entry]) -> None:
    assert _outside(grievances, "subject", 6, 24) == []
    assert _outside(grievances, "content", 40, 140) == []


def test_grievances_use_every_type_channel_and_category_and_no_other(grievances: list[Entry]) -> None:
    assert {grievance["type"] for grievance in grievances} == GRIEVANCE_TYPES
    assert {grievance["channel"] for grievance in grievances} == CHANNELS
    assert {grievance["category"] for grievance in grievances} == GRIEVANCE_CATEGORIES
    assert {grievance["unit"] for grievance in grievances} == UNITS


def test_the_days_between_which_a_grievance_makes_sense_lie_in_the_session(grievances: list[Entry]) -> None:
    for grievance in grievances:
        begins_on = grievance["not_before"] or SESSION_BEGINS_ON
        ends_on = grievance["not_after"] or SESSION_ENDS_ON
        assert SESSION_BEGINS_ON <= begins_on < ends_on <= SESSION_ENDS_ON, grievance["subject"]


def test_a_grievance_that_speaks_of_this_year_is_not_handed_in_the_year_before(grievances: list[Entry]) -> None:
    for grievance in grievances:
        if "今年" in grievance["content"]:
            assert grievance["not_before"].year == 2026, grievance["subject"]


def test_there_are_as_many_texts_of_each_kind_as_the_generator_draws_from(replies: Entry) -> None:
    assert Counter(reply["class"] for reply in replies["replies"]) == {"A": 20, "B": 20, "C": 10, "D": 10}
    assert len(replies["opinions"]) == 40
    assert len(replies["contact_notes"]) == 20
    assert len(replies["evaluation_remarks"]) == 20
    assert len(replies["hand_backs"]) == 15
    assert len(replies["refusals"]) == 15
    assert len(replies["extensions"]) == 10


def test_no_text_of_the_offices_is_written_twice(replies: Entry) -> None:
    assert _repeated([entry["text"] for entries in replies.values() for entry in entries]) == []


def test_replies_and_opinions_name_the_unit_and_the_subject(replies: Entry) -> None:
    for entry in replies["replies"] + replies["opinions"]:
        wanted = {"{subject}"} if entry.get("type") == "accusation" else {"{unit}", "{subject}"}
        assert wanted <= set(re.findall(r"\{\w+\}", entry["text"])), entry["text"]


def test_no_text_has_a_placeholder_the_generator_does_not_fill(replies: Entry) -> None:
    texts = [entry["text"] for entries in replies.values() for entry in entries]
    texts += [reply["promise"] or "" for reply in replies["replies"]]
    assert {brace for text in texts for brace in re.findall(r"\{[^}]*\}?|\}", text)} == {"{unit}", "{subject}"}


def test_only_a_planned_reply_promises_something_by_a_date(replies: Entry) -> None:
    for reply in replies["replies"]:
        assert (reply["promise"] is not None) == (reply["class"] == "B"), reply["text"]
        assert (reply["due_months"] is not None) == (reply["class"] in "BC"), reply["text"]
        assert reply["category"] in PROPOSAL_CATEGORIES | {None}


def test_every_class_has_replies_that_fit_any_category(replies: Entry) -> None:
    general = Counter(reply["class"] for reply in replies["replies"] if reply["category"] is None)
    assert min(general[letter] for letter in "ABCD") >= 3


def test_every_grievance_can_be_granted_or_explained(replies: Entry, grievances: list[Entry]) -> None:
    opinions = replies["opinions"]
    assert Counter(opinion["outcome"] for opinion in opinions) == {"support": 18, "explain": 14, "decline": 8}
    assert {category for opinion in opinions for category in opinion["categories"]} <= GRIEVANCE_CATEGORIES
    for grievance in grievances:
        fitting = [
            opinion
            for opinion in opinions
            if opinion["type"] == grievance["type"]
            and opinion["outcome"] != "decline"
            and (not opinion["categories"] or grievance["category"] in opinion["categories"])
        ]
        assert fitting, grievance["subject"]


def test_contacts_remarks_and_reasons_use_only_known_codes(replies: Entry) -> None:
    assert {note["form"] for note in replies["contact_notes"]} == {"meeting", "visit", "phone", "other"}
    levels = Counter(remark["level"] for remark in replies["evaluation_remarks"])
    assert levels == {"satisfied": 8, "basic": 6, "unsatisfied": 6}
    assert {reason["proposed_unit"] for reason in replies["hand_backs"]} <= UNITS | {None}
    assert {extension["days"] for extension in replies["extensions"]} == {15, 20, 30}


def test_refusals_explain_the_five_codes_three_times_each(replies: Entry) -> None:
    codes = Counter(refusal["code"] for refusal in replies["refusals"])
    assert codes == {"R01": 3, "R03": 3, "R13": 3, "R17": 3, "R18": 3}


def test_every_proposal_that_must_be_refused_for_its_matter_has_its_explanation(
    replies: Entry, proposals: list[Entry]
) -> None:
    code_of = {"outside": "R01", "personal": "R03", "already_done": "R17"}
    wanted = {(code_of[p["kind"]], p["number"]) for p in proposals if p["kind"] in code_of}
    given = [(refusal["code"], number) for refusal in replies["refusals"] for number in refusal["fits"]]
    assert sorted(given) == sorted(wanted)


def test_the_call_of_the_next_session_is_open_on_the_last_day(organisation: Entry) -> None:
    congress = organisation["next_congress"]
    assert congress["call_opens_on"] < SESSION_ENDS_ON < congress["call_closes_on"] < congress["opens_on"]


def test_stories_are_about_matters_of_their_own(stories: list[Entry], proposals: list[Entry]) -> None:
    assert len(stories) == 15
    assert Counter(story["session"] for story in stories) == {"next": 12, "current": 1, "none": 2}
    assert _repeated([story["id"] for story in stories]) == []
    assert _repeated([entry["subject"] for entry in stories + proposals]) == []
    assert {story["category"] for story in stories} <= PROPOSAL_CATEGORIES
    assert {story["suggested_unit"] for story in stories} <= UNITS


def test_stories_have_the_length_a_committee_would_accept(stories: list[Entry]) -> None:
    assert _outside(stories, "subject", 8, 28) == []
    assert _outside(stories, "grounds", 60, 180) == []
    assert _outside(stories, "measures", 40, 150) == []
    for story in stories:
        assert re.findall(r"(?:^|；)(\d)\.", story["measures"]) == ["1", "2", "3"], story["subject"]


def test_delegates_propose_and_second_and_nobody_seconds_what_is_their_own(
    stories: list[Entry], organisation: Entry
) -> None:
    delegates = {person["id"] for person in organisation["persons"] if "delegate" in person["roles"]}
    for story in stories:
        seconders = story.get("seconders", [])
        assert {story["proposer"], *seconders} <= delegates, story["id"]
        assert story["proposer"] not in seconders, story["id"]
        assert len(set(seconders)) == (0 if story.get("delegation") else 2), story["id"]
        assert set(story.get("seconded", [])) <= set(seconders), story["id"]


def test_the_grievance_of_a_story_is_told_by_staff_as_people_write_them(
    grievance_stories: list[Entry], grievances: list[Entry], organisation: Entry
) -> None:
    staff = {person["id"] for person in organisation["persons"] if "staff" in person["roles"]}
    assert {story["petitioner"] for story in grievance_stories} <= staff
    assert _repeated([entry["subject"] for entry in grievance_stories + grievances]) == []
    assert _outside(grievance_stories, "subject", 6, 24) == []
    assert _outside(grievance_stories, "content", 40, 140) == []
    assert {(story["type"], story["channel"], story["category"]) for story in grievance_stories} == {
        ("help", "wechat", "safety")
    }


def test_the_steps_of_a_story_follow_one_another_and_end_before_the_last_day(
    stories: list[Entry], grievance_stories: list[Entry], organisation: Entry
) -> None:
    persons = {person["id"] for person in organisation["persons"]}
    for story in stories + grievance_stories:
        steps = story.get("steps", [])
        instants = _instants(story)
        assert instants == sorted(instants), story["id"]
        assert instants[-1].date() < SESSION_ENDS_ON, story["id"]
        assert {step["by"] for step in steps} <= persons, story["id"]
        assert {step["part"] for step in steps if "part" in step} <= UNITS, story["id"]


def test_stories_pass_on_working_days(stories: list[Entry], grievance_stories: list[Entry]) -> None:
    for story in stories + grievance_stories:
        days = [instant.date() for instant in _instants(story)]
        days += [] if story.get("delegation", story not in stories) else [days[0] + datetime.timedelta(days=1)]
        assert [day for day in days if day.weekday() > 4] == [], story["id"]
