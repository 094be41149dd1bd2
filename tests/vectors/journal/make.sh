#!/bin/sh
# How the vectors in this folder were made: by openssl, sha256sum and xxd, none of the product's code.
# They are kept as they are; a product that disagrees with them is wrong.
set -eu
cd "${1:-.}"

key() { # NAME SEED-BYTE: a private key whose 32 secret bytes are all that byte
    { printf '302e020100300506032b657004220420'; printf "$2%.0s" $(seq 32); } | xxd -r -p > "$1.der"
}
spki() { openssl pkey -in "$1.der" -inform DER -pubout -outform DER; }
keyid() { spki "$1" | sha256sum | cut -c1-16; }

sign() { # TYPE PAYLOAD KEY: the signed file on standard output
    length=$(wc -c < "$2")
    { printf 'DSSEv1 %d %s %d ' "${#1}" "$1" "$length"; cat "$2"; } > message
    printf 'YIKA1 %s %d 1\n' "$1" "$length"
    cat "$2"
    printf '\n%s ed25519 ' "$(keyid "$3")"
    openssl pkeyutl -sign -rawin -in message -inkey "$3.der" -keyform DER | base64 -w 0
    printf '\n'
}

key node 01
key enrol 02
key other 03

entry() { printf '"%s":{"alg":"ed25519","spki":"%s"}' "$(keyid "$1")" "$(spki "$1" | base64 -w 0)"; }
{
    printf '{"type":"root","version":1,"keys":{%s,%s},"roles":{' "$(entry other)" "$(entry enrol)"
    printf '"root":{"keyids":["%s"],"threshold":1},' "$(keyid other)"
    printf '"tariff":{"keyids":["%s","%s"],"threshold":2},' "$(keyid other)" "$(keyid enrol)"
    printf '"enrol":{"keyids":["%s"],"threshold":1},' "$(keyid enrol)"
    printf '"registry":{"keyids":["%s"],"threshold":1},' "$(keyid other)"
    printf '"ack":{"keyids":["%s"],"threshold":1}}}\n' "$(keyid other)"
} > root.json

{
    printf '{"t":"certificate","node":"N0042","ep":1,"alg":"ed25519","spki":"%s",' \
        "$(spki node | base64 -w 0)"
    printf '"kem":"%s","areas":["A01"],"services":["gas"],"issued":1700000000}\n' \
        "$(printf '04%.0s' $(seq 32) | xxd -r -p | base64 -w 0)"
} > payload
sign application/vnd.yika.certificate.v1+json payload enrol > N0042-e1.cert

genesis=$({ printf 'yika/genesis/1\0'; cat payload; } | sha256sum | cut -c1-64)
{
    printf '{"t":"boot","q":1,"ts":1700000060,"sw":"0.1.0","inc":"abababababababab"}\n'
    printf '{"t":"intent","q":2,"ts":1700000120,"op":"王芳","a":"A-000017","c":"860000000017",'
    printf '"m":"M00000000042","s":3,"sv":"gas","g":1,"n":1,"T":10000,"qty":10000,"amt":2610,'
    printf '"x":2610,"tid":"gas-residential","tv":1,"th":"00112233445566aa","pd":"2026",'
    printf '"ln":[["gas",1,10000,26100,2610]],"kv":1,"mac":"0123456789abcdef"}\n'
    printf '{"t":"sale","q":3,"ts":1700000121,"op":"王芳","iq":2}\n'
} > lines
head=$genesis
while IFS= read -r line; do
    head=$({ printf 'yika/record/1\0'; printf %s "$head" | xxd -r -p; printf '%s\n' "$line"; } |
        sha256sum | cut -c1-64)
done < lines
{
    printf '{"t":"segment","node":"N0042","ep":1,"from":1,"to":3,"prev":"%s","head":"%s",' \
        "$genesis" "$head"
    printf '"n_ack":0,"inc":"abababababababab","ts":1700000600,"man":0,'
    printf '"ch":"0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c","sw":"0.1.0"}\n'
    cat lines
} > payload
sign application/vnd.yika.segment.v1+jsonl payload node > segment
mv segment "N0042-e1-q000001-000003-$(sha256sum segment | cut -c1-16).seg"
rm payload lines message ./*.der
