"""Starts the device: `main.py --dir FOLDER` on a desktop, without arguments on a board."""

import sys

_HERE = __file__.rpartition("/")[0] or "."
sys.path[:0] = [_HERE, _HERE + "/lib"]

import boot  # noqa: E402 - the path comes first


def main(words: "list[str]") -> int:
    """Run the app; log a crash. Returns the exit code: 0 stopped, 1 crashed, 2 for the owner to see to, 3 safe mode."""
    if words and (len(words) != 2 or words[0] != "--dir"):
        print("usage: main.py --dir FOLDER")
        return 2
    folder = words[1].rstrip("/") if words else ""
    state = boot.begin(folder) if folder else boot.current(folder)
    if state["safe"]:
        print('{"event": "safe-mode", "text": "Three starts failed, see the file crash. The next start tries again."}')
        return 3
    if state["slot"] == "b":
        sys.path.insert(0, _HERE + "/b")
    try:
        from device import app

        return app.main(
            folder, _HERE + "/lib/thingseal/comb.bin", int(str(state["boots"])), lambda: boot.healthy(folder)
        )
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        _log(folder + "/crash", error)
        return 1


def _log(path: str, error: Exception) -> None:
    with open(path, "w") as file:
        if hasattr(sys, "print_exception"):
            sys.print_exception(error, file)
        else:
            import traceback

            traceback.print_exception(error, file=file)
    with open(path) as file:
        text = file.read()
    sys.stderr.write(text)


def _leave(code: int, on_a_board: bool) -> None:
    if not on_a_board:
        sys.exit(code)
    if code == 1:
        import time

        import machine

        time.sleep(10)
        machine.reset()


if __name__ == "__main__":
    _leave(main(sys.argv[1:]), on_a_board=not sys.argv[1:])
