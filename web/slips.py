"""Activation slips as a page of their own, to be written to a file and printed: nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from engine.service.first_logins import Slip
from engine.text import Language
from web.shell import environment
from web.words import Words


def slips_document(slips: Sequence[Slip], *, address: str, language: Language) -> str:
    """Return the whole document; ``address`` is where accounts are activated, "" leaves room to write it in."""
    words = Words(language)
    shown = [(slip, words.say(slip.unit), words.day(slip.until_at)) for slip in slips]
    return environment().get_template("slips_file.html").render(t=words.t, words=words, slips=shown, address=address)
