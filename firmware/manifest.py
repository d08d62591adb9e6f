"""For those who freeze the firmware into their own image; lib/thingseal/comb.bin is copied to the board beside it."""

package("thingseal", base_path="lib")  # type: ignore[name-defined]  # noqa: F821 - the image's build defines these
package("device")  # type: ignore[name-defined]  # noqa: F821
module("boot.py")  # type: ignore[name-defined]  # noqa: F821
module("main.py")  # type: ignore[name-defined]  # noqa: F821
