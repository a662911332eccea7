"""Makes `sam.json`: the policy templates, connector profiles and managed policies that the SAM transform knows.

    pip download --no-deps --no-binary :none: aws-sam-translator==1.115.0   # or any way to get the wheel
    python3 sam.py aws_sam_translator-1.115.0-py3-none-any.whl > sam.json
"""

import json
import sys
import zipfile


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as z:
        def read(name: str):
            return json.loads(z.read(f"samtranslator/{name}"))

        templates = read("policy_templates_data/policy_templates.json")["Templates"]
        profiles = read("model/connector_profiles/profiles.json")["Permissions"]
        managed = read("internal/data/aws_managed_policies.json")["aws"]
    out = {
        "templates": {
            name: {"parameters": list(template["Parameters"]), "definition": template["Definition"]}
            for name, template in sorted(templates.items())
        },
        "connectors": profiles,
        # the path of a managed policy's ARN, where it has one
        "paths": {
            name: arn.split(":policy/", 1)[1].rsplit("/", 1)[0]
            for name, arn in sorted(managed.items())
            if "/" in arn.split(":policy/", 1)[1]
        },
    }
    json.dump(out, sys.stdout, separators=(",", ":"), ensure_ascii=False)
    print()


main(sys.argv[1])
