"""What other programs may ask a vending point: how it stands, and what these addresses are.

Nothing here names a person, a sum or a card, and nothing can be changed: the pages do that.
"""

from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, jsonify

from yika_common.infra.web.guard import machine
from yika_node.web.front import node

pages = Blueprint("machine", __name__)


def _text(identifier: str, summary: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": {
            "operationId": identifier,
            "summary": summary,
            "responses": {"200": {"description": summary, "content": {kind: {"schema": schema}}}},
        }
    }


OPENAPI: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Yika vending point",
        "version": "1",
        "description": "How a vending point stands; everything else is done on its pages.",
    },
    "paths": {
        "/healthz": _text(
            "health",
            "The program is alive",
            "application/json",
            {
                "type": "object",
                "required": ["status", "enrolled"],
                "properties": {
                    "status": {"const": "ok"},
                    "enrolled": {"type": "integer", "minimum": 0, "maximum": 1},
                },
            },
        ),
        "/metrics": _text(
            "metrics", "Figures for Prometheus", "text/plain", {"type": "string", "minLength": 1}
        ),
        "/api/v1/openapi.json": _text(
            "description", "This description", "application/json", {"type": "object"}
        ),
    },
}


@pages.get("/api/v1/openapi.json")
@machine
def openapi() -> Response:
    """The description of these addresses."""
    return jsonify(OPENAPI)


@pages.get("/metrics")
@machine
def metrics() -> Response:
    """What a watchman wants to see rise or fall."""
    lines = [
        line
        for name, about, value in _figures()
        for line in (f"# HELP {name} {about}", f"# TYPE {name} gauge", f"{name} {value}")
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")


def _figures() -> Iterator[tuple[str, str, int]]:
    state = node().state()
    yield "yika_node_enrolled", "1 once headquarters has given a name.", int(state.enrolled)
    yield "yika_node_locked", "1 while nobody is signed in.", int(state.locked)
    yield "yika_node_stopped", "1 while nothing may be sold.", int(state.refusal is not None)
    yield "yika_node_pending_sales", "Sales that wait for their card.", state.pending
    if state.sync is not None:
        yield "yika_node_records", "Records in the journal.", state.sync.head
        yield "yika_node_records_waiting", "Records not acknowledged yet.", state.sync.waiting
