"""Vouchers that payments were made with, at whichever vending point."""

from sqlalchemy import Index

from yika_central.db.base import Row, integer, integer_key, key


class VoucherUse(Row, table=True):
    """A record that paid with a voucher, or (``times`` -1) that took such a payment away."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    reference: str = key()
    times: int = integer()
    amount: int = integer()
    __table_args__ = (Index("voucher_use_reference", "reference"),)
