"""What a notice says: subject and body in plain text, from the templates beside this module.

The texts are ours, the values are the case's: they are put in as they are, on one line each, never read as a template.
Who is told, and whether a case is confidential, is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.calendar.wording import date_text
from engine.definition.model import Rung, Saying
from engine.text import Language

TEMPLATES = Path(__file__).parent / "templates"
SUBJECT_CHARACTERS_MAX = 200
VALUE_CHARACTERS_MAX = 1000


class TemplateMissing(LookupError):
    """No template of that name is shipped: correct ``template:`` in the definition, or write the two texts for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeValues:
    """What a template may say about a notice, already in the reader's language.

    ``title`` is the notice's (or the rung's), ``workflow`` the procedure's, ``deadline`` the deadline's title;
    ``number`` is that by which the case is known. ``promised_on`` is the day first promised, shown where ``due_on``
    differs. ``url`` leads to the page of the case; ``acting_for`` names the person in whose place the reader is told.
    """

    title: str
    workflow: str
    url: str
    number: str = ""
    subject: str = ""
    reason: str = ""
    deadline: str = ""
    due_on: date | None = None
    promised_on: date | None = None
    provisional: bool = False
    acting_for: str = ""


def render(
    words: Saying | str, values: NoticeValues, language: Language, *, confidential: bool = False
) -> tuple[str, str]:
    """Return subject and body of a notice.

    ``words`` are the definition's own, or the name of a template. That is looked up as it is and then without the name
    of its workflow: ``proposal_extended`` falls back to ``extended``. Of a confidential case nothing is said but that
    there is news: no value is even handed over.

    Raises:
        TemplateMissing: No such template, also for a confidential case.
        jinja2.UndefinedError: A template names a variable that notices do not have.
    """
    macro, said = (
        ("", (words.happened.text.read(language), words.next.text.read(language)))
        if isinstance(words, Saying)
        else (_macro_of(words, language), ())
    )
    if confidential:
        subject, body = _divided(_text("confidential", language))
        return subject, f"{body}\n"
    subject, body = _divided(_text("layout", language, macro=macro, said=said, **_written(values, language)))
    return subject, f"{body}\n\n{_text('footer', language)}\n"


def render_digest(notices: Sequence[tuple[str, str]], language: Language) -> tuple[str, str]:
    """Return subject and body of one message that holds several notices, each as ``render`` returned it, in order."""
    footer = _text("footer", language)
    parts = [(subject, body.strip().removesuffix(footer).strip()) for subject, body in notices]
    subject, body = _divided(_text("digest", language, parts=parts))
    return subject, f"{body}\n\n{footer}\n"


def rung_template(rung: Rung) -> str:
    """Return the name of the template by which those on a rung are told; the rung's own title says which it is."""
    if rung.at.before is not None:
        return "rung_due_soon"
    if rung.at.on is not None:
        return "rung_event"
    if rung.level <= 2:
        return "rung_overdue"
    return "rung_long_overdue" if rung.level == 3 else "rung_gravest"


def is_shipped(template: str) -> bool:
    """Tell whether a definition may name this template. Both languages have the same ones."""
    return _found(template, "zh") is not None


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Return the environment of the templates: an unknown variable is an error, nothing is escaped in plain text."""
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _text(name: str, language: Language, **values: object) -> str:
    return environment().get_template(f"{language}/{name}.txt").render(values).strip()


def _divided(text: str) -> tuple[str, str]:
    subject, _, body = text.partition("\n")
    return _shortened(subject.strip(), SUBJECT_CHARACTERS_MAX), body.strip()


def _macro_of(template: str, language: Language) -> str:
    found = _found(template, language)
    if found is None:
        raise TemplateMissing(template)
    return found


@cache
def _found(template: str, language: Language) -> str | None:
    wording = environment().get_template(f"{language}/wording.txt").module
    names = (template, template.partition("_")[2])
    return next((name for name in names if name and not name.startswith("_") and hasattr(wording, name)), None)


def _written(values: NoticeValues, language: Language) -> dict[str, str | bool]:
    """Return the values as they are written: dates with their weekday, everything on one line and of bounded length."""
    written: dict[str, str | bool] = {}
    for field in fields(values):
        value = getattr(values, field.name)
        if isinstance(value, bool):
            written[field.name] = value
        elif isinstance(value, date):
            written[field.name] = date_text(value).read(language)
        else:
            written[field.name] = _shortened(" ".join((value or "").split()), VALUE_CHARACTERS_MAX)
    return written


def _shortened(text: str, characters_max: int) -> str:
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"
