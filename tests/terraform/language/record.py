#!/usr/bin/env python3
"""Asks Terraform what it plans for the cases of cases.txt and records it in answers.json (terraform on the PATH; made
with 1.11.4). Cases that name the AWS provider need one that plans without an account: a mirror with a provider of the
same schema, named in the configuration file that TF_CLI_CONFIG_FILE leads to.

    record.py           asks about the cases that have no answer yet
    record.py NAME…     asks about these again
"""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CASES, ANSWERS = os.path.join(HERE, "cases.txt"), os.path.join(HERE, "answers.json")


def cases():
    found, files, text = {}, {}, []
    with open(CASES, encoding="utf-8") as file:
        for line in file:
            if line.startswith("=== "):
                files = found.setdefault(line[4:].strip(), {})
            elif line.startswith("--- "):
                text = files.setdefault(line[4:].strip(), [])
            else:
                text.append(line)
    return {name: {path: "".join(text) for path, text in files.items()} for name, files in found.items()}


def answer(files):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

        def terraform(*args):
            return subprocess.run(["terraform", *args], cwd=folder, capture_output=True, text=True)

        steps = [("init", "-input=false", "-no-color")]
        plan = ("plan", "-input=false", "-no-color", "-lock=false", "-out=p.tfplan")
        steps.append(plan + tuple(files.get("args", "").split()))
        for step in steps:
            ran = terraform(*step)
            if ran.returncode:
                return {"error": re.findall(r"Error: (.*)", ran.stderr + ran.stdout)[0]}
        planned = json.loads(terraform("show", "-json", "p.tfplan").stdout)
    resources = {}
    for change in planned.get("resource_changes", []):
        if change["mode"] == "managed":
            after = {k: v for k, v in (change["change"]["after"] or {}).items() if v is not None}
            unknown = {k: v for k, v in change["change"]["after_unknown"].items() if v not in (False, {}, [])}
            resources[change["address"]] = {"after": after, **({"unknown": unknown} if unknown else {})}
    return {"resources": resources}


def main():
    answers = json.load(open(ANSWERS, encoding="utf-8")) if os.path.exists(ANSWERS) else {}
    all_cases = cases()
    for name, files in all_cases.items():
        if name in sys.argv[1:] or name not in answers:
            answers[name] = answer(files)
    rows = (
        json.dumps(name) + ": " + json.dumps(answers[name], ensure_ascii=False, sort_keys=True)
        for name in all_cases
    )
    with open(ANSWERS, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(rows) + "\n}\n")


main()
