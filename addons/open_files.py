"""How many files and sockets this process may have open: as many as the system lets it.

The usual limit of 1024 is a soft one, kept low for old programs; each request takes two sockets, so that some 500 at
once would be all. The hard limit is the administrator's, and stays.
"""

from __future__ import annotations

import contextlib
import resource

_ENOUGH = 65_536  # where the hard limit is "any number", which macOS does not take as a soft one


def allow_many_open_files() -> int:
    """The limit that is in force now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # what the system refuses is no reason not to start
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
