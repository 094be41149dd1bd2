r"""A text as columns and back: the told part and the bytes kept beside it.

``varint``, ``text`` and ``numbers`` are those of :mod:`yika_common.journal.wire`::

    varint   number of skeletons, then each as text
    varint   number of lines, width; then numbers: each line's skeleton less that of the line above
    heads    per column, in the order in which the skeletons name them:
        byte     form + 8 * predictor + 32 * which of its related columns
        varint   digits, or bytes of an entry
        varint   number of entries
        byte     width of its numbers
    texts    per column of the form DIGITS or PLAIN, its entries
    numbers  per column, what is told of it: as many as the lines have places for it

Entries of HEX and BASE64 columns stand as bytes in the other part, column by column.  There are
at most 10,000 lines, 1,000 columns and 200,000 values, and 1,000 skeletons of at most 4096
characters; whatever has more travels in another coding.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from yika_common.errors import Phrase
from yika_common.journal.columns import (
    RELATED,
    Column,
    Form,
    Predictor,
    Teller,
    column_of,
    cost,
    from_raw,
    to_raw,
    value_of,
)
from yika_common.journal.errors import TransportMalformed, TransportTooLarge
from yika_common.journal.skeletons import (
    NUMBER,
    RESERVED,
    TEXT,
    ColumnName,
    Value,
    columns_of,
    join,
    split,
)
from yika_common.journal.wire import (
    WIDTH_MAX,
    Reader,
    write_numbers,
    write_text,
    write_varint,
)
from yika_common.values import dataclass

_RAW_FORMS = (Form.HEX, Form.BASE64)
_DIGITS_MAX = 15
"""Digits of a DIGITS column."""

_SKELETONS_MAX = 1_000
_SKELETON_MAX = 4096
_LINES_MAX = 10_000
_COLUMNS_MAX = 1_000
_VALUES_MAX = 200_000
"""Far above any segment: empty lines and values cost a sender nothing, but the receiver time."""


class NotColumnar(Exception):
    """The bytes hold one of the three that skeletons are made with; another coding must do."""


@dataclass(slots=True)
class _Table:
    """The lines of a text as skeletons and column values, in order."""

    skeletons: dict[str, tuple[ColumnName, ...]] = field(default_factory=dict)
    lines: list[tuple[str, list[Value]]] = field(default_factory=list)
    values: dict[ColumnName, list[Value]] = field(default_factory=dict)

    def add(self, line: str) -> None:
        skeleton, values = split(line)
        names = self.skeletons.get(skeleton)
        if names is None:
            names = self.skeletons[skeleton] = columns_of(skeleton)
        self.lines.append((skeleton, values))
        for name, value in zip(names, values, strict=True):
            self.values.setdefault(name, []).append(value)


def to_columns(data: bytes) -> tuple[bytes, bytes]:
    """The told part and the bytes beside it.

    Raises:
        NotColumnar: the data cannot be coded this way.
    """
    text = data.decode("latin-1")
    if any(mark in text for mark in RESERVED):
        raise NotColumnar
    table = _Table()
    for line in text.split("\n"):
        table.add(line)
    columns = {name: column_of(values) for name, values in table.values.items()}
    related = _related_numbers(table, columns)
    places = {skeleton: place for place, skeleton in enumerate(table.skeletons)}
    width, numbers = write_numbers(_differences([places[skeleton] for skeleton, _ in table.lines]))
    heads: list[bytes] = []
    texts: list[bytes] = []
    beside: list[bytes] = []
    told = [numbers]
    for name, column in columns.items():
        head, numbers = _told_column(column, related[name])
        heads.append(head)
        told.append(numbers)
        if column.form in _RAW_FORMS:
            beside += [to_raw(column.form, entry) for entry in column.entries]
        else:
            texts += map(write_text, column.entries)
    start = [
        write_varint(len(places)),
        *map(write_text, places),
        write_varint(len(table.lines)),
        write_varint(width),
    ]
    parts = [*start, told[0], *heads, *texts, *told[1:]]
    return b"".join(parts), b"".join(beside)


def _differences(values: Sequence[int]) -> list[int]:
    return [after - before for before, after in zip([0, *values], values, strict=False)]


def _related_numbers(
    table: _Table, columns: Mapping[ColumnName, Column]
) -> dict[ColumnName, list[list[int]]]:
    """Per column and related column, the newest related number at each of the column's numbers."""
    newest = dict.fromkeys(columns, 0)
    found: dict[ColumnName, list[list[int]]] = {
        name: [[] for _ in RELATED.get(name, ())] for name in columns
    }
    pending = {name: iter(column.numbers) for name, column in columns.items()}
    for skeleton, _ in table.lines:
        for name in table.skeletons[skeleton]:
            for history, other in zip(found[name], RELATED.get(name, ()), strict=True):
                history.append(newest.get(other, 0))
            newest[name] = next(pending[name])
    return found


def _told_column(column: Column, related: Sequence[Sequence[int]]) -> tuple[bytes, bytes]:
    """The head of the column, and its numbers by the predictor that costs least."""
    nobody: Sequence[int] = [0] * len(column.numbers)
    choices = [(Predictor.NOTHING, 0, nobody), (Predictor.PREVIOUS, 0, nobody)]
    for which, history in enumerate(related):
        choices += [(Predictor.SAME, which, history), (Predictor.KEYED, which, history)]
    best: tuple[float, int, list[int]] | None = None
    for predictor, which, history in choices:
        teller = Teller(predictor, column.places)
        told = list(map(teller.tell, column.numbers, history))
        price = cost(told)
        if best is None or price < best[0]:
            best = price, 8 * predictor + 32 * which, told
    assert best is not None, "there are always two choices"
    width, numbers = write_numbers(best[2])
    head = (
        bytes([column.form + best[1]])
        + write_varint(column.width)
        + write_varint(len(column.entries))
    )
    return head + bytes([width]), numbers


@dataclass(slots=True)
class _Telling:
    """A column while its values are taken from it, one by one."""

    column: Column
    entries: int
    width: int
    teller: Teller
    related: ColumnName | None
    told: Iterator[int] = field(default_factory=lambda: iter(()))
    newest: int = 0


def from_columns(told: bytes, beside: bytes, *, limit: int) -> bytes:
    """The data that :func:`to_columns` was given, ``limit`` bytes at most.

    Raises:
        TransportMalformed: the parts are none of ours.
        TransportTooLarge: they would unfold to more than the limit.
    """
    reader, kept = Reader(told, limit), Reader(beside, limit)
    skeletons = [reader.text() for _ in range(reader.count(_SKELETONS_MAX))]
    names = _columns_of(skeletons, limit)
    places = list(itertools.accumulate(reader.numbers(reader.count(_LINES_MAX), reader.varint())))
    if not all(0 <= place < len(skeletons) for place in places):
        raise TransportMalformed(why=Phrase("a line has no form"))
    counts: Counter[ColumnName] = Counter()
    for place, times in Counter(places).items():
        for name in names[place]:
            counts[name] += times
    if len(counts) > _COLUMNS_MAX or counts.total() > _VALUES_MAX:
        raise TransportTooLarge(limit=limit)
    tellings = _read_tellings(dict.fromkeys(itertools.chain(*names)), counts, reader, kept)
    lines = []
    room = limit + 1
    for place in places:
        values = _values(tellings, names[place], room)
        line = join(skeletons[place], values)
        room -= len(line) + 1
        if room < 0:
            raise TransportTooLarge(limit=limit)
        lines.append(line)
    return "\n".join(lines).encode("latin-1")


def _columns_of(skeletons: Iterable[str], limit: int) -> list[tuple[ColumnName, ...]]:
    found = []
    room = _VALUES_MAX
    for skeleton in skeletons:
        room -= sum(map(skeleton.count, (NUMBER, TEXT)))
        if len(skeleton) > _SKELETON_MAX or room < 0:
            raise TransportTooLarge(limit=limit)
        found.append(columns_of(skeleton))
    return found


def _values(
    tellings: Mapping[ColumnName, _Telling], names: Sequence[ColumnName], room: int
) -> list[Value]:
    """The next value of each column named; together no longer than ``room``."""
    values = []
    left = room
    for name in names:
        value = _next_value(tellings, name)
        left -= len(value) if isinstance(value, str) else 1
        if left < 0:
            raise TransportTooLarge(limit=room)
        values.append(value)
    return values


def _read_tellings(
    names: Iterable[ColumnName], counts: Mapping[ColumnName, int], reader: Reader, kept: Reader
) -> dict[ColumnName, _Telling]:
    tellings = {name: _read_head(name, reader) for name in names}
    for telling in tellings.values():
        column = telling.column
        if column.form in _RAW_FORMS:
            entries = [kept.take(column.width) for _ in range(telling.entries)]
            column.entries = [from_raw(column.form, entry) for entry in entries]
        else:
            column.entries = [reader.text() for _ in range(telling.entries)]
    for name, telling in tellings.items():
        telling.told = iter(reader.numbers(counts[name], telling.width))
    reader.finish()
    kept.finish()
    return tellings


def _read_head(name: ColumnName, reader: Reader) -> _Telling:
    kind = reader.take(1)[0]
    which, predictor, form = kind >> 5, Predictor(kind >> 3 & 3), kind & 7
    width, entries, number_width = reader.varint(), reader.count(), reader.take(1)[0]
    related = RELATED.get(name, ())
    if (
        form > Form.PLAIN
        or which >= max(len(related), 1)
        or number_width > WIDTH_MAX
        or (form in _RAW_FORMS and width < 1)
        or (form == Form.DIGITS and (entries != 1 or width > _DIGITS_MAX))
    ):
        raise TransportMalformed(why=Phrase("a column has no form"))
    column = Column(Form(form), [], [], width)
    teller = Teller(predictor, column.places)
    return _Telling(column, entries, number_width, teller, related[which] if related else None)


def _next_value(tellings: Mapping[ColumnName, _Telling], name: ColumnName) -> Value:
    telling = tellings[name]
    other = None if telling.related is None else tellings.get(telling.related)
    number = telling.teller.understand(next(telling.told), other.newest if other else 0)
    telling.newest = number
    try:
        return value_of(telling.column, number)
    except ValueError as cause:
        raise TransportMalformed(why=Phrase("a value is missing")) from cause
