"""`python -m bpcore` does what `bpcore` does."""

import sys

from bpcore.cli import main

sys.exit(main())
