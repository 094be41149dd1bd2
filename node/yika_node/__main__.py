"""``yika-node`` and ``python -m yika_node``: the command line, started quickly.

A counter waits for the first page.
"""

from yika_common.infra.collecting import without_collecting


def main() -> None:
    """Load the program without looking for garbage, then run its command line."""
    with without_collecting():
        from yika_node import cli  # noqa: PLC0415 - see above
    cli.main()


if __name__ == "__main__":
    main()
