"""Notes who was refused something for want of rights: the one place for API and pages alike.

It is done after the answer has left, so that a case that is hidden takes no longer to be refused than one that there
is not. What is kept is the method and the address as the routes describe it, never an id or what somebody typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from starlette.background import BackgroundTask
from starlette.requests import Request

from api.identity import Asker, Identities
from api.problems import AccountUnfinished
from engine.case.identity import CaseId
from engine.errors import BanjieError, CaseNotFound, LoginRefused, NotPermitted, StorageError
from engine.service.desk import Desk

API: Final = "/api"
CASE: Final = "case_id"
"""What routes call the case they are about."""

Refused = tuple[BanjieError, CaseId | None]
"""A refusal, and the case that was asked for where the address does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    """Tells the watch of refusals."""

    desk: Desk
    identities: Identities

    def of(self, request: Request, error: BanjieError) -> BackgroundTask | None:
        """Return what is left to be done after a request was refused, None where it was not for want of rights."""
        return self.among(request, [(error, None)])

    def among(self, request: Request, refused: Iterable[Refused]) -> BackgroundTask | None:
        """Return the same for a request that asked for several things and was refused some of them."""
        counted = [each for each in refused if _is_denial(request, each[0])]
        return BackgroundTask(self._note, request, counted) if counted else None

    def _note(self, request: Request, refused: Sequence[Refused]) -> None:
        """Count the refusals; whoever is refused is answered even while nothing can be written."""
        with suppress(StorageError):
            asker = self.identities.known(request)
            what = f"{request.method} {template_of(request)}"
            if asker is None:
                for root in self.desk.reads.roots()[:1]:
                    self.desk.watch.denied(root, None, what)
                return
            for error, case in refused:
                if not isinstance(error, CaseNotFound) or self._is_hidden(asker, request, case):
                    self.desk.watch.denied(asker.root, asker.person, what)

    def _is_hidden(self, asker: Asker, request: Request, case: CaseId | None) -> bool:
        """Return whether a case that was not found is there, and only not to be seen."""
        wanted = case or CaseId(str(request.path_params.get(CASE, "")))
        return bool(wanted and self.desk.reads.cases(asker.root, [wanted]))


def template_of(request: Request) -> str:
    """Return the address of a request as its route describes it; "?" where no route was found."""
    path = getattr(request.scope.get("route"), "path_format", "?")
    of_api = str(request.scope["path"]).startswith(f"{API}/")
    return f"{API}{path}" if of_api and not path.startswith(f"{API}/") else path


def _is_denial(request: Request, error: BanjieError) -> bool:
    """Say whether a refusal is one for want of rights. Pages lead whoever is not logged in to the login: no denial."""
    if isinstance(error, LoginRefused):
        return str(request.scope["path"]).startswith(f"{API}/")
    return isinstance(error, NotPermitted | CaseNotFound) and not isinstance(error, AccountUnfinished)
