#!/bin/sh
# Prints sm4.json: keys of the SM4 suite, a record, a write-back, a node's authentication and a PUT KEY.
# Everything is written from the tables in docs/card-format.md; openssl makes cipher, MACs and keys.
set -eu
MASTER=000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F
VERSION=129
VERSION_HEX=81
METER=4D3030303030303030303432
CARD=383630303030303030303137
LABEL=59494B4131
RND_A=A0A1A2A3A4A5A6A7A8A9AAABACADAEAF
RND_B=B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF
TI=C0C1C2C3
ZEROS=00000000000000000000000000000000

upper() { tr a-f A-F; }
bytes() { printf %s "$1" | xxd -r -p; }
cmac() { # KEY HEX
    bytes "$2" | openssl mac -macopt cipher:SM4-CBC -macopt hexkey:"$1" -in - CMAC | upper
}
encrypt() { # KEY IV HEX
    bytes "$3" | openssl enc -sm4-cbc -K "$1" -iv "$2" -nopad | xxd -p | tr -d '\n' | upper
}
area_key() { # ROLE AREA
    openssl kdf -keylen 16 -kdfopt digest:SM3 -kdfopt hexkey:$MASTER -kdfopt info:"yika/1|$1|$2|$VERSION" \
        -binary HKDF | xxd -p | tr -d '\n' | upper
}
name() { # TEXT SIZE: padded
    printf %s "$1" | xxd -p | upper | tr -d '\n'
    left=$(($2 - ${#1}))
    while [ "$left" -gt 0 ]; do printf 00; left=$((left - 1)); done
}
derived() { # NUMBER ROLE AREA ID
    cmac "$(area_key "$2" "$3")" "01${1}02${VERSION_HEX}$(name "$3" 8)${4}$LABEL"
}
part() { # HEX OFFSET SIZE
    printf %s "$1" | cut -c "$(($2 * 2 + 1))-$((($2 + $3) * 2))"
}
rotated() { printf %s "$(part "$1" 1 15)$(part "$1" 0 1)"; }
xor() { # HEX HEX
    one=$1 other=$2
    while [ -n "$one" ]; do
        printf %02X $((0x$(part "$one" 0 1) ^ 0x$(part "$other" 0 1)))
        one=$(printf %s "$one" | cut -c 3-) other=$(printf %s "$other" | cut -c 3-)
    done
}
odd() { # HEX: bytes 1, 3, ... 15
    at=1
    while [ "$at" -lt 16 ]; do part "$1" "$at" 1 | tr -d '\n'; at=$((at + 2)); done
}

CREDIT=$(derived 01 credit A01 $METER)
WBN=$(derived 02 wbn A01 $METER)
WBQ=$(derived 03 wbq A01 $METER)
AUTH=$(derived 04 auth A01 $METER)
NODE=$(derived 05 card A01 $CARD)

zeros() { # COUNT
    left=$1
    while [ "$left" -gt 0 ]; do printf 00; left=$((left - 1)); done
}

# format suite kver slot service flags | meter | epoch g n T
HEAD=0102${VERSION_HEX}020400${METER}00070002000000110000000C9A1B
# period 2026-04, bought 80; no heating year, charges, free units; no adjustments, debts, parameters
QUOTA=323032362D3034000000000138800000$(zeros 4)
SETTLED=$(zeros 22)
PARAMETERS=$(zeros 22)
# node N0042, epoch 3, sequence 12500, head
WITNESS=4E303034320000000003000030D40123456789ABCDEF
RECORD=${HEAD}${QUOTA}${SETTLED}${PARAMETERS}${WITNESS}6553F100
RECORD_MAC=$(part "$(cmac "$CREDIT" "$RECORD")" 0 8)

# format suite kver slot | meter | g n T balance use status sequence clock | epoch parameters refusals
# repairs month | six months
READING=0102${VERSION_HEX}02${METER}0002000000110000000C9A1B000000000BB80000000C8E6300020000002A6553F100
BACK=${READING}00070005000100005EFB000003E80000000000000000000000000000000000000000
WBN_MAC=$(part "$(cmac "$WBN" "$BACK")" 0 8)
WBQ_MAC=$(part "$(cmac "$WBQ" "$READING")" 0 8)

X=$(part $RND_A 0 2)$(xor "$(part $RND_A 2 6)" "$(part $RND_B 0 6)")$(part $RND_B 6 10)$(part $RND_A 8 8)
KENC=$(cmac "$NODE" "A55A00010080$X")
KMAC=$(cmac "$NODE" "5AA500010080$X")
READ=$(odd "$(cmac "$KMAC" "84B203140000$TI")")

# A key as it travels to a blank card, whose transport key is AES's: session keys under 16 zero bytes.
aes_cmac() { bytes "$2" | openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:"$1" -in - CMAC | upper; }
aes() { bytes "$3" | openssl enc -aes-128-cbc -K "$1" -iv "$2" -nopad | xxd -p | tr -d '\n' | upper; }
TENC=$(aes_cmac $ZEROS "A55A00010080$X")
TMAC=$(aes_cmac $ZEROS "5AA500010080$X")
IV=$(aes "$TENC" $ZEROS "A55A${TI}00000000000000000000")
SENT=$(aes "$TENC" "$IV" "$AUTH")
PUT_MAC=$(odd "$(aes_cmac "$TMAC" "84D801040000$TI$SENT")")

cat <<END
{
 "made_by": "sm4.sh beside it: xxd, openssl kdf, openssl enc and openssl mac",
 "master": "$MASTER", "key_version": $VERSION, "area": "A01",
 "meter": "M00000000042", "card": "860000000017",
 "keys": {"credit": "$CREDIT", "wbn": "$WBN", "wbq": "$WBQ", "auth": "$AUTH", "card": "$NODE"},
 "tag": "$(part "$(cmac "$AUTH" "79696B612F736C6F74$CARD")" 0 4)",
 "record": "$RECORD$RECORD_MAC",
 "write_back": "$BACK$WBN_MAC$WBQ_MAC",
 "rnd_a": "$RND_A", "rnd_b": "$RND_B", "ti": "$TI",
 "challenge": "$(encrypt "$NODE" $ZEROS $RND_B)9000",
 "continue": "80AF000020$(encrypt "$NODE" $ZEROS "$RND_A$(rotated $RND_B)")00",
 "proof": "$(encrypt "$NODE" $ZEROS "$TI$(rotated $RND_A)000000000000000000000000")9000",
 "kenc": "$KENC", "kmac": "$KMAC",
 "read_slot_2": "84B2031408${READ}00",
 "put_key_slot_2": "84D8010418${SENT}${PUT_MAC}00"
}
END
