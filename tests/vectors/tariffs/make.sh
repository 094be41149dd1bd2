#!/bin/sh
# Makes the packs with bc: make.sh FOLDER writes into it (an absolute path) NAME.jsonl for every figures/NAME.bc, and worked.tsv.
set -eu
cd "$(dirname "$0")"
export BC_LINE_LENGTH=0
for figures in figures/*.bc; do
    bc -q defaults.bc "$figures" price.bc < /dev/null > "$1/$(basename "$figures" .bc).jsonl"
done
bc -q worked.bc < /dev/null > "$1/worked.tsv"
