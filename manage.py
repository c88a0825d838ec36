#!/usr/bin/env python3
"""Django's command line, and in front of it the commands that work on a bare machine (hub/bootstrap)."""

import os
import sys

OLDEST = (3, 11)


def main() -> None:
    """Run the command of the arguments; its exit status is ours."""
    if sys.version_info < OLDEST:
        sys.exit("error: Python 3.11 or newer is needed\n next: python3.11 manage.py up")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
    from hub.bootstrap import front  # an older Python could not even read it

    sys.exit(front.main(sys.argv))


if __name__ == "__main__":
    main()
