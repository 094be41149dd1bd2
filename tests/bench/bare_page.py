"""A bare Flask page served by waitress: the limit of a cold start."""

import socket

from flask import Flask
from waitress.server import create_server

app = Flask(__name__)


@app.get("/")
def page() -> str:
    return "<!doctype html><html lang=en><title>Bare</title><p>A bare page.</html>"


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    server = create_server(app, sockets=[listener], threads=4)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    server.run()
