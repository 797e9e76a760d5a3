"""Judge pairs with math-verify, as it is called most: both sides parsed anew, then verified.

Runs in an environment of its own. Reads `[gold, response]` lines of JSON, and prints one line for
each: the verdict, and the seconds that it took: of CPU, and of the clock.
"""

import json
import sys
import time

from math_verify import parse, verify


def main() -> None:
    """Judge standard input."""
    verify(parse("$1$"), parse("$\\frac{2}{2}$"))  # what is imported late is no part of the time
    for line in sys.stdin:
        gold, response = json.loads(line)
        started, used = time.perf_counter(), time.process_time()
        try:
            right = verify(parse(f"${gold}$"), parse(response))
        except Exception as error:  # noqa: BLE001  # whatever it raises is its answer
            right = type(error).__name__
        took = [time.process_time() - used, time.perf_counter() - started]
        print(json.dumps([right, *took]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
