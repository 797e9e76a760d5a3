"""Build a project's wheel inside a box by its own backend (PEP 517 and 660).

This file is mounted into boxes and started as a script; Etude never imports it. Its last line of
output is one JSON object: the wheel's file name, or the requirements the backend asks for.
"""

import importlib
import json
import os
import sys


def main():
    job = json.loads(sys.stdin.read())
    os.makedirs(job["out"], exist_ok=True)
    sys.path[0:1] = [os.path.join(os.getcwd(), path) for path in job["backend_path"]]
    sys.path.append(job["build_env"])
    os.environ["PYTHONPATH"] = job["build_env"]
    module, _, attributes = job["backend"].partition(":")
    backend = importlib.import_module(module)
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    editable = job["editable"] and hasattr(backend, "build_editable")
    what = "editable" if editable else "wheel"
    ask = getattr(backend, "get_requires_for_build_" + what, None)
    needed = list(ask({})) if ask else []
    if needed and not job["asked"]:
        print("\n" + json.dumps({"needs": needed}))
        return
    wheel = getattr(backend, "build_" + what)(job["out"], {}, None)
    print("\n" + json.dumps({"wheel": wheel, "editable": editable}))


main()
