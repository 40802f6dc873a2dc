"""The server of the HTTP measurement: the site over the stand's database, and a hello beside it."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import uvicorn

from benchmarks.stand import ROOT, Stand
from engine.access.passwords import new_secret, secret_hash
from engine.case.identity import PersonId
from engine.service.account_writes import OpenLogin


def main() -> None:
    """Build the stand, tell token and cases in a file, and serve until ended."""
    from api.edge import ApiSettings
    from web.app import create_site

    folder, port, ready, count = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    stand = Stand.build(f"sqlite:///{folder}/banjie.db", 2 * count)
    office = stand.opened.desk.office
    token, now = new_secret(), office.now()
    office.write(
        [
            OpenLogin(
                token_hash=secret_hash(token),
                root=ROOT,
                person=PersonId("clerk"),
                kind="token",
                title="bench",
                at=now,
                expires_at=now + timedelta(days=1),
            )
        ]
    )
    site = create_site(stand.opened.desk, ApiSettings(version="bench", database="sqlite"))

    @site.get("/hello")
    async def hello() -> dict[str, str]:
        return {"hello": "world"}

    # The site's own routes come first in its table; the measurement's must not be hidden by a catch-all.
    site.router.routes.insert(0, site.router.routes.pop())
    ready.write_text(json.dumps({"token": token, "cases": stand.cases}), encoding="utf-8")
    uvicorn.run(site, host="127.0.0.1", port=port, log_level="warning", access_log=False)
    stand.close()


if __name__ == "__main__":
    main()
