"""The table of the manual's tasks: who walks which, and why some are not walked in a browser."""

from typing import Final

from walks import (
    accounts,
    business,
    card_life,
    cards,
    charges,
    counter,
    machines,
    meters,
    operators,
    pending,
    refunds,
    selling,
    shift,
    special,
)
from walks.register import WALKS

MODULES: Final = (
    *(counter, selling, pending, refunds, charges, shift, business, accounts),
    *(cards, card_life, meters, special, machines, operators),
)
"""Whoever imports them has their walks noted in ``WALKS``."""

ELSEWHERE: Final[dict[str, str]] = {
    "safety-network": "node/test_lan.py::test_asked_and_taken_on_the_command_line",
    "special-system": (
        "node/test_web_special_cards.py::test_an_installation_begins_with_its_system_card"
    ),
    "headquarters-stick": "node/test_node_cli.py::test_a_stick_carries_both_ways",
    "headquarters-allowance": (
        "node/test_offline_allowance.py::"
        "test_the_money_sold_is_the_allowance_and_an_answer_begins_it_anew"
    ),
    "headquarters-stopped": (
        "node/test_safekeeping.py::test_a_restored_node_holds_everything_and_sells_nothing"
    ),
    "accounts-merged": (
        "node/test_merged_accounts.py::"
        "test_the_account_that_was_merged_leads_to_the_one_that_stands_for_it"
    ),
    "practice-starting": "node/test_practice.py::test_resetting_throws_everything_away",
    "practice-table": (
        "browser/test_first_hour.py::test_every_step_of_the_first_hour_checks_itself_off"
    ),
    "practice-hour": (
        "browser/test_first_hour.py::test_every_step_of_the_first_hour_checks_itself_off"
    ),
    "safekeeping-backups": (
        "node/test_node_cli.py::test_a_backup_is_whole_and_a_restored_one_sells_nothing"
    ),
    "safekeeping-lost": (
        "node/test_node_cli.py::test_a_backup_is_whole_and_a_restored_one_sells_nothing"
    ),
}
"""Tasks done with a point of its own or at the command line: the file and the test of each."""

NOTHING_TO_DO: Final[dict[str, str]] = {
    "shift": "what a shift is",
    "business": "what the pages are for",
    "card_life": "where the pages are",
    "card-life-in-meter": "what the customer does at the meter",
    "special-kinds": "what each kind of card can do",
    "reader": "how the reader is found",
    "practice": "what practice is",
    "safety": "what is safe",
    "messages": "the sentences of the program",
}
"""What the manual tells without asking anybody to do something, and what it is about."""

NOT_YET: Final[frozenset[str]] = frozenset()
"""Tasks whose walk is still to be written; it is empty when all are done."""

__all__ = ["ELSEWHERE", "MODULES", "NOTHING_TO_DO", "NOT_YET", "WALKS"]
