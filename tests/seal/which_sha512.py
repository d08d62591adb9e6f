"""Says which SHA-512 was chosen here: portable, native, or the host's."""

import sys

sys.path[:0] = ["firmware/lib"]

from thingseal.sha512 import sha512  # noqa: E402 - the path comes first

if "thingseal.sha512_portable" in sys.modules:
    print("portable")
elif "thingseal.sha512_viper" in sys.modules:
    print("native", len(sha512(b"")))
