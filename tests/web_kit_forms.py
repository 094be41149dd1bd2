"""How tests of the screen kit sign in, send forms and read what a page says."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

OWN_ORIGIN = {"Origin": "http://localhost"}


ZH = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


def token(client: FlaskClient, page: str = "/login") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found is not None
    return found[1]


def sign_in(client: FlaskClient, name: str = "wang") -> TestResponse:
    client.delete_cookie("yika-node-n1-session")
    form = {"name": name, "password": "correct horse", "csrf_token": token(client)}
    return client.post("/login", data=form, headers=OWN_ORIGIN)


def said(response: TestResponse) -> tuple[str, ...]:
    """The sentences of a page that tell what happened."""
    return tuple(re.findall(r'(?:class="said" role="alert">|<span>)([^<]*[.。])<', response.text))
