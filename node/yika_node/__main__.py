"""``yika-node`` and ``python -m yika_node``: the command line, started quickly.

A counter waits for the first page.  While the program's modules are loaded nothing becomes
garbage, and looking for it again and again takes a fifth of that time; afterwards the collector
need never look at them again.
"""

import gc


def main() -> None:
    """Load the program without collecting garbage, then run its command line."""
    gc.disable()
    from yika_node import cli  # noqa: PLC0415 - see above

    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
