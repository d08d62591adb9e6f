# mypy: ignore-errors
# ruff: noqa: F821, E741
# Viper's types (ptr32, uint) are words of the native emitter that no checker of Python knows.
"""SHA-512's compression for MicroPython's native emitter, on pairs of 32-bit words: some 90 times as fast."""

import micropython


@micropython.viper
def load(data, words, at: int, count: int):
    """Big-endian 32-bit words of `data` from offset `at` on, as words of the machine."""
    source = ptr8(data)
    target = ptr32(words)
    i = 0
    while i < count:
        target[i] = source[at] << 24 | source[at + 1] << 16 | source[at + 2] << 8 | source[at + 3]
        at += 4
        i += 1


@micropython.viper
def compress(chain, schedule, constants, working):
    """One block of 16 words in `schedule`, taken into the 8 words of `chain`; all of 64 bits, the higher half first."""
    s = ptr32(chain)
    w = ptr32(schedule)
    k = ptr32(constants)
    v = ptr32(working)
    i = 0
    while i < 16:
        v[i] = s[i]
        i += 1
    t = 0
    while t < 80:
        j = (t & 15) << 1
        if t >= 16:
            i = ((t + 1) & 15) << 1
            h = uint(w[i])
            l = uint(w[i + 1])
            xh = (h >> 1 | l << 31) ^ (h >> 8 | l << 24) ^ h >> 7
            xl = (l >> 1 | h << 31) ^ (l >> 8 | h << 24) ^ (l >> 7 | h << 25)
            i = ((t + 14) & 15) << 1
            h = uint(w[i])
            l = uint(w[i + 1])
            yh = (h >> 19 | l << 13) ^ (l >> 29 | h << 3) ^ h >> 6
            yl = (l >> 19 | h << 13) ^ (h >> 29 | l << 3) ^ (l >> 6 | h << 26)
            i = ((t + 9) & 15) << 1
            h = uint(w[i])
            l = uint(w[i + 1])
            l = l + xl
            h = h + xh + uint(l < xl)
            l = l + yl
            h = h + yh + uint(l < yl)
            yl = uint(w[j + 1])
            l = l + yl
            h = h + uint(w[j]) + uint(l < yl)
            w[j] = h
            w[j + 1] = l
        # The eight words stay where they are; which of them is a, b, c... moves down by one each round.
        i = ((4 - t) & 7) << 1
        eh = uint(v[i])
        el = uint(v[i + 1])
        i = ((5 - t) & 7) << 1
        fh = uint(v[i])
        fl = uint(v[i + 1])
        i = ((6 - t) & 7) << 1
        h = uint(v[i])
        l = uint(v[i + 1])
        xh = h ^ (eh & (fh ^ h))
        xl = l ^ (el & (fl ^ l))
        yh = (eh >> 14 | el << 18) ^ (eh >> 18 | el << 14) ^ (el >> 9 | eh << 23)
        yl = (el >> 14 | eh << 18) ^ (el >> 18 | eh << 14) ^ (eh >> 9 | el << 23)
        l = xl + yl
        h = xh + yh + uint(l < yl)
        i = t << 1
        yl = uint(k[i + 1])
        l = l + yl
        h = h + uint(k[i]) + uint(l < yl)
        yl = uint(w[j + 1])
        l = l + yl
        h = h + uint(w[j]) + uint(l < yl)
        n = ((7 - t) & 7) << 1
        yl = uint(v[n + 1])
        l = l + yl
        h = h + uint(v[n]) + uint(l < yl)
        i = ((3 - t) & 7) << 1
        yl = uint(v[i + 1]) + l
        v[i] = uint(v[i]) + h + uint(yl < l)
        v[i + 1] = yl
        i = ((0 - t) & 7) << 1
        eh = uint(v[i])
        el = uint(v[i + 1])
        i = ((1 - t) & 7) << 1
        fh = uint(v[i])
        fl = uint(v[i + 1])
        i = ((2 - t) & 7) << 1
        xh = uint(v[i])
        xl = uint(v[i + 1])
        xh = (eh & (fh | xh)) | (fh & xh)
        xl = (el & (fl | xl)) | (fl & xl)
        l = l + xl
        h = h + xh + uint(l < xl)
        xl = (el >> 28 | eh << 4) ^ (eh >> 2 | el << 30) ^ (eh >> 7 | el << 25)
        xh = (eh >> 28 | el << 4) ^ (el >> 2 | eh << 30) ^ (el >> 7 | eh << 25)
        l = l + xl
        h = h + xh + uint(l < xl)
        v[n] = h
        v[n + 1] = l
        t += 1
    i = 0
    while i < 16:
        l = uint(s[i + 1]) + uint(v[i + 1])
        s[i] = uint(s[i]) + uint(v[i]) + uint(l < uint(v[i + 1]))
        s[i + 1] = l
        i += 2
