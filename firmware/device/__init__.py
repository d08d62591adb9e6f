"""The device: measures, signs, keeps and delivers; the same files run on MicroPython and CPython."""
