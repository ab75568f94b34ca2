"""The translator from the command line: `python -m proapi_translate request|response|stream …`.

Reads standard input, writes standard output, opens no socket. Exit status: 0; 1 for a request that cannot be served;
2 for a usage fault, with one line on standard error.
"""

from __future__ import annotations

import sys

from .command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer))
