"""The libraries behind seals, loaded late and used by one thread at a time.

asn1crypto keeps tables that pyHanko adds names to when it is imported, and turns them round once, at the first use. Who
reads a seal before pyHanko is there leaves a process that cannot write one; two threads at the first use see half a
table.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.Lock()


@contextmanager
def loaded() -> Iterator[None]:
    """Have pyHanko and its names for the length of a block, alone."""
    with _one_at_a_time:
        from pyhanko.sign import signers  # noqa: F401 (importing it registers the names)

        yield
