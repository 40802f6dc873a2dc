"""Generated from the OpenAPI document by `make client`. Do not edit. 自动生成，请勿手工修改。"""

from __future__ import annotations

from typing import cast

from api.client.answers import (
    CaseAnswer,
    CasesPage,
    DoneAnswer,
    TimelineAnswer,
)
from api.client.bodies import (
    AbsenceBody,
    ApprovalBody,
    BallotBody,
    CodeBody,
    CodeFireBody,
    EndGrantBody,
    ErasureBody,
    FireBody,
    FireManyBody,
    GrantBody,
    MeasureBody,
    NoticesBody,
    OpenCaseBody,
    PasswordBody,
    PreferenceBody,
    SlipBody,
    StrangerBody,
    TokenBody,
)
from api.client.calling import Caller, Json, part


class BanjieClient(Caller):
    """The calls of the API that speak JSON, by method and path."""

    def post_cases(
        self,
        body: OpenCaseBody,
        *,
        key: str,
    ) -> DoneAnswer:
        """Open a case."""
        told = self._call(
            "POST",
            "/api/cases",
            body=body,
            key=key,
        )
        return cast("DoneAnswer", told)

    def get_cases(
        self,
        *,
        workflow: str | None = None,
        state: list[str] | None = None,
        phase: str | None = None,
        unit: str | None = None,
        congress_session: str | None = None,
        category: str | None = None,
        text: str | None = None,
        children: bool | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> CasesPage:
        """Return a page of the cases the asker may see, newest first."""
        told = self._call(
            "GET",
            "/api/cases",
            query={
                "workflow": workflow,
                "state": state,
                "phase": phase,
                "unit": unit,
                "congress_session": congress_session,
                "category": category,
                "text": text,
                "children": children,
                "after": after,
                "limit": limit,
            },
        )
        return cast("CasesPage", told)

    def post_cases_by_case_id_transitions(
        self,
        case_id: str,
        body: FireBody,
        *,
        key: str,
    ) -> DoneAnswer:
        """Make a move of a case."""
        told = self._call(
            "POST",
            f"/api/cases/{part(case_id)}/transitions",
            body=body,
            key=key,
        )
        return cast("DoneAnswer", told)

    def post_transitions(
        self,
        body: FireManyBody,
        *,
        key: str,
    ) -> Json:
        """Make moves of several cases; one result each, in the order of the list, with the receipt of what
        was done.
        """
        return self._call(
            "POST",
            "/api/transitions",
            body=body,
            key=key,
        )

    def get_cases_by_case_id(
        self,
        case_id: str,
    ) -> CaseAnswer:
        """Return a case with what it offers the asker."""
        told = self._call(
            "GET",
            f"/api/cases/{part(case_id)}",
        )
        return cast("CaseAnswer", told)

    def get_cases_by_case_id_timeline(
        self,
        case_id: str,
    ) -> TimelineAnswer:
        """Return every entry of a case, oldest first."""
        told = self._call(
            "GET",
            f"/api/cases/{part(case_id)}/timeline",
        )
        return cast("TimelineAnswer", told)

    def get_cases_by_case_id_deadlines(
        self,
        case_id: str,
    ) -> Json:
        """Return the deadlines of a case, each with why it ends when it does, day by day, and all that
        moved it.
        """
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/deadlines",
        )

    def get_cases_by_case_id_access(
        self,
        case_id: str,
    ) -> Json:
        """Return who holds which right on a case, and from where: to those working on it, auditors, and
        its opener.
        """
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/access",
        )

    def get_overdue(
        self,
        *,
        before: str | None = None,
        within_days: int | None = None,
        scope: str | None = None,
        near_working_days: int | None = None,
        workflow: str | None = None,
        unit: str | None = None,
        rung: str | None = None,
        text: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Json:
        """Return running deadlines, the most overdue first; on the first page the figures of the whole
        list as well.
        """
        return self._call(
            "GET",
            "/api/overdue",
            query={
                "before": before,
                "within_days": within_days,
                "scope": scope,
                "near_working_days": near_working_days,
                "workflow": workflow,
                "unit": unit,
                "rung": rung,
                "text": text,
                "after": after,
                "limit": limit,
            },
        )

    def get_search(
        self,
        *,
        text: str,
        workflow: str | None = None,
        state: list[str] | None = None,
        phase: str | None = None,
        unit: str | None = None,
        congress_session: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Json:
        """Return a page of the cases that hold all words of a text and that the asker may see, newest
        first.
        """
        return self._call(
            "GET",
            "/api/search",
            query={
                "text": text,
                "workflow": workflow,
                "state": state,
                "phase": phase,
                "unit": unit,
                "congress_session": congress_session,
                "after": after,
                "limit": limit,
            },
        )

    def post_overdue_measures(
        self,
        body: MeasureBody,
        *,
        key: str,
    ) -> Json:
        """Preview a measure of supervision on a selection of cases, or carry out what was confirmed of a
        preview.
        """
        return self._call(
            "POST",
            "/api/overdue/measures",
            body=body,
            key=key,
        )

    def get_cases_by_case_id_files(
        self,
        case_id: str,
    ) -> Json:
        """Return the files of a case that the asker may know of."""
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/files",
        )

    def get_cases_by_case_id_erasures(
        self,
        case_id: str,
    ) -> Json:
        """Return what may be erased of a case, and the requests that wait for approval."""
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/erasures",
        )

    def post_cases_by_case_id_erasures(
        self,
        case_id: str,
        body: ErasureBody,
        *,
        key: str,
    ) -> DoneAnswer:
        """Ask for values to be erased; somebody else who may erase has to approve."""
        told = self._call(
            "POST",
            f"/api/cases/{part(case_id)}/erasures",
            body=body,
            key=key,
        )
        return cast("DoneAnswer", told)

    def post_cases_by_case_id_erasures_by_erasure_approval(
        self,
        case_id: str,
        erasure: str,
        body: ApprovalBody,
        *,
        key: str,
    ) -> DoneAnswer:
        """Approve what another has asked for: it is erased for good, once, whoever approves."""
        told = self._call(
            "POST",
            f"/api/cases/{part(case_id)}/erasures/{part(erasure)}/approval",
            body=body,
            key=key,
        )
        return cast("DoneAnswer", told)

    def get_notices(
        self,
        *,
        after: str | None = None,
        limit: int | None = None,
        unread_only: bool | None = None,
    ) -> Json:
        """Return a page of the asker's inbox, the newest first, and how many are unread."""
        return self._call(
            "GET",
            "/api/notices",
            query={
                "after": after,
                "limit": limit,
                "unread_only": unread_only,
            },
        )

    def get_cases_by_case_id_notices(
        self,
        case_id: str,
    ) -> Json:
        """Return who was told what about a case, by which way and with what outcome, to those who work on
        it.
        """
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/notices",
        )

    def post_notices_read(
        self,
        body: NoticesBody,
        *,
        key: str,
    ) -> Json:
        """Note that the asker has read these notices; what is read stays so, however often it is said."""
        return self._call(
            "POST",
            "/api/notices/read",
            body=body,
            key=key,
        )

    def post_notices_acknowledge(
        self,
        body: NoticesBody,
        *,
        key: str,
    ) -> Json:
        """Note that the asker signs for these notices (签收); the first time counts."""
        return self._call(
            "POST",
            "/api/notices/acknowledge",
            body=body,
            key=key,
        )

    def get_me_notices(
        self,
    ) -> Json:
        """Return every channel, whether it is set up here, and how the asker wants to be told by it."""
        return self._call(
            "GET",
            "/api/me/notices",
        )

    def put_me_notices_by_channel(
        self,
        channel: str,
        body: PreferenceBody,
    ) -> Json:
        """Settle how the asker is told by a channel; times are ``22:00``, Asia/Shanghai."""
        return self._call(
            "PUT",
            f"/api/me/notices/{part(channel)}",
            body=body,
        )

    def delete_me_notices_by_channel(
        self,
        channel: str,
    ) -> Json:
        """Forget a channel with its address; the inbox remains."""
        return self._call(
            "DELETE",
            f"/api/me/notices/{part(channel)}",
        )

    def get_me_absences(
        self,
    ) -> Json:
        """Return when the asker is away and who stands in, and for whom the asker stands in now or soon."""
        return self._call(
            "GET",
            "/api/me/absences",
        )

    def post_me_absences(
        self,
        body: AbsenceBody,
        *,
        key: str,
    ) -> Json:
        """Be away until a day, both days included; the substitute is told and may act meanwhile."""
        return self._call(
            "POST",
            "/api/me/absences",
            body=body,
            key=key,
        )

    def delete_me_absences_by_key(
        self,
        key: str,
    ) -> Json:
        """Take an absence of one's own back: it ends at once."""
        return self._call(
            "DELETE",
            f"/api/me/absences/{part(key)}",
        )

    def put_me_password(
        self,
        body: PasswordBody,
    ) -> Json:
        """Set another password; every other session ends, and this one goes on under a new cookie."""
        return self._call(
            "PUT",
            "/api/me/password",
            body=body,
        )

    def get_me_sessions(
        self,
    ) -> Json:
        """Return the asker's own sessions, the newest first; no address is kept."""
        return self._call(
            "GET",
            "/api/me/sessions",
        )

    def delete_me_sessions(
        self,
    ) -> Json:
        """End every session of the asker's own but this one."""
        return self._call(
            "DELETE",
            "/api/me/sessions",
        )

    def delete_me_sessions_by_number(
        self,
        number: str,
    ) -> Json:
        """End a session of the asker's own."""
        return self._call(
            "DELETE",
            f"/api/me/sessions/{part(number)}",
        )

    def get_me_tokens(
        self,
    ) -> Json:
        """Return the asker's own tokens, the newest first; no secret is kept."""
        return self._call(
            "GET",
            "/api/me/tokens",
        )

    def post_me_tokens(
        self,
        body: TokenBody,
        *,
        key: str,
    ) -> Json:
        """Make a token. Its secret is in this answer and nowhere else; a token makes no tokens."""
        return self._call(
            "POST",
            "/api/me/tokens",
            body=body,
            key=key,
        )

    def delete_me_tokens_by_number(
        self,
        number: str,
    ) -> Json:
        """End a token of the asker's own."""
        return self._call(
            "DELETE",
            f"/api/me/tokens/{part(number)}",
        )

    def get_accounts(
        self,
        *,
        q: str | None = None,
        unit: str | None = None,
        waiting: bool | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Json:
        """Return a page of the accounts of the units whose union office the asker is, by name."""
        return self._call(
            "GET",
            "/api/accounts",
            query={
                "q": q,
                "unit": unit,
                "waiting": waiting,
                "after": after,
                "limit": limit,
            },
        )

    def get_accounts_tokens(
        self,
    ) -> Json:
        """Return the tokens of everybody, for the security administrator."""
        return self._call(
            "GET",
            "/api/accounts/tokens",
        )

    def delete_accounts_tokens_by_number(
        self,
        number: str,
    ) -> Json:
        """End anybody's token."""
        return self._call(
            "DELETE",
            f"/api/accounts/tokens/{part(number)}",
        )

    def post_accounts_by_login_slip(
        self,
        login: str,
        body: SlipBody,
        *,
        key: str,
    ) -> Json:
        """Make an activation slip. Its code is in this answer and nowhere else."""
        return self._call(
            "POST",
            f"/api/accounts/{part(login)}/slip",
            body=body,
            key=key,
        )

    def get_grants(
        self,
        *,
        person: str | None = None,
        unit: str | None = None,
    ) -> Json:
        """Return the grants in the units that the asker reads them of, those of the past and to come
        included.
        """
        return self._call(
            "GET",
            "/api/grants",
            query={
                "person": person,
                "unit": unit,
            },
        )

    def post_grants(
        self,
        body: GrantBody,
        *,
        key: str,
    ) -> Json:
        """Give a role in a unit for a period, or give a period another end; nobody grants to himself."""
        return self._call(
            "POST",
            "/api/grants",
            body=body,
            key=key,
        )

    def get_grants_history(
        self,
        *,
        person: str | None = None,
    ) -> Json:
        """Return what the ledger was told of grants and deputations in the last year, the newest first."""
        return self._call(
            "GET",
            "/api/grants/history",
            query={
                "person": person,
            },
        )

    def post_grants_end(
        self,
        body: EndGrantBody,
        *,
        key: str,
    ) -> Json:
        """Take a grant back, named by its person, role, unit and first day."""
        return self._call(
            "POST",
            "/api/grants/end",
            body=body,
            key=key,
        )

    def get_workflows(
        self,
    ) -> Json:
        """Return the newest version of every workflow, with the number of visible cases by state."""
        return self._call(
            "GET",
            "/api/workflows",
        )

    def get_workflows_by_name(
        self,
        name: str,
    ) -> Json:
        """Return the definition of a workflow in its newest version, and its picture."""
        return self._call(
            "GET",
            f"/api/workflows/{part(name)}",
        )

    def get_calendar_due(
        self,
        *,
        start: str,
        within: str,
        roll: str | None = None,
    ) -> Json:
        """Return when a term ends and why: ``?start=2026-09-30&within=15 working days``."""
        return self._call(
            "GET",
            "/api/calendar/due",
            query={
                "start": start,
                "within": within,
                "roll": roll,
            },
        )

    def get_figures_by_workflow(
        self,
        workflow: str,
        *,
        as_of: str | None = None,
        by: str | None = None,
        audience: str | None = None,
        unit: str | None = None,
        category: str | None = None,
        period: str | None = None,
    ) -> Json:
        """Return every measure with its numerator, denominator and what was left out, how many cases
        reached each milestone, and the working days of each stage.
        """
        return self._call(
            "GET",
            f"/api/figures/{part(workflow)}",
            query={
                "as_of": as_of,
                "by": by,
                "audience": audience,
                "unit": unit,
                "category": category,
                "period": period,
            },
        )

    def get_coverage(
        self,
        *,
        year: int | None = None,
        unit: str | None = None,
    ) -> Json:
        """Return every coverage that is declared, counted for a year in a unit and all below it."""
        return self._call(
            "GET",
            "/api/coverage",
            query={
                "year": year,
                "unit": unit,
            },
        )

    def get_coverage_by_name(
        self,
        name: str,
        *,
        year: int | None = None,
        unit: str | None = None,
        covered: bool | None = None,
        after: str | None = None,
    ) -> Json:
        """Return a coverage by facet and by unit, and a page of the lines that count (``covered``) or do
        not.
        """
        return self._call(
            "GET",
            f"/api/coverage/{part(name)}",
            query={
                "year": year,
                "unit": unit,
                "covered": covered,
                "after": after,
            },
        )

    def get_cases_by_case_id_sheets_by_name(
        self,
        case_id: str,
        name: str,
        *,
        whole: bool | None = None,
    ) -> Json:
        """Return a sheet of a case: its items, the unit's own figures, the totals, and the sheets right
        below.
        """
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/sheets/{part(name)}",
            query={
                "whole": whole,
            },
        )

    def get_cases_by_case_id_polls_by_name(
        self,
        case_id: str,
        name: str,
    ) -> Json:
        """Return a poll of a case: what is asked, how many may answer and have, and how it stands for the
        asker.
        """
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/polls/{part(name)}",
        )

    def post_cases_by_case_id_polls_by_name(
        self,
        case_id: str,
        name: str,
        body: BallotBody,
    ) -> Json:
        """Answer a poll, once and for good."""
        return self._call(
            "POST",
            f"/api/cases/{part(case_id)}/polls/{part(name)}",
            body=body,
        )

    def get_cases_by_case_id_proof(
        self,
        case_id: str,
    ) -> Json:
        """Every entry of a case with its C2SP tlog-proof; null while it waits to be sealed."""
        return self._call(
            "GET",
            f"/api/cases/{part(case_id)}/proof",
        )

    def get_jobs(
        self,
        *,
        state: str | None = None,
        limit: int | None = None,
    ) -> Json:
        """Return jobs, failed first, then running, waiting, done and cancelled, and how many there are of
        each.
        """
        return self._call(
            "GET",
            "/api/jobs",
            query={
                "state": state,
                "limit": limit,
            },
        )

    def post_jobs_by_number_run(
        self,
        number: int,
    ) -> Json:
        """Let a job that is over run again, or one that waits run now."""
        return self._call(
            "POST",
            f"/api/jobs/{part(number)}/run",
        )

    def get_anonymous(
        self,
    ) -> Json:
        """Return where one can file without a name, what is asked, and when things are released."""
        return self._call(
            "GET",
            "/api/anonymous",
        )

    def post_anonymous(
        self,
        body: StrangerBody,
        *,
        key: str,
    ) -> Json:
        """File without a name. The query code is in this answer and nowhere else; it cannot be made again."""
        return self._call(
            "POST",
            "/api/anonymous",
            body=body,
            key=key,
        )

    def post_anonymous_look(
        self,
        body: CodeBody,
    ) -> Json:
        """Return what is behind a query code."""
        return self._call(
            "POST",
            "/api/anonymous/look",
            body=body,
        )

    def post_anonymous_transitions(
        self,
        body: CodeFireBody,
        *,
        key: str,
    ) -> Json:
        """Make a move of the case behind a query code; it is carried out at the next release."""
        return self._call(
            "POST",
            "/api/anonymous/transitions",
            body=body,
            key=key,
        )

    def get_health(
        self,
    ) -> Json:
        """Return the state of the service; 503 while the database cannot be reached."""
        return self._call(
            "GET",
            "/api/health",
        )
