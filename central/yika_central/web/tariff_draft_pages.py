"""Drafts of tariffs: written and checked while typing, compared, replayed, signed by two."""

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from yika_central.bootstrap import Headquarters
from yika_central.domain.tariff_comparison import Change, compare, every_key
from yika_central.domain.tariff_golden import propose, with_golden
from yika_central.services.staff import Credential
from yika_central.services.tariff_replays import MONTHS, Replay
from yika_central.services.tariff_shelf import Published
from yika_central.web.forms import number_from
from yika_central.web.ranks import Rank
from yika_central.web.tariff_pages import as_file
from yika_common.clock import from_timestamp
from yika_common.errors import YikaError
from yika_common.infra.web.faults import NoSuchPage, language_here, sentence_here, status_of
from yika_common.infra.web.guard import needs, passive
from yika_common.infra.web.site import signed_in
from yika_common.tariffs.document import FILE_SIZE_MAX, parse_tariff
from yika_common.tariffs.errors import GoldenCaseDiffers

MONTHS_OFFERED = (3, 6, 12, 24, 36)


def tariff_draft_pages(hq: Headquarters) -> Blueprint:
    """The pages ``draft.…``."""
    pages = Blueprint("draft", __name__)
    _writing(pages, hq)
    _reading(pages, hq)
    _signing(pages, hq)
    return pages


def _writing(pages: Blueprint, hq: Headquarters) -> None:
    office = hq.tariff_office

    @pages.get("/drafts/new")
    @needs(Rank.OFFICER)
    def new() -> str:
        return _editor(hq, _first_text(hq), replaces=request.args.get("draft", ""))

    @pages.post("/drafts/check")
    @needs(Rank.OFFICER)
    def check() -> str:
        return render_template("_tariff_check.html", **_checked(hq, _text_sent()))

    @pages.post("/drafts/golden")
    @needs(Rank.OFFICER)
    def golden() -> str | tuple[str, int]:
        document, replaces = _text_sent(), request.form.get("replaces", "")
        try:
            filled = with_golden(document, propose(parse_tariff(document)))
        except YikaError as error:
            return _editor(hq, document, replaces=replaces), status_of(error)
        return _editor(hq, filled, replaces=replaces, proposed=True)

    @pages.post("/drafts")
    @needs(Rank.OFFICER)
    def keep() -> Response | tuple[str, int]:
        file = request.files.get("file")
        document = file.read() if file is not None else _text_sent()
        replaces, who = request.form.get("replaces", ""), signed_in().user_id
        try:
            number = office.drafts.keep(document, who, replaces=number_from(replaces))
        except YikaError as error:
            # What somebody wrote is shown again, with the sentence, never lost.
            return _editor(hq, document, replaces=replaces, refused=error), status_of(error)
        office.replays.ask(number, MONTHS, who)
        return redirect(url_for("draft.detail", number=number), 303)


def _reading(pages: Blueprint, hq: Headquarters) -> None:
    office = hq.tariff_office

    @pages.get("/drafts")
    @needs(Rank.AUDITOR)
    def listed() -> str:
        return render_template("tariff_drafts.html", drafts=office.drafts.all())

    @pages.get("/drafts/<int:number>")
    @needs(Rank.AUDITOR)
    def detail(number: int) -> str:
        draft = office.drafts.one(number)
        against = _against(hq, draft.tariff_id, draft.version)
        replay = office.replays.latest(number)
        return render_template(
            "tariff_draft.html",
            draft=draft,
            tariff=parse_tariff(draft.document),
            keys=every_key(draft.document, language_here()),
            cases=_cases(draft.document),
            against=against,
            changes=_changes(hq, against, draft.document),
            replay=replay,
            since=_moment(replay, "since"),
            until=_moment(replay, "until"),
            stands=office.drafts.replay_stands(number),
            months_offered=MONTHS_OFFERED,
        )

    @pages.get("/drafts/<int:number>.json")
    @needs(Rank.AUDITOR)
    def document(number: int) -> Response:
        draft = office.drafts.one(number)
        return as_file(draft.document, f"{draft.tariff_id}-v{draft.version}-draft{number}.json")

    @pages.get("/drafts/<int:number>/replay")
    @needs(Rank.AUDITOR)
    @passive
    def progress(number: int) -> str | Response:
        replay = office.replays.latest(number)
        if replay is None:
            raise NoSuchPage
        if not replay.running:
            # The whole page is shown again: what may be done next has changed.
            return Response("", 200, {"HX-Redirect": url_for("draft.detail", number=number)})
        return render_template("_tariff_progress.html", number=number, replay=replay)


def _signing(pages: Blueprint, hq: Headquarters) -> None:
    drafts, replays = hq.tariff_office.drafts, hq.tariff_office.replays

    @pages.post("/drafts/<int:number>/replay")
    @needs(Rank.OFFICER)
    def replay(number: int) -> Response:
        drafts.one(number)
        months = number_from(request.form.get("months", ""))
        replays.ask(number, MONTHS if months is None else months, signed_in().user_id)
        return _back_to(number)

    @pages.post("/drafts/<int:number>/approve")
    @needs(Rank.OFFICER)
    def approve(number: int) -> Response:
        drafts.approve(number, _credential())
        return _back_to(number)

    @pages.post("/drafts/<int:number>/publish")
    @needs(Rank.OFFICER)
    def publish(number: int) -> Response:
        tariff = drafts.publish(number, _credential())
        return redirect(url_for("tariff.detail", tariff_id=tariff.id, version=tariff.version), 303)

    @pages.post("/drafts/<int:number>/close")
    @needs(Rank.OFFICER)
    def close(number: int) -> Response:
        drafts.close(number, signed_in().user_id, request.form.get("reason", ""))
        return _back_to(number)


def _back_to(number: int) -> Response:
    return redirect(url_for("draft.detail", number=number), 303)


def _credential() -> Credential:
    """Who is signed in, with the password he typed for this one act."""
    return Credential(signed_in().user_id, request.form.get("password", ""))


def _text_sent() -> bytes:
    """The text of the form; browsers send line ends of their own, files have one."""
    return request.form.get("text", "").replace("\r\n", "\n").encode()


def _first_text(hq: Headquarters) -> bytes:
    """What the editor begins with: another draft, or the version in force, one number higher."""
    number, of = request.args.get("draft", ""), request.args.get("of", "")
    draft = number_from(number)
    if draft is not None:
        return hq.tariff_office.drafts.one(draft).document
    versions = [entry for entry in hq.tariff_office.published() if entry.tariff_id == of]
    if not versions:
        return b""
    basis = hq.tariff_office.shelf.baseline(of, versions[0].version + 1) or versions[0]
    document = hq.tariff_office.document(of, basis.version)
    return b"" if document is None else next_version(document, versions[0].version, hq.clock())


def next_version(document: bytes, last: int, now: datetime) -> bytes:
    """The text of a version to begin with: above the last, in force from the next month on."""
    keys: dict[str, Any] = json.loads(document)
    tariff = parse_tariff(document)
    month = now.astimezone(tariff.zone).replace(day=1) + timedelta(days=32)
    keys["version"] = last + 1
    keys["effective_from"] = max(
        f"{month.replace(day=1):%Y-%m-%d}T00:00:00", keys["effective_from"]
    )
    return json.dumps(keys, ensure_ascii=False, indent=2).encode()


def _editor(
    hq: Headquarters,
    document: bytes,
    *,
    replaces: str,
    proposed: bool = False,
    refused: YikaError | None = None,
) -> str:
    return render_template(
        "tariff_editor.html",
        text=document[:FILE_SIZE_MAX].decode(errors="replace"),
        replaces=replaces if replaces.isdecimal() else "",
        signs=hq.staff.signs_tariffs(signed_in().user_id),
        proposed=proposed,
        refused="" if refused is None else sentence_here(refused),
        **_checked(hq, document),
    )


def _checked(hq: Headquarters, document: bytes) -> dict[str, Any]:
    """What is to be said of a text: the sentence that refuses it, or what it changes."""
    if not document.strip():
        return {"problem": "", "tariff": None}
    problem, differs, tariff = "", False, None
    try:
        tariff = parse_tariff(document)
        hq.tariff_office.drafts.check(document)
    except YikaError as error:
        problem, differs = sentence_here(error), isinstance(error, GoldenCaseDiffers)
    found: dict[str, Any] = {"problem": problem, "differs": differs, "tariff": tariff}
    if tariff is not None:
        against = _against(hq, tariff.id, tariff.version)
        found |= {"against": against, "changes": _changes(hq, against, document)}
    return found


def _against(hq: Headquarters, tariff_id: str, version: int) -> Published | None:
    return hq.tariff_office.shelf.baseline(tariff_id, version)


def _changes(hq: Headquarters, against: Published | None, document: bytes) -> tuple[Change, ...]:
    if against is None:
        return ()
    before = hq.tariff_office.document(against.tariff_id, against.version)
    return () if before is None else compare(before, document, language_here())


def _moment(replay: Replay | None, edge: str) -> datetime | None:
    """The first or the last moment of the sales that were replayed."""
    found = None if replay is None else replay.findings
    return None if found is None else from_timestamp(getattr(found, edge))


def _cases(document: bytes) -> list[dict[str, Any]]:
    """The golden cases as the file has them; whoever drafted it computed every one."""
    cases: list[dict[str, Any]] = json.loads(document)["golden"]
    return cases
