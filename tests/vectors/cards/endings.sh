#!/bin/sh
# Prints endings.json: a session of the node with a CPU card, and the commands that end the card.
# Everything is written from the tables in docs/card-format.md; openssl makes cipher and MACs.
set -eu
NODE=404142434445464748494A4B4C4D4E4F
RND_A=A0A1A2A3A4A5A6A7A8A9AAABACADAEAF
RND_B=B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF
TI=C0C1C2C3
COUNTER=0000
NEXT=0100

upper() { tr a-f A-F; }
encrypt() { # HEX: AES-128-CBC under the node's key, zero IV
    printf %s "$1" | xxd -r -p |
        openssl enc -aes-128-cbc -K "$NODE" -iv 00000000000000000000000000000000 -nopad |
        xxd -p | tr -d '\n' | upper
}
cmac() { # KEY HEX
    printf %s "$2" | xxd -r -p | openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:"$1" -in - CMAC | upper
}
part() { # HEX OFFSET SIZE
    printf %s "$1" | cut -c "$(($2 * 2 + 1))-$((($2 + $3) * 2))"
}
rotated() { # HEX: left by one byte
    printf %s "$(part "$1" 1 15)$(part "$1" 0 1)"
}
xor() { # HEX HEX
    one=$1 other=$2
    while [ -n "$one" ]; do
        printf %02X $((0x$(part "$one" 0 1) ^ 0x$(part "$other" 0 1)))
        one=$(printf %s "$one" | cut -c 3-) other=$(printf %s "$other" | cut -c 3-)
    done
}
odd() { # HEX: bytes 1, 3, ... 15
    at=1
    while [ "$at" -lt 16 ]; do
        part "$1" "$at" 1 | tr -d '\n'
        at=$((at + 2))
    done
}
protected() { # INS
    mac=$(odd "$(cmac "$KMAC" "84${1}0000$COUNTER$TI")")
    printf %s "84${1}000008${mac}00"
}

X=$(part $RND_A 0 2)$(xor "$(part $RND_A 2 6)" "$(part $RND_B 0 6)")$(part $RND_B 6 10)$(part $RND_A 8 8)
KMAC=$(cmac $NODE "5AA500010080$X")
ANSWER=$(odd "$(cmac "$KMAC" "9000$NEXT$TI")")9000

cat <<END
{
 "made_by": "endings.sh beside it: xxd, openssl enc and openssl mac",
 "node_key": "$NODE", "rnd_a": "$RND_A", "rnd_b": "$RND_B", "ti": "$TI",
 "authenticate": "80AA000100", "challenge": "$(encrypt $RND_B)9000",
 "continue": "80AF000020$(encrypt "$RND_A$(rotated $RND_B)")00",
 "proof": "$(encrypt "$TI$(rotated $RND_A)000000000000000000000000")9000",
 "retire": "$(protected FE)", "recycle": "$(protected E4)", "answer": "$ANSWER"
}
END
