"""What tests of headquarters' pages share: signing in, and posting a form."""

import re

from flask.testing import FlaskClient

from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential
from yika_central.web.app import make_central_app


def signed_in(hq: Headquarters, who: Credential) -> FlaskClient:
    client = make_central_app(hq).test_client()
    token = form_token(client.get("/login").text)
    form = {"csrf_token": token, "name": who.name, "password": who.password}
    assert client.post("/login", data=form).status_code == 303
    return client


def form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def post(client: FlaskClient, path: str, **fields: str) -> int:
    data = {"csrf_token": form_token(client.get("/adjustments").text)}
    data |= {name.replace("_", "-"): value for name, value in fields.items()}
    return client.post(path, data=data).status_code
