"""``banjie erase --person LOGIN`` without a case: one person erased from all cases, with a summary to hand out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.errors import NotFound
from engine.text import Text
from runtime.cli.run import Run

if TYPE_CHECKING:
    from engine.case.actors import Actor
    from engine.case.identity import RootId
    from engine.service.person_erasure import CaseErased
    from runtime.wiring import Opened

GONE: Final = Text(
    "已删除，密钥已销毁。在用系统中即刻消失，备份中最迟 35 天后消失",
    "Erased, and its keys destroyed: gone from the live system at once, from back-ups after 35 days at the latest",
)
_REGISTER: Final = Text(
    "姓名、登录名和任职仍在组织名册中：人离职时由名册管理员停用，账册中的授权记录依法保存",
    "Name, login and offices stay in the register: whoever keeps it deactivates the account when somebody leaves; the "
    "ledger keeps which rights were given",
)


def erase_everywhere(
    run: Run, opened: Opened, root: RootId, login: str, by: Actor, approver: Actor, basis: str, as_json: bool
) -> None:
    """Erase a person from all cases and say, case by case, what went, what stayed and why."""
    from engine.case.commands import ErasureBasis
    from engine.service.person_erasure import erase_person
    from runtime.keys.shredding import finish_erasures

    desk = opened.desk
    account = desk.reads.account(login)
    if account is None or account.root != root:
        raise NotFound(Text(f"没有登录名“{login}”", f"There is no login {login!r}"))
    with run.terminal.progress(Text("删除", "Erasing")) as progressed:
        told = erase_person(
            desk,
            root,
            account.person,
            by,
            approver,
            ErasureBasis(basis),
            finish=lambda: finish_erasures(opened),
            progress=progressed,
        )
    if as_json:
        run.terminal.json([_json(run, one) for one in told])
        return
    run.terminal.say(Text(f"{account.name}：涉及 {len(told)} 件", f"{account.name}: {len(told)} case(s)"))
    for one in told:
        _say(run, one)
    erased = sum(len(one.erased) for one in told)
    kept = sum(len(one.kept) for one in told)
    run.terminal.say(Text(f"共删除 {erased} 项，保留 {kept} 项", f"{erased} value(s) erased, {kept} kept"))
    run.terminal.say(_REGISTER)
    if erased:
        run.terminal.say(GONE)


def _say(run: Run, one: CaseErased) -> None:
    said = run.terminal.say
    said(Text(f"■ {one.workflow.zh} {one.number or one.case}", f"■ {one.workflow.en} {one.number or one.case}"))
    if one.seq is not None:
        paths = ", ".join(one.erased)
        said(
            Text(
                f"  已删除：{paths}（账册第 {one.seq} 条，{one.hash}）",
                f"  erased: {paths} (entry {one.seq}, {one.hash})",
            )
        )
    for path, why in one.kept:
        said(Text(f"  保留：{path}，{why.zh}", f"  kept: {path}: {why.en}"))


def _json(run: Run, one: CaseErased) -> dict[str, object]:
    return {
        "case": one.case,
        "number": one.number,
        "seq": one.seq,
        "hash": one.hash,
        "erased": list(one.erased),
        "kept": [{"path": path, "why": run.terminal.read(why)} for path, why in one.kept],
    }
