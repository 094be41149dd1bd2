"""A bare process that imports and serves what a node's server does: the limit of its memory.

Every library that the node's server loads is imported here and used once for what the node uses
it for, where using it loads more: a page from a template in a chosen language, a form token, one
query through an SQLModel session; of cryptography a signature, a card's MAC and cipher, a derived
key, something sealed for the disk and something sealed to a public key.  Nothing of the product is
imported, and the scheduler gets the time zone that the node gives it, which loads no others.
"""

import os
import socket
import sys
from datetime import UTC

import argon2
import click
import requests
import segno
import serial
from apscheduler.schedulers.background import BackgroundScheduler
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, render_template_string
from flask_babel import Babel, gettext
from flask_wtf.csrf import CSRFProtect, generate_csrf
from sqlmodel import Field, Session, SQLModel, create_engine, select
from waitress.server import create_server

LIBRARIES = (argon2, click, requests, segno, serial)
PAGE = "<!doctype html><html lang=en><title>{{ title }}</title><p>{{ token }}: {{ row }}</html>"


class Row(SQLModel, table=True):
    """One row of one table."""

    id: int = Field(primary_key=True)
    text: str


def bare_app(path: str) -> Flask:
    """One page behind Babel, a form token and a session."""
    app = Flask(__name__)
    app.secret_key = b"no secret at all"
    Babel(app)
    CSRFProtect(app)
    engine = create_engine(f"sqlite:///{path}")
    SQLModel.metadata.create_all(engine)
    key = ed25519.Ed25519PrivateKey.generate()
    with Session(engine) as session:
        session.merge(Row(id=1, text="A bare page."))
        session.commit()

    @app.get("/")
    def page() -> str:
        with Session(engine) as session:
            row = session.exec(select(Row)).one()
        key.sign(row.text.encode())
        _keep_secrets()
        return render_template_string(
            PAGE, title=gettext("Bare"), token=generate_csrf(), row=row.text
        )

    return app


def _keep_secrets() -> None:
    """What a sale and an exchange do with keys, once."""
    key, block = os.urandom(16), bytes(16)
    mac = CMAC(AES(key))
    mac.update(block)
    mac.finalize()
    Cipher(AES(key), CBC(block)).encryptor().update(block)
    for_disk = HKDF(SHA256(), 32, salt=None, info=b"disk").derive(key)
    AESGCM(for_disk).decrypt(bytes(12), AESGCM(for_disk).encrypt(bytes(12), block, None), None)
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    own = x25519.X25519PrivateKey.from_private_bytes(os.urandom(32))
    suite.decrypt(suite.encrypt(block, own.public_key(), b"bare"), own, b"bare")


def main() -> None:
    """Serve until ended, with a scheduler that has nothing to do."""
    app = bare_app(sys.argv[1])
    BackgroundScheduler(timezone=UTC).start()
    listener = socket.create_server(("127.0.0.1", 0))
    server = create_server(app, sockets=[listener], threads=4)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    server.run()


if __name__ == "__main__":
    main()
