"""One's own settings as JSON: how one wants to be told, and when one is away."""

from __future__ import annotations

from api.rendering import Json, text_json
from engine.service.absences import AbsenceLine, Absences
from engine.service.notice_ports import Preference
from engine.service.notice_words import channel_title
from engine.service.preferences import OwnChannel, time_text


def channel_json(channel: OwnChannel) -> Json:
    """Return a channel as its person has it; ``preference`` is None where there is only the inbox."""
    preference = channel.preference
    return {
        "channel": channel.name,
        "title": text_json(channel_title(channel.name)),
        "configured": channel.configured,
        "preference": None if preference is None else preference_json(preference),
    }


def preference_json(preference: Preference) -> Json:
    """Return a preference in the form in which it is sent."""
    return {
        "address": preference.address,
        "active": preference.active,
        "digest": preference.digest,
        "quiet_from": time_text(preference.quiet_from) or None,
        "quiet_until": time_text(preference.quiet_until) or None,
        "language": preference.language,
    }


def absences_json(found: Absences) -> Json:
    """Return one's own absences, and those of others that one stands in for."""
    return {
        "absences": [_absence_json(line) for line in found.own],
        "acting_for": [_absence_json(line) for line in found.for_others],
    }


def _absence_json(line: AbsenceLine) -> Json:
    absence = line.deputation
    return {
        "key": line.key,
        "state": line.standing,
        "from_on": None if absence.from_on is None else absence.from_on.isoformat(),
        "until_on": None if absence.until_on is None else absence.until_on.isoformat(),
        "person": {"id": absence.principal, "name": line.principal},
        "substitute": {"id": absence.deputy, "name": line.deputy},
        "note": absence.note,
    }
