"""Numbers that TypeScript and Python draw alike."""

import numpy as np


def mulberry32(seed, count):
    """`count` numbers below 2³²; the same as in src/statistics/random.ts."""
    values = np.empty(count, np.uint32)
    state = seed
    for n in range(count):
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        value = ((state ^ (state >> 15)) * (1 | state)) & 0xFFFFFFFF
        value ^= (value + (((value ^ (value >> 7)) * (61 | value)) & 0xFFFFFFFF)) & 0xFFFFFFFF
        values[n] = value ^ (value >> 14)
    return values
