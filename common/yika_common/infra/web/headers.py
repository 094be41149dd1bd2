"""Headers that let a page do nothing but what it is for.

Source: the OWASP secure headers list.  ``Referrer-Policy`` is ``same-origin`` and not
``no-referrer``: under the latter a browser sends ``Origin: null`` with a form, and the origin
check would have nothing to check.
"""

from flask import Flask, request
from werkzeug.wrappers import Response

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_FOR_A_YEAR = "public, max-age=31536000, immutable"
_ONE_YEAR_HTTPS_ONLY = "max-age=31536000"


def register_headers(app: Flask, *, https: bool) -> None:
    """Set the headers on every answer of this app."""

    @app.after_request
    def _set(response: Response) -> Response:
        response.headers.update(_ALWAYS)
        if https:
            response.headers["Strict-Transport-Security"] = _ONE_YEAR_HTTPS_ONLY
        versioned = "v" in request.args and (request.endpoint or "").endswith("static")
        if versioned and response.status_code in {200, 304}:
            response.headers["Cache-Control"] = _FOR_A_YEAR
        else:
            response.headers["Cache-Control"] = "no-store"
        return response
