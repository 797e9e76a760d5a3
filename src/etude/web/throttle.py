"""Throttle: how many requests one caller may make; a bucket that fills by the second."""

import threading
from collections import OrderedDict

_MAX_CALLERS = 10_000


class Throttle:
    """Buckets of all callers. Kept in memory: each server process counts for itself."""

    def __init__(self, per_s: float = 20, burst: int = 120) -> None:
        """Say how fast is too fast.

        Args:
            per_s: Requests a second that go on for ever.
            burst: Requests at once after a quiet time.
        """
        self.per_s = per_s
        self.burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, caller: str, now: float, share: float = 1.0) -> float:
        """Count a request; return 0 when it may pass, else how many seconds are missing.

        Args:
            caller: Whose bucket it is.
            now: What time it is.
            share: What the request takes of the bucket, of 1.
        """
        with self._lock:
            left, at = self._buckets.pop(caller, (float(self.burst), now))
            left = min(self.burst, left + max(0.0, now - at) * self.per_s)
            passes = left >= share
            self._buckets[caller] = (left - share if passes else left, now)
            if len(self._buckets) > _MAX_CALLERS:
                self._buckets.popitem(last=False)
        return 0.0 if passes else (share - left) / self.per_s
