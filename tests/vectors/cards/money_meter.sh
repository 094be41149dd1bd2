#!/bin/sh
# Prints money_meter.json: one visit of a card to a meter that holds money, three uses, another visit.
# The fields are written from the tables in docs/card-format.md, the sums by the shell, the MACs by openssl.
set -eu
CREDIT=000102030405060708090A0B0C0D0E0F
WBN=101112131415161718191A1B1C1D1E1F
WBQ=202122232425262728292A2B2C2D2E2F
METER=4D3030303030303030303432

mac() { # KEY HEX
    printf %s "$2" | xxd -r -p | openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:"$1" -in - CMAC | cut -c 1-16
}
hex() { # BYTES NUMBER
    printf "%0$(($1 * 2))X" "$2"
}
moment() { # ISO
    date -u -d "$1" +%s
}

# format, suite, key version, slot, gas, no flags; meter; epoch, generation, count, total 50.000 of the currency
record="010103020400${METER}00070001$(hex 4 1)$(hex 6 50000)"
# quota: none; adjustments: none
record="${record}$(hex 20 0)$(hex 22 0)"
# parameters: version 5, alarm at 10.000, own maximum, 5.2000 until 2026-05-01 in Beijing, then 5.3500
switch=$(moment 2026-04-30T16:00:00Z)
record="${record}0005$(hex 4 10000)$(hex 4 0)$(hex 4 52000)$(hex 4 53500)$(hex 4 "$switch")"
# witness N0042, epoch 3, sequence 12500, head; time
record="${record}4E303034320000000003$(hex 4 12500)0123456789ABCDEF$(hex 4 "$(moment 2026-04-20T08:00:00Z)")"
record="${record}$(mac $CREDIT "$record")"

write_back() { # BALANCE USE STATUS SEQUENCE CLOCK MONTH
    reading="01010302${METER}0001$(hex 4 1)$(hex 6 50000)$(hex 6 "$1")$(hex 6 "$2")$(hex 2 "$3")$(hex 4 "$4")$(hex 4 "$5")"
    whole="${reading}0007000500000000$(hex 2 "$6")$(hex 4 "$2")$(hex 20 0)"
    printf %s "${whole}$(mac $WBN "$whole")$(mac $WBQ "$reading")"
}

balance=50000
owed=0
used=0
use() { # WANTED CLOCK PRICE
    most=$(((balance * 10000 - owed) / $3))
    delivered=$(($1 < most ? $1 : most))
    cost=$((delivered * $3 + owed))
    balance=$((balance - cost / 10000))
    owed=$((cost % 10000))
    used=$((used + delivered))
    uses="${uses}${uses:+,}
  {\"clock\": \"$2\", \"wanted\": $1, \"delivered\": $delivered, \"price\": $3, \"balance\": $balance, \"owed\": $owed}"
}
uses=
first=$(write_back 50000 0 0 1 "$(moment 2026-04-21T00:00:00Z)" 0)
use 1333 2026-04-22T00:00:00Z 52000
use 1333 2026-04-30T15:59:59Z 52000
use 100000 2026-04-30T16:00:00Z 53500
# closed and low
second=$(write_back $balance $used 3 2 "$(moment 2026-04-30T17:00:00Z)" $((2026 * 12 + 3)))

cat <<JSON
{
 "made_by": "money_meter.sh beside it: shell arithmetic, xxd and openssl mac",
 "credit": "$CREDIT",
 "wbn": "$WBN",
 "wbq": "$WBQ",
 "record": "$record",
 "first_visit": {"clock": "2026-04-21T00:00:00Z", "write_back": "$first"},
 "uses": [$uses
 ],
 "second_visit": {"clock": "2026-04-30T17:00:00Z", "write_back": "$second"}
}
JSON
