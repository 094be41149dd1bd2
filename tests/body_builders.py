"""Records' bodies of every kind, as hypothesis makes them up."""

from hypothesis import strategies as st

from cash_builders import cash_bodies as cash_bodies_of_any_kind
from yika_common.journal import complaint_bodies
from yika_common.journal.account_bodies import HOLD_LEVELS, AccountHeld, AccountMoved, PersonSeen
from yika_common.journal.bodies import (
    FIGURE_MAX,
    TOTAL_MAX,
    AccountFacts,
    AccountOpened,
    AppliedItem,
    Boot,
    BundleApplied,
    BundleRefused,
    CardIssued,
    DebtPaid,
    Intent,
    LimitsLifted,
    Line,
    Login,
    OperatorAdded,
    Reading,
    Sale,
    SlotOpened,
    Superseded,
    Witness,
)
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import CardCleared, RefundPaid, Through
from yika_common.journal.correction_bodies import PaymentCorrected
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.journal.practice_bodies import PracticeUsed
from yika_common.journal.staff_bodies import (
    BOUND,
    CAPPED,
    LEVEL,
    STAFF_CHANGES,
    DayLimitSet,
    StaffChanged,
)
from yika_common.journal.till_bodies import (
    DEBT_PAID,
    HELD,
    TENDERS,
    Charged,
    Part,
    Printed,
    Tendered,
)
from yika_common.services import Service
from yika_common.signing.phone_code import APPROVE, NONCE_SIZE, PURPOSES

printable = st.text(min_size=1, max_size=20).filter(str.isprintable)
names = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", min_size=1, max_size=8)
naturals = st.integers(0, 2**53 - 1)
figures = st.integers(0, FIGURE_MAX)
totals = st.integers(0, TOTAL_MAX)
u16 = st.integers(1, 2**16 - 1)
u32 = st.integers(1, 2**32 - 1)
u8 = st.integers(0, 255)
slots = st.integers(0, 7)
services = st.sampled_from(Service)
hex8 = st.binary(min_size=8, max_size=8).map(bytes.hex)

signed = st.integers(1 - 2**53, 2**53 - 1)
changes = st.integers(-(10**12), 10**12)

payments = st.lists(
    st.builds(Part, st.sampled_from(TENDERS), st.integers(1, 10**12), printable),
    min_size=1,
    unique_by=lambda part: part.tender,
).map(tuple)


def other_numbers(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The same sums under other numbers."""
    return tuple(part._replace(reference=f"{part.reference}1") for part in parts)


intents = st.builds(
    Intent,
    basket=naturals,
    account=printable,
    card=names,
    meter=names,
    slot=slots,
    service=services,
    generation=u16,
    count=u32,
    total=totals,
    before_generation=u16,
    before_count=u32,
    quantity=figures,
    amount=figures,
    residual=figures,
    typed_by=st.sampled_from(("m", "q")),
    typed=figures,
    tariff=printable,
    tariff_version=u16,
    tariff_digest=hex8,
    period=names,
    used_before=totals,
    persons=u8,
    heated_area=figures,
    heating_year=u16,
    months_due=u8,
    lines=st.lists(st.builds(Line, printable, u8, figures, signed, changes), max_size=3).map(
        tuple
    ),
    charged_through=u16,
    free_day=u16,
    free=figures,
    consumed=totals,
    adjusted=changes,
    adjusted_number=u16,
    debts=st.lists(st.builds(DebtPaid, names, figures, figures), max_size=3).map(tuple),
    kept=figures,
    rounding=changes,
    key_version=u8,
    mac=hex8,
    rest=st.binary(max_size=26).map(bytes.hex),
    mixed=st.sampled_from(("", "WATER-SHOP 3 00112233445566ff 30")),
)
bodies_of_any_kind: st.SearchStrategy[Body] = st.one_of(
    intents,
    st.builds(
        CardCleared,
        account=printable,
        card=names,
        number=u16,
        slots=st.lists(st.builds(Through, slots, u16, u32, changes), max_size=8).map(tuple),
    ),
    st.builds(Boot, software=printable, incarnation=hex8),
    st.builds(OperatorAdded, name=printable, level=printable),
    st.builds(
        PracticeUsed,
        use=hex8,
        at=u32,
        who=printable,
        what=st.sampled_from(("started", "reset")),
    ),
    st.builds(Login, outcome=st.sampled_from(("ok", "failed", "locked"))),
    st.builds(
        AccountOpened,
        account=printable,
        area=names,
        tariff_class=printable,
        profile=st.sampled_from((4, 6, 8)),
        persons=u8,
        heated_area=figures,
        meters=st.lists(st.builds(SlotOpened, slots, services, names), max_size=8).map(tuple),
        who=st.just("c2VhbGVk"),
    ),
    st.builds(
        AccountFacts,
        account=printable,
        tariff_class=printable,
        persons=u8,
        inner_area=figures,
        suspended=st.lists(st.integers(1, 9999), max_size=3).map(tuple),
        quota_from=u32,
        mixed=st.sampled_from(("", "gas:commercial:30 cold_water:school:1")),
    ),
    st.builds(
        LimitsLifted,
        account=printable,
        service=services,
        per_sale=figures,
        until=naturals,
        reason=printable,
    ),
    st.builds(BundleRefused, version=u16, digest=hex8, code=printable, sentence=printable),
    st.builds(CardIssued, account=printable, card=names, generation=u16, key_version=u8),
    st.builds(Sale, intent=u32, epoch=u32, hash=hex8),
    st.builds(Sale, intent=u32),
    st.builds(Superseded, intent=u32, generation_seen=u16, count_seen=u32),
    st.builds(RefundPaid, intent=u32, amount=figures, write_back=u32),
    st.builds(
        Reading,
        card=names,
        meter=names,
        slot=slots,
        generation=u16,
        count=u32,
        total=naturals,
        balance=st.integers(1 - 2**53, 2**53 - 1),
        used=naturals,
        status=naturals,
        sequence=u32,
        meter_time=u32,
        evidence=hex8,
    ),
    st.builds(
        Charged,
        what=st.sampled_from(("fee", "deposit")),
        account=printable,
        amount=st.integers(1, 10**12),
        tax=figures,
        takes_back=naturals,
        reason=printable,
    ),
    st.builds(
        Charged,
        what=st.sampled_from((*HELD, DEBT_PAID)),
        account=printable,
        code=printable,
        amount=st.integers(1, 10**12),
        reason=printable,
        approved=u32,
    ),
    st.builds(
        Tendered,
        receipt=st.integers(1, 2**53 - 1),
        parts=payments,
    ),
    st.builds(Printed, receipt=st.integers(1, 2**53 - 1), copy=u8, reason=printable),
    cash_bodies_of_any_kind,
    st.builds(
        StaffChanged,
        name=printable,
        what=st.sampled_from([what for what in STAFF_CHANGES if what not in (LEVEL, BOUND)]),
        reason=printable,
        approved=u32,
    ),
    st.builds(StaffChanged, name=printable, what=st.just(BOUND), staff_number=printable),
    st.builds(StaffChanged, name=printable, what=st.just(LEVEL), level=printable),
    st.builds(
        DayLimitSet,
        name=printable,
        what=st.sampled_from(CAPPED),
        times=st.integers(0, 10**12),
        amount=st.integers(0, 10**12),
    ),
    st.builds(DayLimitSet, level=printable, what=st.sampled_from(CAPPED), reason=printable),
    st.builds(
        AccountMoved,
        account=printable,
        what=st.sampled_from(("details", "holder")),
        who=printable.filter(bool),
        changed=st.sampled_from(("", "name phone")),
        premises=st.just("") | st.binary(min_size=16, max_size=16).map(bytes.hex),
        reason=printable,
    ),
    payments.map(
        lambda parts: PaymentCorrected(
            receipt=7, before=parts, after=other_numbers(parts), reason="typed wrong", approved=6
        )
    ),
    st.builds(
        PhoneCode,
        purpose=st.sampled_from([what for what in PURPOSES if what != APPROVE]),
        subject=printable,
        nonce=st.binary(min_size=NONCE_SIZE, max_size=NONCE_SIZE).map(bytes.hex),
    ),
    st.builds(
        PhoneCode,
        purpose=st.just(APPROVE),
        act=printable,
        amount=figures,
        digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
        nonce=st.binary(min_size=NONCE_SIZE, max_size=NONCE_SIZE).map(bytes.hex),
    ),
    st.builds(PersonSeen, account=printable, report=printable),
    st.builds(
        complaint_bodies.Complained,
        account=printable,
        about=st.sampled_from(complaint_bodies.ABOUT),
        words=printable.filter(bool),
        receipt=st.integers(0, 2**53 - 1),
        epoch=u32,
    ),
    st.builds(
        complaint_bodies.Photographed,
        complaint=st.integers(1, 2**53 - 1),
        epoch=u32,
        digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
        size=st.integers(1, complaint_bodies.PHOTO_MAX),
    ),
    st.builds(AccountHeld, account=printable, level=st.sampled_from(HOLD_LEVELS), until=u32),
    st.builds(
        AccountHeld,
        account=printable,
        epoch=st.integers(1, 2**32 - 1),
        seq=st.integers(1, 2**53 - 1),
        node=names,
        reason=printable,
    ),
    st.builds(Witness, card=names, slot=slots, node=names, epoch=u32, seq=naturals, head=hex8),
    st.builds(
        BundleApplied,
        version=u32,
        digest=hex8,
        items=st.lists(st.builds(AppliedItem, printable, u32, hex8), max_size=5).map(tuple),
    ),
)
