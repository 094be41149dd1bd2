"""Addresses and forms that nobody types: each is a page or a sentence, on both databases."""

import re

import pytest
from flask.testing import FlaskClient

from central_builders import ADMIN
from yika_central.bootstrap import Headquarters
from yika_central.web.app import make_central_app


@pytest.fixture
def visitor(headquarters: Headquarters) -> FlaskClient:
    client = make_central_app(headquarters).test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8600"
    return client


def sign_in(client: FlaskClient, name: str) -> int:
    """Fill the form at the door; the status of the answer."""
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {"name": name, "password": ADMIN.password, "csrf_token": token[1]}
    return client.post("/login", data=form).status_code


ODD_ADDRESSES = [
    *(f"/sales?{name}=%00" for name in ("account", "node", "operator", "area", "at", "first")),
    "/rerating?account=%00",
    "/reports/consolidated.xlsx?node=%00",
    "/sales?at=-99999999999999999999999~N0001~1~0~1",
    "/sales?at=-1~N0001~1~0~99999999999999999999999",
    "/suspense?at=%2B99999999999999999999999~N0001~1~0~1",
    *(
        f"{page}?first={first}&last={last}"
        for page in ("/sales", "/reports/consolidated.xlsx")
        for first, last in (("0001-01-01", "9999-12-31"), ("9999-12-31", "9999-12-31"))
    ),
    "/sales/N0001/99999999999999999999/0/1",
    "/sales/N%00/1/0/1",
    "/tariffs/x/99999999999999999999",
    "/tariffs/%00/1",
    "/tariffs/%00/1.json",
]


def test_no_address_meets_a_bug(visitor: FlaskClient) -> None:
    assert sign_in(visitor, ADMIN.name) == 303
    answers = {}
    for address in ODD_ADDRESSES:
        with visitor.get(address) as answer:
            answers[address] = answer.status_code
    assert {code for code in answers.values() if code not in (200, 400, 404, 422)} == set(), (
        answers
    )


def test_no_name_at_the_door_meets_a_bug(visitor: FlaskClient) -> None:
    assert sign_in(visitor, "a\0b") in (400, 401)
