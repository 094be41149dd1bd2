"""The text that deflate may refer back to from its first byte: what segments usually look like.

Part of the format of coding 2 and never changed: another text would be another coding.  ``#``
stands for a number and ``$`` for a text, as in :mod:`yika_common.journal.skeletons`; what is most
usual comes last, where it is cheapest to refer to.
"""

_TEXTS = (
    "application/vnd.yika.ack.v1+json",
    "application/vnd.yika.manifest.v1+json",
    "application/vnd.yika.tariff.v1+json",
    "GAP",
    "OK",
    "failed",
    "superseded",
    "witness",
    "account",
    "bundle",
    "card",
    "boot",
    "login",
    "ok",
    "reading",
    "purified_water",
    "recycled_water",
    "hot_water",
    "electricity_three",
    "electricity_single",
    "heat",
    "gas",
    "cold_water",
    "residential",
    "segment",
    "intent",
    "sale",
)

_FRAME = '{"t":"$","q":#,"ts":#,"op":"$",'
_SOLD = '"a":"$","c":"$","m":"$","s":#,"sv":"$","g":#,"n":#,"T":#,"qty":#,"amt":#,'
_PRICED = '"x":#,"tid":"$","tv":#,"th":"$","pd":"$","u":#,'
_PREMISES = '"hp":#,"m2":#,"hy":#,"md":#,'
_LINE = '["$",#,#,#,#]'
_ONE_LINE = f'"ln":[{_LINE}]'
_TWO_LINES = f'"ln":[{_LINE},{_LINE}]'
_THREE_LINES = f'"ln":[{_LINE},{_LINE},{_LINE}]'
_SEALED = ',"kv":#,"mac":"$"}'
_OPENED = '[#,"$","$"]'

_SKELETONS = (
    '{"t":"$","node":"$","ep":#,"upto":#,"head":"$","n":#,"hqt":#,"ch":"$","st":"$",'
    '"man":#,"man_sha":"$"}',
    _FRAME + '"mv":#,"mh":"$","items":[["$",#,"$"],["$",#,"$"]]}',
    _FRAME + '"name":"$","level":"$"}',
    _FRAME + '"c":"$","s":#,"node":"$","ep":#,"seq":#,"h8":"$"}',
    _FRAME + '"iq":#,"gs":#,"ns":#}',
    _FRAME + '"iq":#,"iep":#,"ih":"$"}',
    _FRAME + '"a":"$","ar":"$","cl":"$","pr":#,"hp":#,"m2":#,'
    f'"mt":[{_OPENED},{_OPENED},{_OPENED},{_OPENED}],"who":"$"}}',
    _FRAME + '"a":"$","c":"$","g":#,"kv":#}',
    '{"t":"$","q":#,"ts":#,"sw":"$","inc":"$"}',
    _FRAME + '"outcome":"$"}',
    _FRAME + '"c":"$","m":"$","s":#,"g":#,"n":#,"T":#,'
    '"bal":#,"use":#,"st":#,"wq":#,"mt":#,"e":"$"}',
    _FRAME + _SOLD + '"res":#,"by":"$",' + _PRICED + _PREMISES + _ONE_LINE + ',"rx":"$"}',
    _FRAME + '"b":#,' + _SOLD + _PRICED + _THREE_LINES + _SEALED,
    _FRAME + _SOLD + '"res":#,' + _PRICED + _TWO_LINES + _SEALED,
    "YIKA1 application/vnd.yika.segment.v1+jsonl # #",
    '{"t":"$","node":"$","ep":#,"from":#,"to":#,"prev":"$","head":"$","n_ack":#,"inc":"$",'
    '"ts":#,"man":#,"ch":"$","sw":"$"}',
    _FRAME + _SOLD + _PRICED + _ONE_LINE + _SEALED,
    _FRAME + '"iq":#}',
    "",
    "$ ed25519 $",
)

_ONE_SALE = bytes.fromhex(
    "07000002020202020100000000000000000400030001040100000000000000000010000000022001"
    "00022001000000000002080100080000000000000002100100010101000800000004000100010601"
    "00010c0100010b010000000000040001000000000000000000100000000000000000000000100000"
    "00040001000000000002080100010401000000000004000100000000001000000000000000100000"
    "000000000002080100000000000208010003400100"
)
"""How the lines and columns of a segment with one sale begin."""

PRESET = (
    "\0".join((*_TEXTS, *_SKELETONS)).replace("#", "\x01").replace("$", "\x02").encode()
    + b"\0"
    + _ONE_SALE
)
