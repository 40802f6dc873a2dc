"""Grants on the command line: two administrations are kept apart, and what has changed is read from the ledger."""

from __future__ import annotations

import json

from tests.support.command_line import CommandLine
from tests.support.sealing import behind_its_back


def test_two_administrations_are_refused_and_doctor_looks_after_them(house: CommandLine) -> None:
    house.must("user", "grant", "wang", "system_administrator", "--unit", "JL")
    refused = house.run("user", "grant", "wang", "安全管理员", "--unit", "JL")
    assert refused.code == 1
    assert "须由不同的人担任" in refused.err
    looks = {look["name"]: look for look in json.loads(house.run("doctor", "--json").out)["looks"]}
    assert looks["administrations"]["well"] is True


def test_the_doctor_finds_one_who_was_given_two_administrations_behind_its_back(house: CommandLine) -> None:
    house.must("user", "grant", "wang", "system_administrator", "--unit", "JL")
    house.must("user", "grant", "wang", "handler", "--unit", "HQ")
    with behind_its_back(house.database) as change:
        change("UPDATE granting SET role = 'security_administrator' WHERE role = 'handler'")
    told = house.must("doctor")
    assert "! 1 人同时担任系统、安全、审计管理员中的两类以上" in told
    assert "→ 请分别授予不同的人；单位很小的，设 BANJIE_SMALL_INSTALLATION=true" in told


def test_the_history_of_grants_is_what_the_ledger_was_told(house: CommandLine) -> None:
    house.must("user", "grant", "wang", "handler", "--unit", "HQ", "--until", "2027-12-31")
    house.must("user", "revoke", "wang", "handler", "--unit", "HQ")
    told = json.loads(house.must("user", "history", "wang", "--json"))["history"]
    assert [(one["what"], one["role"], one["until_on"]) for one in told] == [
        ("grant_ended", "handler", None),
        ("granted", "handler", "2027-12-31"),
    ]
    assert "handler@HQ" in house.must("user", "history")
