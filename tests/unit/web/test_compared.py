"""Two texts side by side: what differs is marked, and put together the pieces are the texts again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.views.compared import Piece, alike_percent, compared, sentences

TEXTS = st.text(alphabet="夜班食堂没有热饭。；\n ab", max_size=60)


def marked(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text for piece in pieces if piece.differs]


@given(TEXTS, TEXTS)
def test_nothing_is_lost_and_nothing_is_added(one: str, two: str) -> None:
    left, right = compared(one, two)
    assert "".join(piece.text for piece in left) == one
    assert "".join(piece.text for piece in right) == two
    assert "".join(piece.text for piece in left if not piece.differs) == "".join(
        piece.text for piece in right if not piece.differs
    )


@given(TEXTS)
def test_equal_texts_have_no_marks(text: str) -> None:
    left, right = compared(text, text)
    assert not marked(left)
    assert not marked(right)
    assert alike_percent(left, right) == 100


def test_a_changed_word_is_marked_alone_within_its_sentence() -> None:
    left, right = compared("夜班没有热饭。请延长到一点半。", "夜班没有热饭。请延长到两点半。")
    assert marked(left) == ["一"]
    assert marked(right) == ["两"]
    assert alike_percent(left, right) == 93  # 28 of 30 signs


def test_a_sentence_that_only_one_has_is_marked_whole() -> None:
    left, right = compared("夜班没有热饭。请设微波炉。", "夜班没有热饭。")
    assert marked(left) == ["请设微波炉。"]
    assert marked(right) == []


def test_sentences_that_have_little_in_common_are_marked_whole() -> None:
    left, right = compared("请增开班车。", "更衣室漏水。")
    assert (marked(left), marked(right)) == (["请增开班车。"], ["更衣室漏水。"])
    assert alike_percent(left, right) == 0


def test_very_long_texts_are_compared_as_far_as_is_bearable() -> None:
    one = "".join(f"第{n}句。" for n in range(500))
    left, right = compared(one, "x" * 2000)
    assert "".join(piece.text for piece in left) == one
    assert right == (Piece("x" * 2000, True),)


def test_two_empty_texts_are_alike() -> None:
    assert compared("", "") == ((), ())
    assert alike_percent((), ()) == 100


def test_a_sentence_ends_with_its_marks() -> None:
    assert sentences("一。二？！\n三；四") == ["一。", "二？！\n", "三；", "四"]
