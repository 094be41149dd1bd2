#!/bin/sh
# Installs what the tests need beside Python: Chromium and Chinese fonts for the pages, PostgreSQL
# for headquarters, pcscd, its drivers and libieee1284 for the readers, what pyscard and a parallel
# port for the tests are built with, LibreOffice for the workbook, openssl and xxd for the auditor's
# recipe, bc for the golden packs of tariffs.  Does nothing where all of it is there.
set -eu

wanted="chromium fonts-noto-cjk postgresql pcscd libccid libasedrive-serial libgcr410 libieee1284-3 vsmartcard-vpcd libpcsclite-dev swig gcc libc6-dev pkg-config python3-dev opensc libreoffice-calc poppler-utils openssl xxd bc"
missing=""
for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need these Debian packages; install them as root:$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 - the list is meant to split into words
apt-get install -y -qq --no-install-recommends $missing > /dev/null
