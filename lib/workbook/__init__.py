"""Batch runs, the command line, the doctor."""

import sys

# Behind nbformat, jsonschema would build a grammar of internationalised addresses at import: 2 s for each notebook run,
# and nothing in a notebook is checked against it. It passes over a package that is absent.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
