"""``yika price TARIFF.json``: one JSON query a line in, one JSON answer a line out, in order.

A query that is malformed, or that the tariff refuses, gets a line with ``error`` (the code) and
``message`` (the sentence), and the next line is read.  Quantities are printed with at least the
decimals of the query's quantum, money with two, prices with at least two.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from yika_common.errors import YikaError
from yika_common.numbers import Quantity, money_to_text, quantity_to_text
from yika_common.tariffs.document import (
    FILE_SIZE_MAX,
    QUERY_SIZE_MAX,
    MoneyQuery,
    QuantityQuery,
    parse_query,
    parse_tariff,
)
from yika_common.tariffs.errors import TariffMalformed
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import Quote, quote_for_money, quote_for_quantity

COMMAND_LINE_WRONG = 2


@click.command()
@click.argument("tariff_file", metavar="TARIFF.json", type=click.Path(path_type=Path))
def price(tariff_file: Path) -> None:
    r"""Answer price queries, one JSON object a line, from standard input.

    \b
    {"used": "170", "amount": "500.00", "quantum": "0.1"}   what a sum buys
    {"used": "170", "quantity": "100", "quantum": "0.1"}    what a quantity costs

    May be added: persons, area_m2, heating_year_paid, months_due.
    """
    tariff = _tariff_or_exit(tariff_file)
    for line in _lines(sys.stdin.buffer):
        answer = _answer(tariff, line)
        click.echo(json.dumps(answer, ensure_ascii=False).encode())


def _tariff_or_exit(path: Path) -> Tariff:
    try:
        with path.open("rb") as file:
            return parse_tariff(file.read(FILE_SIZE_MAX + 1))
    except OSError as error:
        click.echo(f"The tariff file {path} cannot be read: {error.strerror}.", err=True)
    except TariffMalformed as error:
        click.echo(str(error), err=True)
    sys.exit(COMMAND_LINE_WRONG)


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
        return _shown(_quote(tariff, query), query.usage.quantum)
    except YikaError as error:
        return {"error": error.code, "message": str(error)}


def _quote(tariff: Tariff, query: MoneyQuery | QuantityQuery) -> Quote:
    if isinstance(query, MoneyQuery):
        return quote_for_money(tariff, query.usage, query.tendered)
    return quote_for_quantity(tariff, query.usage, query.quantity)


def _shown(quote: Quote, quantum: Quantity) -> dict[str, object]:
    places = len(quantity_to_text(quantum).partition(".")[2])
    return {
        "quantity": quantity_to_text(quote.quantity, least=places),
        "amount": money_to_text(quote.amount),
        "residual": money_to_text(quote.residual),
        "lines": [
            {
                "code": line.code,
                "step": line.step,
                "quantity": quantity_to_text(line.quantity, least=places if line.step else 0),
                "price": line.price_text,
                "amount": money_to_text(line.amount),
            }
            for line in quote.lines
        ],
    }
