"""The text that deflate may refer back to from its first byte: what every segment looks like."""

PRESET = b""
