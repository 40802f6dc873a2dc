"""Proofs about polls: one way in, one way out, electors who see what they are asked, totals that nobody fills in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.definition.checks_proof import COLUMN, FIELD, LIST, ROLE, STATE, TRANSITION, Proof
from engine.definition.parts import AppendRows, FieldPart, Privacy, TransitionPart
from engine.definition.poll_parts import PollPart
from engine.definition.reading import Path, meant
from engine.text import Text

_OPEN: Final = (Privacy.PUBLIC, Privacy.INTERNAL)


def check_polls(proof: Proof) -> None:
    """Add what is wrong with ``polls``."""
    for name, part in proof.workflow.polls.items():
        path: Path = ("polls", name)
        proof.all_known((*path, "taken_in"), STATE, part.taken_in, proof.workflow.states)
        _check_moves(proof, path, part)
        _check_eligible(proof, path, part)
        _check_asked(proof, path, part)
        _check_totals(proof, path, part)
        for key in ("eligible_count", "returned_count", "proof"):
            _check_field(proof, (*path, key), getattr(part, key), "string" if key == "proof" else "integer")


def _check_moves(proof: Proof, path: Path, part: PollPart) -> None:
    """A poll is opened from outside its states, and by one move only; its closing leads out of them."""
    moves, inside = proof.workflow.transitions, {*part.taken_in}
    known = [
        proof.known((*path, key), TRANSITION, move, moves)
        for key, move in (("opens", part.opens), ("closes", part.closes))
    ]
    if not all(known):
        return
    opens, closes = moves[part.opens], moves[part.closes]
    if inside.intersection(opens.from_) or not _targets(opens) or not inside.issuperset(_targets(opens)):
        proof.add(
            (*path, "opens"),
            "poll_opens_wrong",
            Text(
                f"流转“{part.opens}”须从别的状态进入 {'、'.join(part.taken_in)}",
                f"The move {part.opens} must lead from elsewhere into {', '.join(part.taken_in)}",
            ),
            Text("请改写流转的 from、to，或者 taken_in", "Change its from and to, or taken_in"),
        )
    if not inside.issuperset(closes.from_) or not _targets(closes) or inside.intersection(_targets(closes)):
        proof.add(
            (*path, "closes"),
            "poll_closes_wrong",
            Text(
                f"流转“{part.closes}”须从 {'、'.join(part.taken_in)} 进入别的状态",
                f"The move {part.closes} must lead from {', '.join(part.taken_in)} elsewhere",
            ),
            Text("请改写流转的 from、to，或者 taken_in", "Change its from and to, or taken_in"),
        )
    for name, move in moves.items():
        if name != part.opens and not inside.issuperset(move.from_) and inside.intersection(_targets(move)):
            proof.add(
                (*path, "taken_in"),
                "poll_entered_otherwise",
                Text(
                    f"流转“{name}”不发起“{part.title.zh}”，却进入它的状态",
                    f"The move {name} leads into a state of {part.title.en} and does not open it",
                ),
                Text("请改写该流转的 to，或者 taken_in", "Change its to, or taken_in"),
            )
    _check_fired(proof, path, part)


def _check_fired(proof: Proof, path: Path, part: PollPart) -> None:
    for name, join in proof.workflow.joins.items():
        if join.fire in (part.opens, part.closes):
            proof.add(
                path,
                "poll_fired",
                Text(
                    f"“{part.title.zh}”须由人发起、结束，不能由联动“{name}”发出",
                    f"Somebody opens and closes {part.title.en}, never the join {name}",
                ),
                Text("请让联动发出别的流转", "Let the join fire another move"),
            )


def _targets(move: TransitionPart) -> tuple[str, ...]:
    return (move.to,) if move.to is not None else tuple(one.to for one in move.alternatives)


def _check_eligible(proof: Proof, path: Path, part: PollPart) -> None:
    if not proof.known((*path, "eligible"), ROLE, part.eligible, proof.workflow.roles):
        return
    role = proof.workflow.roles[part.eligible]
    if role.bound != "grant" or role.in_ != "case_unit" or role.inherited == "only":
        proof.add(
            (*path, "eligible"),
            "poll_eligible_wrong",
            Text(
                f"角色“{part.eligible}”须由在本件单位的授权担任，才数得清应当参加的人",
                f"The role {part.eligible} must be held by grants in the unit of the case: they can be counted",
            ),
            Text("请换一个 bound: grant 的角色", "Name a role with bound: grant"),
        )
    blind = [state for state in part.taken_in if not role.sees_in(state)]
    if blind:
        proof.add(
            (*path, "eligible"),
            "poll_not_seen",
            Text(
                f"角色“{part.eligible}”在 {'、'.join(blind)} 看不到本件，无法填写",
                f"Holders of {part.eligible} do not see the case in {', '.join(blind)}",
            ),
            Text("请在该角色的 sees 中补上", "Add it to what the role sees"),
        )


def _check_asked(proof: Proof, path: Path, part: PollPart) -> None:
    workflow = proof.workflow
    given = [key for key in ("rows", "list", "asks") if getattr(part, key)]
    if len(given) != 1:
        proof.add(
            path,
            "poll_asks_unclear",
            Text(
                f"“{part.title.zh}”应写 rows、list、asks 之一",
                f"{part.title.en} must say one of rows, list and asks",
            ),
            Text("请写明问什么，只写一种", "Say what is asked, in one of these ways"),
        )
    if part.list is not None:
        proof.known((*path, "list"), LIST, part.list, workflow.lists)
    if part.rows is not None and _check_table(proof, (*path, "rows", "table"), part.rows.table):
        columns = workflow.fields[part.rows.table].columns
        proof.known((*path, "rows", "key"), COLUMN, part.rows.key, columns)
        proof.known((*path, "rows", "title"), COLUMN, part.rows.title, columns)
        for name in _changing(proof, part, part.rows.table):
            proof.add(
                (*path, "rows", "table"),
                "poll_rows_change",
                Text(
                    f"填写期间流转“{name}”会改动“{part.rows.table}”，问的就不是同一件事",
                    f"The move {name} changes {part.rows.table} while the poll is open",
                ),
                Text("请从该流转中删去", "Leave it out of that move"),
            )


def _changing(proof: Proof, part: PollPart, table: str) -> Iterator[str]:
    for name, move in proof.workflow.transitions.items():
        adds = any(isinstance(effect, AppendRows) and effect.table == table for effect in move.effects)
        if {*part.taken_in}.intersection(move.from_) and (table in move.form or adds):
            yield name


def _check_totals(proof: Proof, path: Path, part: PollPart) -> None:
    if _check_table(proof, (*path, "totals"), part.totals):
        columns = _filled_in(proof.workflow.fields[part.totals])
        counted = [choice for choice in part.choices if choice in columns]
        for choice in part.choices:
            if choice not in columns and part.answered is None:
                proof.known((*path, "choices", choice), COLUMN, choice, columns, is_key=True)
        kinds = dict.fromkeys(counted, "integer") | {part.answered or "": "integer"}
        kinds |= {part.titled or "": "string", part.key: _key_kind(proof, part)}
        proof.known((*path, "key"), COLUMN, part.key, columns)
        for name in ("answered", "titled"):
            if (column := getattr(part, name)) is not None:
                proof.known((*path, name), COLUMN, column, columns)
        for column in part.always:
            proof.known((*path, "always", column), COLUMN, column, columns, is_key=True)
        for column, kind in kinds.items():
            if column in columns and columns[column] != kind:
                _add_column(proof, (*path, "totals"), part.totals, column, kind)
        _check_others(proof, path, part, {*counted, part.key, part.answered or "", part.titled or "", *part.always})
    for key, move in (("opens", part.opens), ("closes", part.closes)):
        form = proof.workflow.transitions[move].form if move in proof.workflow.transitions else {}
        for field in part.filled:
            if field in form:
                proof.add(
                    (*path, key),
                    "poll_filled_by_hand",
                    Text(
                        f"“{field}”由系统在网上投票中填写，不得由人在“{move}”中填写",
                        f"{field} is filled in by the poll, nobody fills it in with {move}",
                    ),
                    Text("请从该流转的表单中删去", "Leave it out of the form of that move"),
                )


def _key_kind(proof: Proof, part: PollPart) -> str:
    asked = None if part.rows is None else proof.workflow.fields.get(part.rows.table)
    key = None if asked is None or part.rows is None else asked.columns.get(part.rows.key)
    return "string" if key is None else str(key.json_schema.get("type"))


def _check_others(proof: Proof, path: Path, part: PollPart, filled: set[str]) -> None:
    """A column that must be there and that the poll does not fill would be missing from every row."""
    for name, column in proof.workflow.fields[part.totals].columns.items():
        if column.required and column.value is None and name not in filled:
            proof.add(
                (*path, "totals"),
                "poll_column_empty",
                Text(
                    f"合计表“{part.totals}”的栏目“{name}”没有着落",
                    f"Nothing fills the column {name} of {part.totals}",
                ),
                Text(f"请写 always: {{{name}: …}}，或者该栏 required: false", f"Write always: {{{name}: …}}"),
            )


def _check_table(proof: Proof, path: Path, name: str) -> bool:
    if not proof.known(path, FIELD, name, proof.workflow.fields):
        return False
    if not proof.workflow.fields[name].columns:
        proof.add(
            path,
            "poll_no_table",
            Text(f"“{name}”不是表格", f"{name} is no table"),
            meant(name, [field for field, part in proof.workflow.fields.items() if part.columns]),
        )
        return False
    return _check_privacy(proof, path, name)


def _check_field(proof: Proof, path: Path, name: str, kind: str) -> None:
    if not proof.known(path, FIELD, name, proof.workflow.fields):
        return
    if proof.workflow.fields[name].json_schema.get("type") != kind:
        proof.add(
            path,
            "poll_field_wrong",
            Text(f"字段“{name}”的 schema 应为 {{type: {kind}}}", f"The field {name} must be {{type: {kind}}}"),
            Text("请改写 schema，或换一个字段", "Change the schema, or name another field"),
        )
    _check_privacy(proof, path, name)


def _check_privacy(proof: Proof, path: Path, name: str) -> bool:
    part = proof.workflow.fields[name]
    if part.privacy not in _OPEN:
        proof.add(
            path,
            "poll_private",
            Text(
                f"“{name}”的隐私级别是 {part.privacy}，参加的人核对不了结果",
                f"{name} is {part.privacy}, so those who took part could not check the result",
            ),
            Text("请改为 privacy: internal 或 public", "Write privacy: internal or public"),
        )
        return False
    return True


def _filled_in(part: FieldPart) -> Mapping[str, str]:
    """Return the columns of a table that are filled in, with what they hold."""
    return {name: str(column.json_schema.get("type")) for name, column in part.columns.items() if column.value is None}


def _add_column(proof: Proof, path: Path, table: str, column: str, kind: str) -> None:
    proof.add(
        path,
        "poll_column_wrong",
        Text(
            f"表格“{table}”的栏目“{column}”，schema 应为 {{type: {kind}}}",
            f"The column {column} of {table} must be {{type: {kind}}}",
        ),
        Text("请改写该栏目的 schema", "Change the schema of the column"),
    )
