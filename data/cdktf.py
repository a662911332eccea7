"""Reads a provider's schema back out of an npm `@cdktf/provider-*` package.

The packages are TypeScript that HashiCorp generated from the schema. What is published is JavaScript whose inline source
map has the TypeScript; there, every attribute of every block stands as

    // versioning - computed: false, optional: true, required: false
    private _versioning = new S3BucketVersioningOutputReference(this, "versioning");

in the class that represents the block. The constructed class tells nesting (`…List` with `true` for a set, `…OutputReference`
for at most one), a getter such as `getStringAttribute` the type, and a line `* name block` in the interface's comments a
nested block from an attribute of object type. Packages since 0.20 also tell collection types in `…ToHclTerraform`.
"""

import base64
import json
import re
import tarfile

MARK = "sourceMappingURL=data:application/json;base64,"
ATTRIBUTE = re.compile(
    r"^ *// (\S+) - computed: (\w+), optional: (\w+), required: (\w+)\n((?:.*\n){1,4})", re.M
)
CLASS = re.compile(r"^export class (\w+) extends cdktf\.(\w+) \{$", re.M)
INTERFACE = re.compile(r"^export interface (\w+)[^{\n]*\{\n(.*?)^\}", re.M | re.S)
HCL = re.compile(
    r'^ *"?(\w+)"?: \{\n *value: .*\n *isBlock: (\w+),\n *type: "(\w+)",\n *storageClassType: "(\w+)",', re.M
)
HCL_OWNER = re.compile(r"^export function (\w+)ToHclTerraform|synthesizeHclAttributes\(\)", re.M)
BASE = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}


class Package:
    """The classes of one resource or data source."""

    def __init__(self, texts):
        self.body, self.base, self.blocks, self.hcl = {}, {}, {}, {}
        self.type_name = self.main = None
        for text in texts:
            found = list(CLASS.finditer(text))
            for at, match in enumerate(found):
                end = found[at + 1].start() if at + 1 < len(found) else len(text)
                name, self_body = match.group(1), text[match.end() : end]
                self.body[name], self.base[name] = self_body, match.group(2)
                kind = re.search(r'tfResourceType = "([^"]+)"', self_body)
                if kind:
                    self.type_name, self.main = kind.group(1), name
            for match in INTERFACE.finditer(text):
                self.blocks[match.group(1)] = set(re.findall(r"^ *\* (\S+) block$", match.group(2), re.M))
            owners = list(HCL_OWNER.finditer(text))
            for at, match in enumerate(owners):
                end = owners[at + 1].start() if at + 1 < len(owners) else len(text)
                owner = match.group(1)
                owner = owner[0].upper() + owner[1:] if owner else None
                entries = {n: (mode, storage) for n, _, mode, storage in HCL.findall(text[match.end() : end])}
                self.hcl.setdefault(owner, {}).update(entries)

    def block(self, cls, path=()):
        """The attributes and blocks of a class; a block in itself is followed twice (WAF statements)."""
        if path.count(cls) > 1:
            return {}
        path += (cls,)
        main = cls == self.main
        struct = cls + "Config" if main else re.sub(r"(OutputReference|List|MapList|Map)$", "", cls)
        blocks, hcl = self.blocks.get(struct, set()), self.hcl.get(None if main else struct, {})
        out = {"attributes": {}, "block_types": {}}
        for name, computed, optional, required, code in ATTRIBUTE.findall(self.body.get(cls, "")):
            flags = {"required": required == "true", "optional": optional == "true", "computed": computed == "true"}
            if not any(flags.values()):
                flags["optional"] = True
            kind = self.kind(code, hcl.get(name), path)
            if kind is None:
                continue
            if isinstance(kind, dict) and (name in blocks or (name == "timeouts" and computed != "true")):
                if flags["required"]:
                    kind["min_items"] = 1
                out["block_types"][name] = kind
                continue
            out["attributes"][name] = {"type": attribute_type(kind), **{k: True for k, v in flags.items() if v}}
        return out

    def kind(self, code, hcl, path):
        """What an attribute is: a type, or the nesting of a class as a dict."""
        made = re.search(r' = new (cdktf\.)?(\w+)\(this, "[^"]*"(?:, (true|false))?\)', code.split("\n")[0])
        if made:
            return self.made(*made.groups(), hcl, path)
        if hcl and (kind := storage(hcl)):
            return kind
        got = re.search(r"this\.get(String|Number|Boolean|Any)?(List|Map)?Attribute\(", code)
        if got:
            kind = BASE[(got.group(1) or "string").lower()]
            if got.group(2) == "List":
                return ["set" if "Fn.tolist(" in code else "list", kind]
            return ["map", kind] if got.group(2) else kind
        return "dynamic" if "interpolationForAttribute" in code else None

    def made(self, standard, cls, unordered, hcl, path):
        mode = "set" if unordered == "true" else "list"
        if standard:
            kind = BASE[re.match(r"[A-Z][a-z]+", cls).group(0).lower()]
            for step in re.findall("Map|List", cls):
                kind = ["map" if step == "Map" else mode, kind]
            return kind
        base = self.base.get(cls)
        if cls.endswith("OutputReference"):
            # Packages before 0.20 don't tell a list from a set, or from a single object.
            mode = hcl[0] if hcl and hcl[0] in ("list", "set", "map") else "single" if self.hcl else "list"
            return {"nesting_mode": mode, "max_items": 1, "block": self.block(cls, path)}
        if base == "MapList":
            return ["list", ["map", "string"]]
        element = re.search(r"public get\(\w+: \w+\): (\w+) \{", self.body.get(cls, ""))
        element = element.group(1) if element else None
        if self.base.get(element) in ("ComplexList", "ComplexMap"):
            return [mode, attribute_type(self.made(None, element, None, None, path))]
        return {"nesting_mode": "map" if base == "ComplexMap" else mode, "block": self.block(element, path)}


def storage(hcl):
    """`stringList` and the like as a type."""
    mode, text = hcl
    match = re.fullmatch(r"(string|number|boolean|any)((?:List|Map|Set)*)", text)
    if not match:
        return None
    kind, steps = BASE[match.group(1)], re.findall("List|Map|Set", match.group(2))
    for at, step in enumerate(steps):
        outermost = at == len(steps) - 1
        kind = [mode if outermost and mode in ("list", "set", "map") else step.lower(), kind]
    return kind


def attribute_type(kind):
    """A nesting as the type of an attribute."""
    if not isinstance(kind, dict):
        return kind
    fields = {n: a["type"] for n, a in kind["block"].get("attributes", {}).items()}
    fields |= {n: attribute_type(b) for n, b in kind["block"].get("block_types", {}).items()}
    mode = kind["nesting_mode"]
    return ["object", fields] if mode == "single" else [mode, ["object", fields]]


def typescript(javascript):
    """The sources in the inline source map."""
    at = javascript.rfind(MARK)
    if at < 0:
        return []
    return json.loads(base64.b64decode(javascript[at + len(MARK) :].split()[0]))["sourcesContent"]


def schema(path):
    """The schema in a package, in the layout that `terraform providers schema -json` gives one provider."""
    folders = {}
    with tarfile.open(path) as archive:
        for member in archive:
            match = re.fullmatch(r"package/lib/([^/]+)/(index|index-structs/.+)\.js", member.name)
            if match:
                text = archive.extractfile(member).read().decode()
                folders.setdefault(match.group(1), {})[match.group(2)] = typescript(text)
    out = {"resource_schemas": {}, "data_source_schemas": {}}
    for _, files in sorted(folders.items()):
        package = Package([text for _, texts in sorted(files.items()) for text in texts])
        base = package.base.get(package.main)
        key = {"TerraformResource": "resource_schemas", "TerraformDataSource": "data_source_schemas"}.get(base)
        if key:
            out[key][package.type_name.removeprefix("data_")] = {"block": package.block(package.main)}
    return out
