"""`python -m lib`: the command line of the workbook."""

import sys

from lib.workbook.cli import main

sys.exit(main())
