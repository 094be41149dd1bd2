"""Headquarters as a web program: the nodes' door, and the pages for its people."""

from zoneinfo import ZoneInfo

from flask import Flask

from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential
from yika_central.web.api import BODY_LIMIT, STATUSES, api_blueprint
from yika_common.infra.sessions import Sessions
from yika_common.infra.web.app import make_app
from yika_common.infra.web.login import Identity, login_blueprint
from yika_common.infra.web.site import Site


def make_central_app(hq: Headquarters) -> Flask:
    """The app on a wired headquarters, ready to be served."""

    def authenticate(name: str, password: str) -> Identity:
        person = hq.staff.sign_in(Credential(name, password))
        return Identity(person.name, person.full_name or person.name, level=0)

    face = Site(
        side="central",
        title="Yika",
        instance=str(hq.config.port),
        clock=hq.clock,
        random=hq.random,
        sessions=Sessions(clock=hq.clock, random=hq.random),
        secret_key=hq.keys.pages_key,
        time_zone=ZoneInfo(hq.config.time_zone),
        home="login.page",
        trusted_hosts=hq.config.trusted_hosts,
        statuses=STATUSES,
        body_max=BODY_LIMIT,
    )
    return make_app("yika_central.web", face, [login_blueprint(authenticate), api_blueprint(hq)])
