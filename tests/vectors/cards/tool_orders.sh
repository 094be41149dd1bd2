#!/bin/sh
# Prints tool_orders.json: one order of each kind, and the write-back of a meter that was transferred.
# The fields are written from the tables in docs/card-format.md, the MACs by openssl.
set -eu
WBN=101112131415161718191A1B1C1D1E1F
WBQ=202122232425262728292A2B2C2D2E2F
METER=4D3030303030303030303432
CARD=383630303030303030303137

mac() { # KEY HEX
    printf %s "$2" | xxd -r -p | openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:"$1" -in - CMAC | cut -c 1-16
}
hex() { # BYTES NUMBER
    printf "%0$(($1 * 2))X" "$2"
}
moment() { # ISO
    date -u -d "$1" +%s
}
order() { # NAME KIND NUMBER NOT-AFTER PARAMETERS
    # format, suite, key version, slot, gas
    body="0201030204$(hex 1 "$2")${METER}$(hex 4 "$3")${CARD}$(hex 4 "$(moment "$4")")$(hex 36 0)$5$(hex 26 0)"
    printf '  {"kind": "%s", "number": %s, "not_after": "%s", "order": "%s"}' "$1" "$3" "$4" "$body$(mac $WBQ "$body")"
}
none=$(hex 22 0)
# version 6, alarm at 5, stores 800 at most, no price
settings=0006$(hex 4 5000)$(hex 4 800000)$(hex 12 0)

# (2, 17) taken, total 825.883, 42.5 left, 783.383 used, closed and transferred
reading="01010302${METER}0002$(hex 4 17)$(hex 6 825883)$(hex 6 42500)$(hex 6 783383)0005$(hex 4 90)$(hex 4 "$(moment 2026-04-21T00:00:00Z)")"
whole="${reading}0007000500000000$(hex 2 $((2026 * 12 + 3)))$(hex 4 3383)$(hex 20 0)"

cat <<JSON
{
 "made_by": "tool_orders.sh beside it: shell arithmetic, xxd and openssl mac",
 "wbn": "$WBN",
 "wbq": "$WBQ",
 "orders": [
$(order inspection 1 1 2026-04-20T16:00:00Z "$none"),
$(order parameters 2 2 2026-04-20T16:00:00Z "$settings"),
$(order transfer 3 3 2026-04-20T16:00:00Z "$none"),
$(order clear 4 4 2038-01-19T03:14:07Z "$none")
 ],
 "claim_of_the_transfer": "01000000$(hex 4 3)",
 "transferred": "$whole$(mac $WBN "$whole")$(mac $WBQ "$reading")"
}
JSON
