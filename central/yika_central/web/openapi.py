"""The machine-readable description of the nodes' door: OpenAPI 3.1, as one constant."""

from typing import Any

from yika_common.journal.segment import SEGMENT_MAX

_FILES = "application/vnd.yika.signed-files"
_BYTES = {"schema": {"type": "string", "format": "binary"}}


def _refusal(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    }


def _refusals(*statuses: int) -> dict[str, Any]:
    return {str(status): _refusal(_MEANINGS[status]) for status in statuses}


_MEANINGS = {
    400: "Not well formed; nothing was taken.",
    403: "Not signed by whom it should be, or no open token fits; nothing was taken.",
    404: "Nothing is kept under this digest.",
    405: "Not this method.",
    409: "It contradicts what headquarters knows; nothing was taken.",
    413: "Longer than any honest message; it was not read.",
    429: "Too much of this node waits already; nothing was taken.",
    500: "The program met a bug of its own; the transaction left nothing behind.",
    503: "The database does not answer; nothing was taken.",
    507: "The disk is full; nothing was taken.",
}

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Yika headquarters",
        "version": "1",
        "description": "What vending points ask headquarters. Every message proves itself.",
    },
    "paths": {
        "/api/v1/sync": {
            "post": {
                "operationId": "sync",
                "summary": "Deliver a segment of a node's journal",
                "description": "The body is a signed segment in the transport coding. The answer "
                "is a signed acknowledgement, followed by a signed manifest if the node's is old.",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/vnd.yika.segment": {
                            "schema": {
                                "type": "string",
                                "format": "binary",
                                "maxLength": SEGMENT_MAX,
                            }
                        }
                    },
                },
                "responses": {
                    "200": {"description": "How far it is held", "content": {_FILES: _BYTES}},
                    **_refusals(400, 403, 409, 413, 429, 500, 503, 507),
                },
            }
        },
        "/api/v1/approvals": {
            "post": {
                "operationId": "approvals",
                "summary": "Ask for the second person of an act, or how the asking stands",
                "description": "The body is a signed request, posted again while it waits. The "
                "answer is signed: waiting, granted with a code, refused, or over.",
                "requestBody": {
                    "required": True,
                    "content": {"application/vnd.yika.approval-request": _BYTES},
                },
                "responses": {
                    "200": {"description": "How it stands", "content": {_FILES: _BYTES}},
                    **_refusals(400, 403, 409, 413, 429, 500, 503, 507),
                },
            }
        },
        "/api/v1/enrol": {
            "post": {
                "operationId": "enrol",
                "summary": "Enrol a node with a one-time token",
                "description": "The body is a signed enrolment request. The answer is the root "
                "document, the node's certificate and its manifest, one signed file each.",
                "requestBody": {
                    "required": True,
                    "content": {"application/vnd.yika.enrolment": _BYTES},
                },
                "responses": {
                    "200": {"description": "Enrolled", "content": {_FILES: _BYTES}},
                    **_refusals(400, 403, 409, 413, 500, 503, 507),
                },
            }
        },
        "/api/v1/items/{sha256}": {
            "get": {
                "operationId": "item",
                "summary": "Fetch an item that a manifest names",
                "parameters": [
                    {
                        "name": "sha256",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    }
                ],
                "responses": {
                    "200": {"description": "The signed file", "content": {_FILES: _BYTES}},
                    **_refusals(404, 500, 503),
                },
            }
        },
        "/api/v1/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "This description",
                "responses": {
                    "200": {
                        "description": "OpenAPI 3.1",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        },
        "/healthz": {
            "get": {
                "operationId": "health",
                "summary": "Alive",
                "responses": {
                    "200": {
                        "description": "Alive",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["status"],
                                    "properties": {"status": {"const": "ok"}},
                                }
                            }
                        },
                    }
                },
            }
        },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "Figures for Prometheus",
                "responses": {
                    "200": {
                        "description": "Text exposition format 0.0.4",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {
            "Refusal": {
                "type": "object",
                "required": ["error", "sentence", "facts"],
                "properties": {
                    "error": {"type": "string"},
                    "sentence": {"type": "string"},
                    "facts": {"type": "object"},
                },
            }
        }
    },
}
