#!/usr/bin/env python3
"""Makes `registry.bin`: the CloudFormation registry's resource types.

Source:  PyPI cfn-lint 1.58.0, `cfnlint/data/schemas` (the registry schemas that AWS publishes, with corrections)
Licence: MIT-0
Run:     python3 data/registry.py [WHEEL]      (without an argument the wheel is downloaded with pip)

A record is text, fields separated by tabs:

    c, r, w, p, k     create-only, read-only, write-only, primary identifier, conditionally create-only: paths
    o ...             an object: pairs of name and shape; `!` behind a name: required. The first is the type itself
    shapes            s string, i integer, n number, b boolean, j any JSON, e... enum of values separated by `|`,
                      [X list of X, <X the same where order does not matter, {X map of X, @N the object of line N.
                      Behind a shape `=` and the default as JSON
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile

import pack

PACKAGE = "cfn-lint==1.58.0"
HERE = os.path.dirname(os.path.abspath(__file__))


def wheel(folder):
    """The wheel's path."""
    if len(sys.argv) > 1:
        return sys.argv[1]
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, PACKAGE], check=True)
    return os.path.join(folder, next(n for n in os.listdir(folder) if n.endswith(".whl")))


def path(pointer):
    """`/properties/A/*/B` as `A[].B`."""
    steps = pointer.removeprefix("/properties/").split("/")
    out = ""
    for step in steps:
        if step in ("*", "items"):
            out += "[]"
        elif step not in ("properties", "oneOf", "anyOf", "allOf") and not step.isdigit():
            out += ("." if out else "") + step
    return out


class Record:
    """One type's text."""

    def __init__(self, schema):
        self.schema = schema
        self.lines = []
        self.objects = {}

    def resolve(self, node):
        """Follows references; keeps a default beside the reference."""
        default, seen = node.get("default"), set()
        while "$ref" in node and node["$ref"] not in seen:
            ref = node["$ref"]
            seen.add(ref)
            target = self.schema
            for step in ref.lstrip("#/").split("/"):
                target = target.get(step, {}) if isinstance(target, dict) else {}
            node = target
            if default is None:
                default = node.get("default")
        return node, default

    def properties(self, node, depth=0):
        """Properties and required names of an object, those of its alternatives too."""
        props, required = dict(node.get("properties", {})), set(node.get("required", []))
        for key in ("allOf", "oneOf", "anyOf"):
            for part in node.get(key, []):
                part, _ = self.resolve(part)
                if depth > 4 or not isinstance(part, dict):
                    continue
                more, need = self.properties(part, depth + 1)
                for name, value in more.items():
                    if name not in props or not props[name]:
                        props[name] = value
                if key == "allOf":
                    required |= need
        return props, required

    def enum(self, values):
        texts = [v for v in values if isinstance(v, str)]
        if not texts or any(set(v) & set("\t\n|\0=") for v in texts):
            return "s"
        return "e" + "|".join(texts)

    def shape(self, node, key):
        """The shape's text; `key` identifies an inline object."""
        ref = node.get("$ref")
        node, default = self.resolve(node)
        kind = node.get("type")
        if isinstance(kind, list):
            kinds = [k for k in kind if k != "null"]
            if set(kinds) == {"object", "string"} or len(kinds) > 2:
                kind = "json"
            else:
                kind = next((k for k in kinds if k not in ("string",)), kinds[0])
        text = None
        props, required = self.properties(node)
        choices = [self.resolve(c)[0] for k in ("oneOf", "anyOf") for c in node.get(k, [])]
        lists = [c for c in choices if isinstance(c, dict) and (c.get("type") == "array" or "items" in c)]
        if kind is None and "properties" not in node and lists:
            return self.shape(lists[0], key)
        if kind == "json" and not props:
            text = "j"
        elif props and kind != "array":
            text = "@%d" % self.object(ref or key, props, required)
        elif kind == "array" or "items" in node:
            items = node.get("items") or (node.get("prefixItems") or [{}])[0]
            mark = "<" if node.get("insertionOrder") is False or node.get("uniqueItems") else "["
            text = mark + self.shape(items, key + "[]")
        elif kind == "object" or "patternProperties" in node or isinstance(node.get("additionalProperties"), dict):
            patterns = list(node.get("patternProperties", {}).values())
            if isinstance(node.get("additionalProperties"), dict):
                patterns.append(node["additionalProperties"])
            text = "{" + self.shape(patterns[0], key + "{}") if patterns else "j"
        elif kind in ("integer", "number", "boolean"):
            text = kind[0]
        elif kind == "string" or "enum" in node or "const" in node:
            text = self.enum(node.get("enum", [node["const"]] if "const" in node else []))
            if node.get("format") == "json":
                text = "j"
        else:
            choices = [self.resolve(c)[0] for k in ("oneOf", "anyOf", "allOf") for c in node.get(k, [])]
            typed = [c for c in choices if isinstance(c, dict) and ("type" in c or "enum" in c)]
            enums = [v for c in typed for v in c.get("enum", []) if isinstance(v, str)]
            if enums:
                text = self.enum(enums)
            elif typed:
                text = self.shape(typed[0], key)
            else:
                text = "j"
        if default is not None and not isinstance(default, (dict, list)):
            text += "=" + json.dumps(default)
        return text

    def object(self, key, props, required):
        if key in self.objects:
            return self.objects[key]
        number = self.objects[key] = len(self.lines)
        self.lines.append("")
        fields = []
        for name in sorted(props):
            if not isinstance(props[name], dict):
                continue
            fields.append(name + ("!" if name in required else ""))
            fields.append(self.shape(props[name], key + "." + name))
        self.lines[number] = "\t".join(["o", *fields])
        return number

    def text(self):
        schema = self.schema
        props, required = self.properties(schema)
        self.object("", props, required)
        head = []
        for mark, key in (
            ("c", "createOnlyProperties"),
            ("r", "readOnlyProperties"),
            ("w", "writeOnlyProperties"),
            ("p", "primaryIdentifier"),
            ("k", "conditionalCreateOnlyProperties"),
        ):
            paths = schema.get(key) or []
            if paths:
                head.append("\t".join([mark, *(path(p) for p in paths)]))
        return "\n".join(self.lines + head)


def main():
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel(folder)) as archive:
            base = "cfnlint/data/schemas/"
            hashes = {}
            regions = sorted(n for n in archive.namelist() if n.startswith(base + "providers/") and n.endswith(".json"))
            for name in sorted(regions, key=lambda n: (not n.endswith("us-east-1.json"), n)):
                for type_name, digest in json.loads(archive.read(name)).items():
                    hashes.setdefault(type_name, digest)
            records = {}
            for type_name, digest in hashes.items():
                schema = json.loads(archive.read(f"{base}resources/{digest}.json"))
                records[type_name] = Record(schema).text()
    size = pack.write(os.path.join(HERE, "registry.bin"), records)
    raw = sum(len(t) for t in records.values())
    print(f"{len(records)} types, {raw} bytes of text, {size} bytes packed")


if __name__ == "__main__":
    main()
