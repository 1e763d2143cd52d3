"""The program: `sop-new`, or `python -m sop_new`."""

import sys


def main() -> int:
    """Run the program; an interrupt ends it without a word, also before it has begun.

    Returns:
        The exit status.
    """
    try:
        from sop_new import interrupts

        interrupts.raise_on_signals()
        from sop_new.cli import app

        return app.main(sys.argv[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
