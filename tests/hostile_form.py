"""What a hostile page does in a browser: it sends a form to somebody else's server."""

from typing import Final

FORGED: Final = """([address, fields]) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address;
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement("input");
        field.name = name;
        field.value = value;
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}"""
"""Takes an address and the fields by name, and goes there with them."""
