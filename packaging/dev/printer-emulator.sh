#!/bin/sh
# Installs emupos, the emulator of receipt printers whose pictures the tests look at, in a virtual
# environment of its own: it needs Python 3.13, the program 3.11.  Where there is no Python 3.13 the
# tests that need it say so and are skipped, but fail in continuous integration.  Does nothing where it
# is there.
set -eu

home="${1:-.venv}/emupos"
[ -x "$home/bin/emupos" ] && exit 0

for python in python3.14 python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[3-9]*/bin/python3; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null || continue
    "$python" -m venv "$home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check 'emupos>=0.4,<0.5'
    exit 0
done
echo "There is no Python 3.13: receipts are not drawn by the printer emulator in this run." >&2
