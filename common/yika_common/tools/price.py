"""``yika price TARIFF.json``: one JSON query a line in, one JSON answer a line out, in order.

A query that is malformed, or that the tariff refuses, gets a line with ``error`` (the code) and
``message`` (the sentence), and the next line is read.  Quantities are printed with at least the
decimals of the query's quantum, money with two, prices with at least two.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from yika_common.errors import YikaError
from yika_common.infra.language import sentence
from yika_common.numbers import (
    MONEY_PLACES,
    Quantity,
    money_to_text,
    quantity_to_text,
    scaled_to_text,
)
from yika_common.tariffs.document import (
    FILE_SIZE_MAX,
    QUERY_SIZE_MAX,
    MoneyQuery,
    QuantityQuery,
    parse_query,
    parse_tariff,
)
from yika_common.tariffs.model import FEE_RATE_PLACES, Tariff
from yika_common.tariffs.quote import Quote, quote_for_money, quote_for_quantity
from yika_common.tools.telling import COMMAND_LINE_WRONG, answer, language, stopping


@click.command(short_help="Answer price queries from standard input.")
@click.argument("tariff_file", metavar="TARIFF.json", type=click.Path(path_type=Path))
def price(tariff_file: Path) -> None:
    """Answer price queries by the tariff: one JSON object a line in, one a line out.

    What a sum buys, and what a quantity costs:

    \b
    {"used": "170", "quantum": "0.1", "amount": "500.00"}
    {"used": "170", "quantum": "0.1", "quantity": "100"}

    \b
    used               bought so far in this quota period
    quantum            the smallest quantity the meter counts; all are multiples of it
    persons            in the household, if the tariff gives more to larger ones
    area_m2            heated, if a basic fee by area is due
    heating_year_paid  false while this heating year's basic fee is unpaid; true if left out
    months_due         months since a fixed charge was last paid; 0 if left out

    What else a query may say (free units due, season, heat class, consumption known and more)
    is in docs/tariff-format.md.

    The answer names quantity, amount, residual (the part of the sum that buys nothing and stays
    with the customer) and the lines of the amount; or error, a code, and message, a sentence.
    """  # noqa: D301 - click reads the character itself
    with stopping(COMMAND_LINE_WRONG), tariff_file.open("rb") as file:
        tariff = parse_tariff(file.read(FILE_SIZE_MAX + 1))
    for line in _lines(sys.stdin.buffer):
        answer(_answer(tariff, line))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines, each cut to just over the longest query, so that none can fill the memory."""
    while line := stream.readline(QUERY_SIZE_MAX + 1):
        tail = line
        while not tail.endswith(b"\n") and (tail := stream.readline(QUERY_SIZE_MAX)):
            pass
        yield line


def _answer(tariff: Tariff, line: bytes) -> dict[str, object]:
    try:
        query = parse_query(line)
        return _shown(tariff, _quote(tariff, query), query.usage.quantum)
    except YikaError as error:
        return {"error": error.code, "message": sentence(error, language())}


def _quote(tariff: Tariff, query: MoneyQuery | QuantityQuery) -> Quote:
    if isinstance(query, MoneyQuery):
        return quote_for_money(tariff, query.usage, query.tendered)
    return quote_for_quantity(tariff, query.usage, query.quantity)


def _shown(tariff: Tariff, quote: Quote, quantum: Quantity) -> dict[str, object]:
    least = MONEY_PLACES if tariff.holds_money else _places(quantum)
    shown: dict[str, object] = {
        "quantity": quantity_to_text(quote.quantity, least=least),
        "amount": money_to_text(quote.amount),
        "residual": money_to_text(quote.residual),
        "lines": [
            {
                "code": line.code,
                "step": line.step,
                "quantity": quantity_to_text(line.quantity, least=least if line.step else 0),
                "price": line.price_text,
                "amount": money_to_text(line.amount),
            }
            for line in quote.lines
        ],
    }
    if tariff.taxes:
        shown["included_taxes"] = [
            {
                "code": tax.code,
                "rate": scaled_to_text(tax.rate, FEE_RATE_PLACES, least=2),
                "amount": money_to_text(tax.amount),
            }
            for tax in quote.included_taxes
        ]
    if tariff.free_allocation is not None:
        shown["free"] = quantity_to_text(quote.free, least=least)
    if tariff.counts_consumption:
        shown["settled"] = quantity_to_text(quote.settled, least=least)
    return shown


def _places(quantum: Quantity) -> int:
    return len(quantity_to_text(quantum).partition(".")[2])
