#!/usr/bin/env python3
"""Django's command line for VoltGo."""

import os
import sys


def main() -> None:
    from voltgo.local.environment import adopt

    adopt()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voltgo.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
