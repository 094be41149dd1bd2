#!/bin/sh
# Prints levels.json: a record that brings all four levels, and the write-back of a meter that
# closed at its second level with its cover open.
# The fields are written from the tables in docs/card-format.md, the MACs by openssl.
set -eu
CREDIT=000102030405060708090A0B0C0D0E0F
WBN=101112131415161718191A1B1C1D1E1F
WBQ=202122232425262728292A2B2C2D2E2F
METER=4D3030303030303030303432
NODE=4E30303031000000

mac() { # KEY HEX
    printf %s "$2" | xxd -r -p | openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:"$1" -in - CMAC | cut -c 1-16
}
hex() { # BYTES NUMBER
    printf "%0$(($1 * 2))X" "$2"
}
now=$(date -u -d 2026-05-01T08:00:00Z +%s)

# format, suite, key version, slot 2, gas, no flags; epoch 1, card 1, purchase 2, total 205
head="010101020400${METER}000100010000$(hex 2 2)$(hex 6 205000)"
# version 7; low at 10, stores 800, no price, closes once at 5, lends 3
levels="$(hex 2 7)$(hex 4 10000)$(hex 4 800000)$(hex 4 0)$(hex 4 5000)$(hex 4 3000)"
record="$head$(hex 20 0)$(hex 22 0)$levels${NODE}0001$(hex 4 31)0102030405060708$(hex 4 "$now")"

# (1, 2) taken, total 205, 4.5 left, 200.5 used, closed + low + warned + cover
reading="01010102${METER}0001$(hex 4 2)$(hex 6 205000)$(hex 6 4500)$(hex 6 200500)$(hex 2 $((1 + 2 + 16 + 64)))$(hex 4 9)$(hex 4 "$now")"
whole="${reading}00010007$(hex 4 0)$(hex 2 $((2026 * 12 + 4)))$(hex 4 200500)$(hex 20 0)"

cat <<JSON
{
 "made_by": "levels.sh beside it: shell arithmetic, xxd and openssl mac",
 "credit": "$CREDIT",
 "wbn": "$WBN",
 "wbq": "$WBQ",
 "record": "$record$(mac $CREDIT "$record")",
 "write_back": "$whole$(mac $WBN "$whole")$(mac $WBQ "$reading")"
}
JSON
