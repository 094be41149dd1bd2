"""Records of a drawer, whatever they may hold."""

from hypothesis import strategies as st

from yika_common.journal.body import Body
from yika_common.journal.cash_bodies import (
    CUT,
    DAY,
    MONTH,
    MOVES,
    YEAR,
    Banked,
    CashMoved,
    Counted,
    DifferenceExplained,
    DrawerOpened,
    NothingSold,
    Priced,
    ShiftClosed,
    ShiftOpened,
    Summed,
    Totalled,
    worth,
)

_printable = st.text(min_size=1, max_size=16).filter(str.isprintable)
_figures = st.integers(0, 10**12)
_changes = st.integers(-(10**12), 10**12)
_u32 = st.integers(1, 2**32 - 1)
_days = st.dates().map(str)
_sums = st.lists(st.builds(Summed, _printable, _printable, _u32, _changes), max_size=4).map(tuple)
_prices = st.lists(st.builds(Priced, _printable, _u32, _u32, _changes), max_size=4).map(tuple)
_counts = st.lists(
    st.builds(Counted, st.integers(1, 50_000), st.integers(1, 500)), min_size=1, max_size=8
).map(tuple)

cash_bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(ShiftOpened, amount=_figures, basis=_printable),
    _counts.map(lambda counts: ShiftOpened(amount=worth(counts), counts=counts)),
    st.builds(
        CashMoved,
        what=st.sampled_from(MOVES),
        amount=st.integers(1, 10**12),
        reason=_printable,
        reference=_printable,
        approved=_u32,
    ),
    st.builds(DrawerOpened, reason=_printable),
    st.builds(
        ShiftClosed,
        report=_u32,
        opened=_u32,
        amount=_figures,
        expected=_changes,
        sums=_sums,
        tariffs=_prices,
        first=_printable,
        last=_printable,
        receipts=_u32,
        refunds=_u32,
        opens=_u32,
        pending=_u32,
        taken=_figures,
        given_back=_figures,
        reason=_printable,
        accepted=_figures,
        unsigned=_figures,
    ),
    st.builds(DifferenceExplained, report=_u32, reason=_printable, approved=_u32),
    st.builds(
        Banked,
        batch=_u32,
        shifts=st.lists(_u32, max_size=8).map(tuple),
        amount=_figures,
        expected=_changes,
        bank_account=_printable,
        reference=_printable,
        holder=_printable,
        branch=_printable,
        bank=_printable,
    ),
    st.builds(
        Totalled,
        what=st.sampled_from((CUT, DAY, MONTH, YEAR)),
        batch=_u32,
        period=st.one_of(st.just(""), _days),
        reports=st.lists(_u32, max_size=8).map(tuple),
        first_part=_u32,
        last_part=_u32,
        opened=_u32,
        epoch=_u32,
        basis=_printable,
        sums=_sums,
        tariffs=_prices,
        receipts=_u32,
        refunds=_u32,
        pending=_u32,
        declared=_figures,
        expected=_changes,
        to_bank=_changes,
        taken=_figures,
        given_back=_figures,
    ),
    st.builds(NothingSold, first=_days, last=_days),
)
