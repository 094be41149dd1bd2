"""The tariff office's pages: a draft's whole way in both languages, and nothing typed is lost."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from central_builders import ADMIN, LI, WANG, HandClock, enrol
from central_town import a_town, dearer_water
from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential, StaffRole
from yika_central.web.app import make_central_app
from yika_central.web.tariff_draft_pages import next_version
from yika_common.journal.bodies import BundleRefused
from yika_common.signing.signed_file import read_signed_file
from yika_common.tariffs.document import parse_tariff

AUDITOR = Credential("sun", "an auditor's password")
NEXT = dearer_water().replace(b'"version": 4', b'"version": 5').replace(b'"4.57"', b'"4.97"')
LANGUAGES = ("en", "zh-CN")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Headquarters]:
    hq = a_town(tmp_path / "town", HandClock())
    hq.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    yield hq
    hq.close()


def visitor(hq: Headquarters, who: Credential) -> FlaskClient:
    """A browser at which that person is signed in."""
    client = make_central_app(hq).test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8600"
    post(client, "/login", "/login", name=who.name, password=who.password)
    return client


def post(client: FlaskClient, form_on: str, action: str, **fields: object) -> TestResponse:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(form_on).text)
    assert found is not None
    return client.post(action, data={"csrf_token": found[1], **fields})


def read(client: FlaskClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


def taken_in(hq: Headquarters, client: FlaskClient, document: bytes = NEXT) -> str:
    """Where a file's draft is, once it was replayed."""
    file = (io.BytesIO(document), "tariff.json")
    answer = post(client, "/tariffs", "/drafts", file=file)
    assert answer.status_code == 303
    hq.tariff_office.replays.run_waiting()
    return str(answer.headers["Location"])


def test_two_officers_bring_a_file_into_force_on_the_pages(town: Headquarters) -> None:
    li, wang = visitor(town, LI), visitor(town, WANG)
    draft = taken_in(town, li)
    own = post(li, draft, f"{draft}/approve", password=LI.password)
    assert (own.status_code, "You wrote draft" in own.text) == (409, True)
    guess = post(wang, draft, f"{draft}/approve", password="a guess")
    assert guess.status_code == 401
    assert post(wang, draft, f"{draft}/approve", password=WANG.password).status_code == 303
    again = post(wang, draft, f"{draft}/publish", password=WANG.password)
    assert (again.status_code, "two different tariff officers" in again.text) == (409, True)
    done = post(li, draft, f"{draft}/publish", password=LI.password)
    assert (done.status_code, done.headers["Location"]) == (303, "/tariffs/CN-BJ-WATER-RES/5")
    assert li.get("/tariffs/CN-BJ-WATER-RES/5.json").data == NEXT
    signed = read_signed_file(li.get("/tariffs/CN-BJ-WATER-RES/5.tariff").data)
    assert (signed.payload, len(signed.signatures)) == (NEXT, 2)
    assert li.get("/tariffs/CN-BJ-WATER-RES/6.tariff").status_code == 404
    closed = post(li, draft, f"{draft}/publish", password=LI.password)
    assert (closed.status_code, "published already" in closed.text) == (409, True)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ("price of step 2 of Water", "+8.8 %", "Would pay more", "N0001-000017", "Wrote it",
                "Approve and sign")),
        ("zh-CN", ("水费第 2 阶梯的价格", "+8.8 %", "会多付", "N0001-000017", "起草",
                   "批准并签名")),
    ],
)  # fmt: skip
def test_a_draft_shows_what_changes_and_for_whom(
    town: Headquarters, language: str, shown: tuple[str, ...]
) -> None:
    draft = taken_in(town, visitor(town, LI))
    page = read(visitor(town, WANG), draft, language)
    assert [text for text in shown if text not in page] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_office_opens(town: Headquarters, language: str) -> None:
    li = visitor(town, LI)
    draft = taken_in(town, li)
    for path in ("/tariffs", "/drafts", draft, f"/drafts/new?draft={draft.split('/')[-1]}",
                 "/drafts/new", "/drafts/new?of=CN-BJ-WATER-RES", "/drafts/new?of=NOBODY",
                 "/tariffs/CN-BJ-WATER-RES/4"):  # fmt: skip
        read(li, path, language)


def test_an_auditor_looks_at_drafts_and_does_nothing(town: Headquarters) -> None:
    draft = taken_in(town, visitor(town, LI))
    auditor = visitor(town, AUDITOR)
    assert "Approve and sign" not in read(auditor, draft)
    assert auditor.get("/drafts/new").status_code == 403
    for action in ("/drafts", "/drafts/check", f"{draft}/approve", f"{draft}/publish",
                   f"{draft}/close", f"{draft}/replay"):  # fmt: skip
        assert post(auditor, "/tariffs", action).status_code == 403


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "components[0].steps[1].price"), ("zh-CN", "components[0].steps[1].price")],
)
def test_a_text_is_checked_as_it_is_typed(town: Headquarters, language: str, said: str) -> None:
    li = visitor(town, LI)
    headers = {"Accept-Language": language}
    token = re.search(r'name="csrf_token" value="([^"]+)"', li.get("/drafts/new").text)
    assert token is not None

    def check(text: str) -> str:
        data = {"csrf_token": token[1], "text": text}
        return li.post("/drafts/check", data=data, headers=headers).text

    assert said in check(NEXT.decode().replace('"4.97"', '"4,97"'))
    sound = check(NEXT.decode())
    assert "+8.8 %" in sound
    assert "<html" not in sound


def test_who_signs_no_tariffs_is_told_so_before_he_writes_one(town: Headquarters) -> None:
    said = "only an officer can keep it"
    assert said in read(visitor(town, ADMIN), "/drafts/new")
    assert said not in read(visitor(town, WANG), "/drafts/new")


def test_a_refused_text_comes_back_with_the_sentence(town: Headquarters) -> None:
    li = visitor(town, LI)
    broken = NEXT.decode().replace('"4.97"', '"4,97"')
    answer = post(li, "/drafts/new", "/drafts", text=broken)
    assert answer.status_code == 409
    assert "4,97" in answer.text
    assert "components[0].steps[1].price" in answer.text


def test_a_draft_written_in_the_browser_is_the_exact_text(town: Headquarters) -> None:
    li = visitor(town, LI)
    text = json.dumps(json.loads(NEXT), ensure_ascii=False, indent=2)
    kept = post(li, "/drafts/new", "/drafts", text=text.replace("\n", "\r\n"))
    assert kept.status_code == 303
    assert li.get(f"{kept.headers['Location']}.json").data == text.encode()


def test_proposed_golden_cases_are_put_into_the_text(town: Headquarters) -> None:
    li = visitor(town, LI)
    answer = post(li, "/drafts/new", "/drafts/golden", text=NEXT.decode())
    assert answer.status_code == 200
    assert "were computed from this text" in answer.text
    assert answer.text.count("&#34;charged&#34;") > 10
    broken = post(li, "/drafts/new", "/drafts/golden", text="{}")
    assert broken.status_code == 409


def test_the_next_version_begins_with_the_one_in_force(town: Headquarters) -> None:
    page = read(visitor(town, LI), "/drafts/new?of=CN-BJ-WATER-RES")
    assert "&#34;version&#34;: 5" in page
    assert "&#34;effective_from&#34;: &#34;2026-07-01T00:00:00&#34;" in page
    assert "The file is sound" in page


def test_the_next_version_never_begins_before_the_last() -> None:
    later = dearer_water().replace(b"2026-05-01", b"2031-05-01")
    text = next_version(later, 4, HandClock().now)
    assert parse_tariff(text).effective_from == parse_tariff(later).effective_from


def test_a_changed_text_takes_the_place_of_the_draft(town: Headquarters) -> None:
    li = visitor(town, LI)
    first = taken_in(town, li)
    number = first.split("/")[-1]
    post(li, first, "/drafts", text=NEXT.decode().replace("4.97", "4.77"), replaces=number)
    assert "cancelled" in read(li, first)


def test_a_draft_is_rejected_with_a_reason_that_stays(town: Headquarters) -> None:
    draft = taken_in(town, visitor(town, LI))
    wang = visitor(town, WANG)
    assert post(wang, draft, f"{draft}/close", reason="").status_code == 422
    assert post(wang, draft, f"{draft}/close", reason="step 2 is too dear").status_code == 303
    assert "step 2 is too dear" in read(wang, draft)


def test_a_replay_under_way_is_shown_and_then_the_page_is_turned(town: Headquarters) -> None:
    li = visitor(town, LI)
    file = (io.BytesIO(NEXT), "tariff.json")
    draft = post(li, "/tariffs", "/drafts", file=file).headers["Location"]
    assert "waits for its turn" in read(li, draft)
    assert "waits for its turn" in read(li, f"{draft}/replay")
    town.tariff_office.replays.run_waiting()
    assert li.get(f"{draft}/replay").headers["HX-Redirect"] == draft
    assert post(li, draft, f"{draft}/replay", months="3").status_code == 303
    assert "over 3 months waits" in read(li, draft)
    assert post(li, draft, f"{draft}/replay", months="99").status_code == 422


@pytest.mark.parametrize(("language", "said"), [("en", "refused it"), ("zh-CN", "拒绝")])
def test_a_version_shows_who_refused_it_and_why(
    town: Headquarters, language: str, said: str
) -> None:
    pen = enrol(town, HandClock(town.clock()), "N0007", seed=7)
    town.tariff_office.publish(NEXT, [LI, WANG])
    pen.write(
        BundleRefused(
            version=2,
            digest="00" * 8,
            item="tariff/CN-BJ-WATER-RES/5",
            code="golden_case_differs",
            sentence="Golden case 1 of CN-BJ-WATER-RES comes out differently.",
        )
    )
    pen.send(pen.cut())
    page = read(visitor(town, LI), "/tariffs/CN-BJ-WATER-RES/5", language)
    assert said in page
    assert "Golden case 1 of CN-BJ-WATER-RES" in page


def test_no_draft_of_that_number_is_one_sentence(town: Headquarters) -> None:
    answer = visitor(town, LI).get("/drafts/99")
    assert (answer.status_code, "There is no draft 99" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "no version follows it"), ("zh-CN", "尚无后续版本")]
)
def test_a_tariff_that_ends_soon_is_said_on_the_first_page(
    town: Headquarters, language: str, said: str
) -> None:
    ends = {"soft": "2026-06-20T00:00:00", "hard": "2026-07-01T00:00:00"}
    document = json.loads(NEXT) | {"expires": ends}
    town.tariff_office.publish(json.dumps(document).encode(), [LI, WANG])
    li = visitor(town, LI)
    for path in ("/", "/tariffs", "/tariffs/CN-BJ-WATER-RES/5"):
        assert said in read(li, path, language), path
    assert "2026-07-01 00:00:00" in read(li, "/tariffs/CN-BJ-WATER-RES/5", language)
