#!/bin/sh
# Prints memory_cards.json: one record and one write-back on every memory card, and the card's head.
# Everything is written from the tables in docs/card-format.md; the shell packs, openssl makes the
# MACs and the digests.
set -eu
CREDIT=000102030405060708090A0B0C0D0E0F
WBN=101112131415161718191A1B1C1D1E1F
WBQ=202122232425262728292A2B2C2D2E2F
AUTH=303132333435363738393A3B3C3D3E3F
NODE=404142434445464748494A4B4C4D4E4F
SERIAL=4348495030303031
NUMBER=383630303030303030303137
METER=4D3030303030303030303432
SLOT=2
LETTERS='-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

upper() { tr a-f A-F; }
cmac() { # KEY HEX
    printf %s "$2" | xxd -r -p | openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:"$1" -in - CMAC | upper
}
sha256() { # HEX
    printf %s "$1" | xxd -r -p | openssl dgst -sha256 -r | cut -c 1-64 | upper
}
first() { # BYTES HEX
    [ "$1" = 0 ] || printf %s "$2" | cut -c "1-$(($1 * 2))" | tr -d '\n'
}
last() { # BYTES HEX
    [ "$1" = 0 ] || printf %s "$2" | rev | cut -c "1-$(($1 * 2))" | rev | tr -d '\n'
}
part() { # HEX OFFSET SIZE
    printf %s "$1" | cut -c "$(($2 * 2 + 1))-$((($2 + $3) * 2))"
}
zeros() { # BYTES
    [ "$1" = 0 ] || printf "%0$(($1 * 2))d" 0
}
hex() { # BYTES NUMBER
    last "$1" "$(printf "%0$(($1 * 2))X" "$2")"
}
text() { # CHARACTERS TEXT: a padded name
    name=$(printf %s "$2" | xxd -p | upper)
    printf %s "$name$(zeros $(($1 - ${#2})))"
}
packed_name() { # BYTES CHARACTERS TEXT
    number=0 rest=$3 count=0
    while [ "$count" -lt "$2" ]; do
        letter=$(printf %s "$rest" | cut -c 1)
        rest=$(printf %s "$rest" | cut -c 2-)
        before=${LETTERS%%"$letter"*}
        digit=0
        [ -z "$letter" ] || digit=$((${#before} + 1))
        number=$((number * 38 + digit))
        count=$((count + 1))
    done
    hex "$1" "$number"
}
xor() { # HEX HEX
    one=$1 other=$2
    while [ -n "$one" ]; do
        printf %02X $((0x$(first 1 "$one") ^ 0x$(first 1 "$other")))
        one=$(printf %s "$one" | cut -c 3-) other=$(printf %s "$other" | cut -c 3-)
    done
}
cut_out() { # HEX FIRST LAST: these bytes become zero
    printf %s "$(part "$1" 0 "$2")$(zeros $(($3 - $2 + 1)))$(printf %s "$1" | cut -c "$((($3 + 1) * 2 + 1))-")"
}
card() { # KIND PROFILE CUT
    size=2 tag_size=4
    [ "$1" = SLE4428 ] || { size=3 tag_size=0; }
    code=$(first $size "$(cmac $NODE "$(text 9 yika/code)$NUMBER$SERIAL")")
    tag=$(first $tag_size "$(cmac $AUTH "$(text 9 yika/slot)$NUMBER")")
    box=$(xor "$code" "$(first $size "$(cmac $AUTH "$(text 9 yika/code)$NUMBER$SERIAL")")")
    empty=$(zeros $((tag_size + size)))
    slots=$empty$empty$tag$box count=3
    while [ $count -lt "$2" ]; do slots=$slots$empty count=$((count + 1)); done
    frozen=5901$SERIAL
    frozen=$frozen$(first 3 "$(sha256 $frozen)")
    head=01$(hex 1 "$2")$(packed_name 8 12 860000000017)0001$slots
    head=$head$(first 4 "$(cmac $NODE "$frozen$head")")
    record=$(record_body "$1")
    case $3 in
    1) record=$(cut_out "$record" 88 95) ;;
    2) record=$(cut_out "$(cut_out "$(cut_out "$record" 76 83)" 88 116)" 118 121) ;;
    3) record=$(cut_out "$(cut_out "$record" 32 116)" 118 121) ;;
    esac
    mac=$(first 8 "$(cmac $CREDIT "$record")")
    cat <<JSON
  {"chip": "$1", "profile": $2, "cut": $3, "code": "$code", "frozen": "$frozen", "head": "$head",
   "record": "$record$mac",
   "cell": "D2$(packed_record "$record" "$3" "$mac")"$(written "$3")}
JSON
}
record_body() { # KIND
    printf %s "010103020400${METER}00010001$(hex 4 17)$(hex 6 825883)"
    printf %s "$(text 8 2026-04)$(hex 6 80000)$(hex 2 2026)$(hex 2 24315)$(hex 2 9598)"
    printf %s "0003$(hex 6 -200)0001$(hex 6 2500)$(hex 6 70200)"
    if [ "$1" = SLE4428 ]; then
        printf %s "0005$(hex 4 10000)$(hex 4 50000000)$(hex 4 52000)$(hex 4 53500)69F37C80"
    else
        printf %s "0005$(hex 4 10000)$(hex 4 50000000)$(zeros 12)"
    fi
    printf %s "$(text 8 N0042)0003$(hex 4 12500)0123456789ABCDEF6553F100"
}
packed_record() { # BODY CUT MAC
    case $2 in
    0) widths="1 2 4 6 6 6 6 2 6 2 6 6 2 8 4 8 6 13 1 4" mac=8 ;;
    1) widths="1 2 3 5 6 5 6 2 4 2 4 4 2 8 4 0 6 13 1 4" mac=8 ;;
    2) widths="1 2 3 5 6 5 6 2 4 2 4 4 2 0 4 0 0 0 1 0" mac=8 ;;
    3) widths="1 0 2 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0" mac=5 ;;
    esac
    places="2.1 18.2 22.4 26.6 32.8 40.6 46.6 52.2 54.6 60.2 62.6 68.6 74.2 76.8 84.4 88.8 96.8 104.13 117.1 118.4"
    for place in $places; do
        width=${widths%% *} widths=${widths#* }
        case $place in
        32.8) [ "$width" = 0 ] || packed_name 6 8 2026-04 ;;
        96.8) [ "$width" = 0 ] || packed_name 6 8 N0042 ;;
        *) last "$width" "$(part "$1" "${place%.*}" "${place#*.}")" ;;
        esac
    done
    first $mac "$3"
}
written() { # CUT
    [ "$1" != 3 ] || { printf ',\n   "note": "%s"' "$(note)"; return 0; }
    reading="01010302${METER}0001$(hex 4 17)$(hex 6 825883)$(hex 6 -1000)$(hex 6 827907)0003$(hex 4 42)6553F200"
    whole="${reading}0007000500020001$(hex 2 24315)$(hex 4 100)$(hex 4 200)$(hex 4 300)$(hex 4 400)$(hex 4 500)$(hex 4 600)"
    [ "$1" = 0 ] || whole=$(cut_out "$(cut_out "$whole" 50 51)" 54 83)
    macs=$(first 8 "$(cmac $WBN "$whole")")$(first 8 "$(cmac $WBQ "$reading")")
    printf ',\n   "write_back": "%s",\n   "write_back_cell": "D2' "$whole$macs"
    widths="1 2 4 6 6 6 2 4 4 2 2 30"
    [ "$1" = 0 ] || widths="1 2 3 5 5 5 1 3 4 0 2 0"
    for place in 2.1 16.2 18.4 22.6 28.6 34.6 40.2 42.4 46.4 50.2 52.2 54.30; do
        last "${widths%% *}" "$(part "$whole" "${place%.*}" "${place#*.}")"
        widths=${widths#* }
    done
    printf '%s"' "$macs"
}
note() {
    body=$(hex 1 17)$(hex 4 -1000)
    printf %s "$body$(first 1 "$(sha256 "0$SLOT$body")")"
}

cat <<JSON
{
 "made_by": "memory_cards.sh beside it: shell arithmetic, xxd, openssl mac and openssl dgst",
 "credit": "$CREDIT",
 "wbn": "$WBN",
 "wbq": "$WBQ",
 "auth": "$AUTH",
 "node": "$NODE",
 "serial": "$SERIAL",
 "cards": [
$(card SLE4428 4 0),
$(card SLE4428 6 1),
$(card SLE4428 8 2),
$(card SLE4442 8 3)
 ]
}
JSON
