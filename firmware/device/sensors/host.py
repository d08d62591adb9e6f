"""What a desktop system tells about itself in small text files."""


def first_line(path: str) -> str:
    """Return the first line of the file, or nothing where the system has no such file."""
    try:
        with open(path) as file:
            return file.readline().strip()
    except OSError:
        return ""


def fields(path: str, names: "tuple[str, ...]") -> "dict[str, int]":
    """Return the numbers of those `Name:  123 kB` lines of the file that are asked for."""
    found: dict[str, int] = {}
    try:
        with open(path) as file:
            for line in file:
                name, _, rest = line.partition(":")
                if name in names:
                    found[name] = int(rest.split()[0])
    except OSError:
        pass
    return found
