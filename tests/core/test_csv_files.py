"""CSV as offices exchange it: what is written is read back, and no cell becomes a formula."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.core.csv_files import FORMULA, NotCsv, read, written

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=20)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=8))
@example([("'=1", "''=1")])
@example([("\t", "")])
def test_what_is_written_is_read_back(rows: list[tuple[str, str]]) -> None:
    content = written(["a", "b"], rows)
    found = [(cells["a"], cells["b"]) for _line, cells in read(content, columns=("a", "b"), most=99)]
    assert found == [(a.strip(), b.strip()) for a, b in rows if a.strip() or b.strip()]


@settings(deadline=None)
@given(CELLS)
def test_no_cell_begins_like_a_formula(cell: str) -> None:
    line = written(["a"], [[cell]]).decode("utf-8-sig").split("\r\n", 1)[1].removesuffix("\r\n")
    assert not line.lstrip('"').startswith(FORMULA)


def test_lines_are_those_of_the_file() -> None:
    content = b'a;b\r\n1;"two\r\nlines"\r\n\r\n3;4\r\n'
    assert [line for line, _cells in read(content, columns=("a", "b"), most=9)] == [2, 5]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    try:
        read(b"a;b\n" + content, columns=("a", "b"), most=5)
    except NotCsv as error:
        assert str(error)


def test_columns_in_any_order_and_case() -> None:
    assert read(b" B ;A\n1;2\n", columns=("a", "b"), most=9) == [(2, {"b": "1", "a": "2"})]


@pytest.mark.parametrize(
    "content", [b"a;b\n1\n", b'a;b\n"1;2\n', b"a\n1\n", b"a;b;c\n", b"a;a;b\n", b"a;b\n1;2\n3;4\n5;6\n"]
)
def test_what_cannot_be_read_is_said(content: bytes) -> None:
    with pytest.raises(NotCsv):
        read(content, columns=("a", "b"), most=2)
