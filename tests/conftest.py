"""Settings for all tests: how many examples hypothesis looks at.

``HYPOTHESIS_PROFILE=thorough make test`` looks at many more than the default, ``ci``.
"""

import os

from hypothesis import settings

settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
