#!/usr/bin/env bash
# Records what the real Terraform makes of main.tf: ./record.sh PLAN.json, the output of `terraform show -json` for it.
set -eu
python3 - "$1" "$(dirname "$0")/expected.json" <<'P'
import json, sys
plan = json.load(open(sys.argv[1]))
documents = plan["planned_values"]["outputs"]["documents"]["value"]
with open(sys.argv[2], "w") as out:
    json.dump(documents, out, indent=1, sort_keys=True, ensure_ascii=False)
    out.write("\n")
P
