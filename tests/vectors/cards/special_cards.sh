#!/bin/sh
# Prints special_cards.json: the keys of special cards, an approval, faces, heads, a cell, a voucher.
# The fields are written from the tables in docs/special-cards.md; keys, MACs, wrapping and signature by openssl.
set -eu
MASTER=606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F
MANAGING=383730303030303030303031 # 870000000001
SYSTEM=383930303030303030303031   # 890000000001
SERIAL=A0A1A2A3A4A5A6A7
ISSUER=C0C1C2C3C4C5C6C7
DIGEST=000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F
SALT=B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF
SECRET=D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF
# What Argon2id made of a PIN is taken as given: openssl 3.0 has none.
STRETCHED=E0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF

bytes() { printf %s "$1" | xxd -r -p; }
upper() { tr -d ':\n ' | tr a-f A-F; }
text() { printf %s "$1" | xxd -p | upper; }
hex() { printf "%0$(($1 * 2))X" "$2"; } # BYTES NUMBER
zeros() { printf "%0$(($1 * 2))d" 0; }
mac() { bytes "$2" | openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:"$1" -in - CMAC; }
mac8() { mac "$1" "$2" | cut -c 1-16; }
hkdf() { # KEY INFO SIZE
    openssl kdf -keylen "$3" -kdfopt digest:SHA256 -kdfopt hexkey:"$1" -kdfopt info:"$2" HKDF | upper
}
key() { # ROLE NUMBER-OF-ROLE
    area=$(hkdf "$MASTER" "yika/1|$1||1" 16)
    # AN10922: 01, role, suite, version, no area, card number, YIKA1
    mac "$area" "01$(hex 1 "$2")0101$(zeros 8)$MANAGING$(text YIKA1)"
}
wrap() { # KEK KEY: RFC 3394
    bytes "$2" | openssl enc -id-aes128-wrap -K "$1" -iv A6A6A6A6A6A6A6A6 | xxd -p | upper
}
packed() { # a name of 12 characters in base 38, 8 bytes
    python3 -c "
import sys
n = 0
for c in sys.argv[1].ljust(12, chr(0)):
    n = n * 38 + (0 if c == chr(0) else 1 if c == '-' else '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.index(c) + 2)
print(f'{n:016X}')" "$1"
}
padded() { # HEX SIZE
    printf %s "$1"
    zeros $(($2 - ${#1} / 2))
}

K_MANAGE=$(key manage 6)
K_APPROVE=$(key approve 7)
K_HOST=$(hkdf "$STRETCHED" yika/system/host 16)
K_BOX=$(hkdf "$STRETCHED" yika/system/box 32)
PROOF=$(mac8 "$K_APPROVE" "$(text yika/approve/1)00$MANAGING$(hex 4 7)$DIGEST")

HOLDER=$(padded "$(text 陈伟)" 32)
FROM=$(hex 4 1770000000)
UNTIL=$(hex 4 1800000000)
FACE="010103${MANAGING}01${SERIAL}${ISSUER}${FROM}${UNTIL}${HOLDER}03$(zeros 16)"
SYSTEM_FACE="010102${SYSTEM}01${SERIAL}${ISSUER}$(hex 4 0)${UNTIL}$(zeros 32)03${SALT}"

# The chip as it is numbered: 59, format, serial, check.
NUMBERED="5901${SERIAL}"
NUMBERED="${NUMBERED}$(bytes "$NUMBERED" | openssl dgst -sha256 -r | cut -c 1-6 | tr a-f A-F)"
HEAD="0183$(packed 870000000001)${ISSUER}${FROM}${UNTIL}$(zeros 16)${HOLDER}"
HEAD_MAC=$(mac8 "$K_MANAGE" "$NUMBERED$HEAD")
SYSTEM_HEAD="0182$(packed 890000000001)${ISSUER}$(hex 4 0)${UNTIL}${SALT}"
SYSTEM_MAC=$(mac8 "$K_HOST" "$NUMBERED$SYSTEM_HEAD")
CODE=$(mac "$K_MANAGE" "$(text yika/code)$MANAGING$SERIAL" | cut -c 1-6)
PIN_KEY=$(mac "$K_MANAGE" "$(text yika/pin)$STRETCHED")
CELL="$(hex 4 7)${SECRET}$(wrap "$PIN_KEY" "$K_APPROVE")"
CELL_MAC=$(mac8 "$K_MANAGE" "$(text yika/roll)$MANAGING$SERIAL$CELL")

# A voucher for N0002, gas and large-bore water; signed by the key of the seed 01 .. 01.
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
bytes "302E020100300506032B657004220420$(printf '01%.0s' $(seq 32))" >"$work/key.der"
ADDRESS=$(text http://hq.test:8600)
VOUCHER="01$(padded "$(text N0002)" 8)$(printf '5E%.0s' $(seq 16))$(printf '7A%.0s' $(seq 32))0108$(hex 1 $((${#ADDRESS} / 2)))$ADDRESS"
WORDS="$(text yika/voucher/1)00$SYSTEM$UNTIL"
bytes "$WORDS$VOUCHER" >"$work/signed"
SIGNATURE=$(openssl pkeyutl -sign -rawin -inkey "$work/key.der" -keyform DER -in "$work/signed" | xxd -p | upper)
# AES-256-GCM with a nonce of zeros enciphers as counter mode does from 2; its tag is not made here.
SEALED=$(bytes "$VOUCHER$SIGNATURE" | openssl enc -aes-256-ctr -K "$K_BOX" -iv "$(zeros 15)02" | xxd -p | upper)

cat <<JSON
{
 "made_by": "special_cards.sh beside it: shell arithmetic, xxd and openssl",
 "card_master": "$MASTER",
 "managing": {
  "number": "870000000001", "key_version": 1,
  "manage": "$K_MANAGE", "approve": "$K_APPROVE",
  "approval": {"counter": 7, "digest": "$DIGEST", "proof": "$PROOF"},
  "face": "$FACE",
  "memory": {"numbered": "$NUMBERED", "head": "$HEAD", "mac": "$HEAD_MAC", "code": "$CODE",
   "stretched": "$STRETCHED", "secret": "$SECRET", "cell": "$CELL", "cell_mac": "$CELL_MAC"}
 },
 "system": {
  "number": "890000000001", "salt": "$SALT", "stretched": "$STRETCHED",
  "host": "$K_HOST", "box": "$K_BOX",
  "face": "$SYSTEM_FACE",
  "memory": {"head": "$SYSTEM_HEAD", "mac": "$SYSTEM_MAC"},
  "voucher": "$VOUCHER", "words": "$WORDS", "signature": "$SIGNATURE",
  "sealed_without_tag": "$SEALED"
 }
}
JSON
